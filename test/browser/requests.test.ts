import { describe, expect, it } from 'vitest';
import { keptMax, rowsMax } from '../sandbox/page/requests.js';
import { aBill, aRide } from './support/card-bodies.ts';
import { pageWorlds } from './support/page-world.ts';

const open = pageWorlds();
const verdicts = '#request-list .verdict';

describe('the request journal', () => {
  it('shows each request with its verdict, the newest first, and how it ended', async () => {
    await using world = await open();
    const { session, page } = world;
    const bill = aBill('B-1');
    await session.post(bill);
    await session.post(bill);
    await session.post(aBill('B-2', 'WAIT_PAY', { command: 'UPDATE' }));
    await session.post(aBill('B-1', 'OVERDUED', { command: 'UPDATE', bizDate: 1 }));
    await expect
      .poll(() => page.locator(verdicts).allTextContents())
      .toEqual(['Ignored: not newer', 'Refused', 'Ignored: same request', 'Card created']);
    const refused = page.locator('#request-list li').nth(1);
    expect(await refused.locator('.what').textContent()).toBe('UPDATE · WAIT_PAY');
    expect(await refused.locator('.tags').textContent()).toMatch(/^ORDER_NOT_FOUND\d+ ms$/);
    expect(await page.locator('#requests-shown').textContent()).toBe('4 shown of the newest 4');
  });

  it('tells of a request that waits, and then how it ended, without losing the focus', async () => {
    await using world = await open();
    const { session, page } = world;
    session.sandbox.addFault({ kind: 'timeout' });
    const leave = new AbortController();
    const request = session.post(aBill('B-1'), { signal: leave.signal }).catch(() => 'left');
    const row = page.locator('#request-list li');
    await expect.poll(() => row.locator('.tags').allTextContents()).toEqual(['waiting for the answertimeout']);
    await row.getByRole('button').focus();
    leave.abort();
    expect(await request).toBe('left');
    await expect.poll(() => row.locator('.tags').textContent()).toBe('no resulttimeout');
    expect(await row.getByRole('button').evaluate(button => button === document.activeElement)).toBe(true);
  });

  it('is filtered by order, verdict and result code, also what comes later', async () => {
    await using world = await open();
    const { session, page } = world;
    for (const order of ['B-1', 'B-2', 'B-11']) await session.post(aBill(order));
    await session.post(aBill('B-3', 'WAIT_PAY', { command: 'UPDATE' }));
    const orders = () => page.locator('#request-list .order').allTextContents();
    await expect.poll(orders).toEqual(['B-3', 'B-11', 'B-2', 'B-1']);
    await page.getByRole('searchbox', { name: 'Order' }).fill('B-1');
    expect(await orders()).toEqual(['B-11', 'B-1']);
    await session.post(aBill('B-12'));
    await session.post(aBill('B-4'));
    await expect.poll(orders).toEqual(['B-12', 'B-11', 'B-1']);
    await page.getByRole('searchbox', { name: 'Order' }).fill('');
    await page.getByRole('combobox', { name: 'Result' }).selectOption('ORDER_NOT_FOUND');
    expect(await orders()).toEqual(['B-3']);
    await page.getByRole('combobox', { name: 'Verdict' }).selectOption('accepted');
    expect(await orders()).toEqual([]);
    expect(await page.locator('#requests-empty').textContent()).toBe('No request matches the filter.');
    await page.getByRole('combobox', { name: 'Result' }).selectOption('');
    expect(await orders()).toEqual(['B-4', 'B-12', 'B-11', 'B-2', 'B-1']);
  });

  it('keeps no more than it can show', async () => {
    await using world = await open();
    const { session, page } = world;
    for (let number = 0; number < keptMax + 50; number++) await session.post(aBill(`B-${number}`));
    const newest = page.locator('#request-list .order').first();
    await expect.poll(() => newest.textContent()).toBe(`B-${keptMax + 49}`);
    await expect.poll(() => page.locator('#requests-shown').textContent()).toBe('200 shown of the newest 1,000');
    expect(await page.locator('#request-list li').count()).toBe(rowsMax);
    await page.getByRole('searchbox', { name: 'Order' }).fill('B-50');
    await expect.poll(() => page.locator('#request-list .order').last().textContent()).toBe('B-50');
    await page.getByRole('searchbox', { name: 'Order' }).fill('B-49');
    // B-49 itself is forgotten.
    await expect.poll(() => page.locator('#request-list .order').last().textContent()).toBe('B-490');
  });
});

