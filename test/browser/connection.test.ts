import { describe, expect, it } from 'vitest';
import { aSession } from '../unit/sandbox/sandbox-client.ts';
import { aBill, aRide } from './support/card-bodies.ts';
import { pageWorlds } from './support/page-world.ts';

const open = pageWorlds();

describe('the connection', () => {
  it('comes back by itself after the sandbox was away, and shows the new state', async () => {
    await using world = await open();
    const { session, page, card, complaints } = world;
    await session.post(aBill('B-1'));
    await expect.poll(() => card('B-1').count()).toBe(1);
    await page.locator('.history').click();
    await expect.poll(() => page.locator('#steps li').count()).toBe(1);
    await session.sandbox.stop();
    await expect.poll(() => page.locator('#connection').textContent()).toBe('Disconnected, trying again…');
    // What was there stays to be read meanwhile.
    expect(await card('B-1').isVisible()).toBe(true);

    const port = Number(new URL(session.sandbox.url).port);
    await using later = await aSession({ port, verifySignatures: false });
    await later.post(aRide('R-1'));
    await world.live();
    await expect.poll(() => card('R-1').count()).toBe(1);
    expect(await card('B-1').count()).toBe(0);
    await expect.poll(() => page.locator('#request-list .order').allTextContents()).toEqual(['R-1']);
    await expect.poll(() => page.locator('#order-unknown').isVisible()).toBe(true);
    await later.post(aRide('R-1', 'TO_BOARD', { command: 'UPDATE' }));
    await expect.poll(() => card('R-1').locator('.chip').textContent()).toBe('Driver here');
    // Before the second sandbox ends, which the page would complain of, too.
    await page.close();
    for (const complaint of complaints.splice(0)) expect(complaint).toMatch(/ERR_(CONNECTION|INCOMPLETE|EMPTY)/);
  });

  it('makes up for what could not be loaded with the next change', async () => {
    await using world = await open();
    const { session, page, card, complaints } = world;
    await session.post(aBill('B-1'));
    await expect.poll(() => card('B-1').count()).toBe(1);
    const fails = (part: string) => page.waitForEvent('requestfailed', request => request.url().includes(part));
    const failed = Promise.all([fails('sandbox/cards'), fails('sandbox/requests')]);
    await page.route(/sandbox\/(cards|requests)/, route => route.abort());
    await session.control('POST', '/sandbox/reset');
    await failed;
    expect(await card('B-1').count()).toBe(1);
    await page.unrouteAll();
    await session.post(aRide('R-1'));
    await expect.poll(() => card('R-1').count()).toBe(1);
    expect(await card('B-1').count()).toBe(0);
    await expect.poll(() => page.locator('#request-list .order').allTextContents()).toEqual(['R-1']);
    for (const complaint of complaints.splice(0)) expect(complaint).toContain('ERR_FAILED');
  });

  it('loads the page again where one of its scripts could not be loaded', async () => {
    await using world = await open();
    const { page, complaints } = world;
    let asked = 0;
    await page.route('**/page/phone.js', route => (asked++ === 0 ? route.abort() : route.continue()));
    await page.reload();
    await world.live();
    expect(asked).toBe(2);
    for (const complaint of complaints.splice(0)) expect(complaint).toContain('ERR_FAILED');
  });

  it('follows a reset', async () => {
    await using world = await open();
    const { session, page } = world;
    await session.post(aBill('B-1'));
    await expect.poll(() => page.locator('#request-list li').count()).toBe(1);
    await session.control('POST', '/sandbox/reset');
    await expect.poll(() => page.locator('#cards > li').count()).toBe(0);
    await expect.poll(() => page.locator('#request-list li').count()).toBe(0);
    await session.post(aBill('B-2'));
    await expect.poll(() => page.locator('#request-list .order').allTextContents()).toEqual(['B-2']);
  });

  it('takes more changes in one moment than are told one by one', async () => {
    await using world = await open();
    const { session, page } = world;
    await Promise.all(Array.from({ length: 700 }, (_, number) => session.post(aBill(`B-${number}`))));
    await expect.poll(() => page.locator('#cards > li').count()).toBe(700);
  });
});
