import { describe, expect, it } from 'vitest';
import { faultKinds } from '../sandbox/faults/fault.ts';
import { resultCodes } from '../sandbox/gateway/result-codes.ts';
import { aBill } from './support/card-bodies.ts';
import { pageWorlds } from './support/page-world.ts';

const open = pageWorlds();

describe('the fault panel', () => {
  it('injects a fault of one’s own, shows whom it met, and takes it out', async () => {
    await using world = await open();
    const { session, page } = world;
    await page.getByLabel('What happens').selectOption('HTTP status');
    await page.getByRole('spinbutton', { name: 'HTTP status' }).fill('429');
    await page.getByLabel('Share (%)').fill('100');
    await page.getByRole('combobox', { name: 'Command' }).selectOption('SEND');
    await page.getByText('More conditions').click();
    await page.getByLabel('Retry-After (s)').fill('7');
    await page.getByLabel('Orders beginning with').fill('B-');
    await page.getByRole('button', { name: 'Inject' }).click();
    const row = page.locator('#fault-list li');
    await expect
      .poll(() => row.allTextContents())
      .toEqual(['HTTP 429 · every request · SEND · B-…active · met 0 requestsRemove']);
    expect(session.sandbox.faults.list(0)).toMatchObject([
      { kind: 'http', status: 429, retryAfter: 7, command: 'SEND', orderPrefix: 'B-', when: 'before' },
    ]);
    const answer = await session.post(aBill('B-1'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '7']);
    await expect.poll(() => row.locator('.fault-state').textContent()).toBe('active · met 1 request');
    await expect.poll(() => page.locator('#request-list .verdict').allTextContents()).toEqual(['Failed by fault']);
    expect(await page.locator('#request-list .tags').textContent()).toMatch(/^no resulthttp-429/);

    await page.getByRole('button', { name: 'Remove HTTP 429' }).click();
    await expect.poll(() => row.count()).toBe(0);
    expect(await page.locator('#fault-said').textContent()).toBe(
      'Fault removed: HTTP 429 · every request · SEND · B-…',
    );
    expect(await page.locator('#fault-list-title').evaluate(title => title === document.activeElement)).toBe(true);
    expect(await session.codeOf(aBill('B-2'))).toBe('SUCCESS');
  });

  it('knows every kind and code of the sandbox', async () => {
    await using world = await open();
    const values = () =>
      world.page
        .locator('#fault-kind option')
        .evaluateAll(options => options.map(option => option.getAttribute('value')));
    await expect
      .poll(async () => (await values()).toSorted())
      .toEqual([...faultKinds.filter(kind => kind !== 'result'), ...resultCodes].toSorted());
    // Each can be planned as it is asked for.
    for (const kind of (await values()).slice(0, faultKinds.length - 1)) {
      await world.page.getByLabel('What happens').selectOption(kind);
      await world.page.getByLabel('Delay (ms)').fill('1');
      await world.page.getByRole('button', { name: 'Inject' }).click();
      await expect.poll(() => world.session.sandbox.faults.list(0).at(-1)?.kind).toBe(kind);
    }
    await world.page.getByLabel('What happens').selectOption('SYSTEM_ERROR');
    await world.page.getByLabel('resultStatus').selectOption('F');
    await world.page.getByRole('button', { name: 'Inject' }).click();
    await expect
      .poll(() => world.session.sandbox.faults.list(0).at(-1))
      .toMatchObject({ code: 'SYSTEM_ERROR', resultStatus: 'F', rate: 0.1 });
    await expect.poll(() => world.page.locator('#fault-list li').count()).toBe(faultKinds.length);
    await world.page.getByRole('button', { name: 'Remove all' }).click();
    await expect.poll(() => world.page.locator('#faults-none').isVisible()).toBe(true);
    expect(world.session.sandbox.faults.list(0)).toEqual([]);
  });

  it('has faults for one press, and says when one is over', async () => {
    await using world = await open();
    const { session, page } = world;
    for (const button of await page.locator('[data-preset]').all()) await button.click();
    await expect
      .poll(() => page.locator('#fault-list .fault-what').allTextContents())
      .toEqual([
        'HTTP 503 · 10 %',
        'REQUEST_TRAFFIC_EXCEED_LIMIT · 20 %',
        'No answer (time-out) · 5 %',
        'Connection cut · 10 % · The request takes effect',
        'HTTP 503 · every request · 30 s',
      ]);
    session.sandbox.faults.clear();
    session.sandbox.addFault({ kind: 'empty', count: 1 });
    await session.post(aBill('B-1'));
    await expect
      .poll(() => page.locator('#fault-list .fault-state').allTextContents())
      .toEqual(['over · met 1 request']);
  });

  it('shows what the sandbox says against a fault', async () => {
    await using world = await open();
    const { page, complaints } = world;
    // As many as there may be.
    for (let number = 0; number < 1000; number++) world.session.sandbox.addFault({ kind: 'empty' });
    await page.getByRole('button', { name: '10 % HTTP 503' }).click();
    await expect
      .poll(() => page.locator('#fault-said').textContent())
      .toBe('Not added: there are 1000 faults already: remove some');
    await expect.poll(() => page.locator('#fault-list li').count()).toBe(1000);
    expect(complaints.splice(0)).toEqual([expect.stringContaining('409')]);
  });
});