describe('an order', () => {
  it('is opened from its card and shows the states it went through, as they come', async () => {
    await using world = await open();
    const { session, page, card } = world;
    await session.post(aRide('R-1', 'PENDING', { command: 'UPDATE', bizDate: 5000 }));
    await session.post(aRide('R-1', 'PENDING', { bizDate: 5000 }));
    await expect.poll(() => card('R-1').count()).toBe(1);
    await card('R-1').getByRole('button', { name: 'History of R-1' }).click();
    const steps = page.locator('#steps li');
    await expect.poll(() => steps.count()).toBe(2);
    expect(await page.locator('#order-title').textContent()).toBe('R-1');
    expect(await page.locator('#order-title').evaluate(title => title === document.activeElement)).toBe(true);
    const seen = () =>
      steps.evaluateAll(nodes => nodes.map(node => node instanceof HTMLElement && node.dataset.verdict));
    expect(await seen()).toEqual(['refused', 'healed']);

    session.sandbox.addFault({ kind: 'SYSTEM_ERROR', count: 1 });
    const pickedUp = aRide('R-1', 'ORDER_TAKEN', { command: 'UPDATE', bizDate: 6000 });
    await session.post(pickedUp);
    await session.post(pickedUp);
    await session.post(aRide('R-1', 'TO_BOARD', { command: 'UPDATE', bizDate: 5500 }));
    await session.post(aRide('R-1', 'FINISHED', { command: 'UPDATE', bizDate: 7000 }));
    await expect.poll(seen).toEqual(['refused', 'healed', 'failed', 'accepted', 'ignored', 'accepted']);
    expect(await page.locator('.step-head').allTextContents()).toEqual([
      'RefusedSearching',
      'Card createdhealedSearching',
      'Failed by faultDriver found',
      'Card updatedsent againDriver found',
      'Ignored: not newerDriver here',
      'Card endedCompleted',
    ]);
    await expect.poll(() => page.locator('#order-facts').textContent()).toContain('CardEnded');
    await page.getByText('What was sent').click();
    expect(await page.locator('#order-sent-zh').textContent()).toContain('auto_color紅色');
    expect(await page.locator('#order-sent-zh dd').first().getAttribute('lang')).toBe('zh-HK');
  });

  it('is opened from a request or by its number, and closed by Escape', async () => {
    await using world = await open();
    const { session, page } = world;
    await session.post(aBill('B-1'));
    await session.post(aBill('B-2', 'WAIT_PAY', { command: 'UPDATE' }));
    const request = page.locator('#request-list').getByRole('button', { name: 'B-2' });
    await request.click();
    await expect.poll(() => page.locator('#steps li').count()).toBe(1);
    expect(await page.locator('#order-facts').textContent()).toBe('Cardno card');
    await page.keyboard.press('Escape');
    expect(await page.locator('#order-body').isVisible()).toBe(false);
    expect(await request.evaluate(button => button === document.activeElement)).toBe(true);

    await page.getByLabel('Order number').fill('B-1');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#order-facts').textContent()).toContain('PAYMENT_ORDER_DEFAULT');
    await page.getByLabel('Order number').fill('nobody');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await expect.poll(() => page.locator('#order-unknown').textContent()).toBe('No request of nobody is known.');
  });
});
