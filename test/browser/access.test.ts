import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { aBill, aFilm, aFlight, aRequest, aRide, aTrain } from './support/card-bodies.ts';
import { findChromium } from './support/chromium.ts';
import { type PageWorld, pageWorlds, type WorldOptions } from './support/page-world.ts';

const open = pageWorlds();

/** Something of everything: each kind of card, a card that is gone, each verdict, faults. */
const fill: NonNullable<WorldOptions['prepare']> = async session => {
  for (const body of [
    ...[
      aBill('B-1'),
      aBill('B-2', 'OVERDUED', {}, '2020-01-01'),
      aFlight('F-1', 'FLIGHT_DELAYS'),
      aFlight('F-2', 'FLIGHT_CANCELLATION'),
    ],
    ...[
      aTrain('T-1'),
      aFilm('M-1'),
      aRide('R-1'),
      aRide('R-2', 'WAIT_PAY'),
      aRide('R-3'),
      aRide('R-3', 'FINISHED', { command: 'UPDATE' }),
    ],
    ...[aBill('B-9', 'WAIT_PAY', { command: 'UPDATE' }), aBill('B-1', 'PAY_FAILED', { command: 'UPDATE', bizDate: 1 })],
    aRequest('H-1', 'HOTEL_ORDER_DEFAULT', 'BOOKED', {
      zh_HK: { hotel: '半島酒店' },
      en_US: { hotel: 'The Peninsula' },
    }),
  ]) {
    await session.post(body);
  }
  session.sandbox.addFault({ kind: 'SYSTEM_ERROR', order: 'B-3' });
  session.sandbox.addFault({ kind: 'empty', count: 1 });
  await session.post(aBill('B-4'));
  await session.post(aBill('B-3'));
};

/** What axe-core finds, as `rule: elements`. */
async function violations({ page, complaints }: PageWorld): Promise<string[]> {
  expect(complaints).toEqual([]);
  await page.evaluate(axe.source);
  const { violations: found }: { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] } =
    await page.evaluate('axe.run(document, { resultTypes: ["violations"], preload: false })');
  // It measures with inline styles, which the policy forbids.
  complaints.length = 0;
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
  );
}

describe('accessibility', () => {
  it.each([
    ['light', 'en', 1440],
    ['dark', 'en', 1440],
    ['light', 'zh-HK', 360],
    ['dark', 'zh-HK', 360],
  ] as const)('axe-core finds nothing: %s, %s, %i px wide', async (colorScheme, locale, width) => {
    await using world = await open({
      context: { colorScheme, locale, viewport: { width, height: 1200 }, reducedMotion: 'reduce' },
      prepare: fill,
    });
    const { page } = world;
    await expect.poll(() => page.locator('#cards > li').count()).toBe(9);
    expect(await violations(world)).toEqual([]);
    // With all that can be opened.
    await page.locator('.history').first().click();
    await expect.poll(() => page.locator('#steps li').count()).toBe(1);
    await page.locator('summary').first().click();
    await page.locator('summary').last().click();
    await page.locator('#user').click();
    await expect.poll(() => page.locator('#user-list').isVisible()).toBe(true);
    expect(await violations(world)).toEqual([]);
    // Nothing is wider than the window.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  it('has landmarks and headings in their order', async () => {
    await using world = await open({ prepare: fill });
    const { page } = world;
    for (const role of ['banner', 'navigation', 'main'] as const)
      expect(await page.getByRole(role).count(), role).toBe(1);
    for (const name of ["The customer's phone", 'Order', 'Faults', 'Requests']) {
      expect(await page.getByRole('region', { name, exact: true }).count(), name).toBe(1);
      expect(await page.getByRole('heading', { name, exact: true, level: 2 }).count(), name).toBe(1);
    }
  });
});

describe('the colours', () => {
  const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it('follow the system, until the visitor chooses', async () => {
    await using world = await open({ context: { colorScheme: 'dark' } });
    const { page } = world;
    const dark = await ground(page);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground(page);
    expect(light).not.toBe(dark);
    await page.getByRole('radio', { name: 'Dark' }).check();
    expect(await ground(page)).toBe(dark);
    await page.reload();
    expect(await ground(page)).toBe(dark);
    await page.getByRole('radio', { name: 'Light' }).check();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground(page)).toBe(light);
    await page.getByRole('radio', { name: 'Auto' }).check();
    expect(await ground(page)).toBe(dark);
  });

  it('hold still where less motion is wanted', async () => {
    await using world = await open({ context: { reducedMotion: 'reduce' } });
    const { session, card } = world;
    // The customer's first card may come with the page's own loading, which flashes nothing; what comes when it is shown does.
    await session.post(aBill('B-1'));
    await expect.poll(() => card('B-1').count()).toBe(1);
    await session.post(aBill('B-2'));
    await expect.poll(() => card('B-2').getAttribute('class')).toBe('fresh');
    expect(
      await card('B-2')
        .locator('.card')
        .evaluate(node => node.getAnimations().length),
    ).toBe(0);
  });
});

describe('the keyboard alone', () => {
  it('reaches everything: one stop for each list, the arrows within, and back', async () => {
    await using world = await open({ prepare: fill });
    const { page } = world;
    await expect.poll(() => page.locator('#cards > li').count()).toBe(9);
    const focused = () =>
      page.evaluate(() => {
        const node = document.activeElement;
        return node?.getAttribute('aria-label') ?? node?.getAttribute('name') ?? node?.id ?? '';
      });
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return focused();
    };
    // The first stop leads past the phone.
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the phone');
    const stops: string[] = [];
    for (let count = 0; count < 60 && stops.at(-1) !== 'filter-code'; count++) stops.push(await press('Tab'));
    const order = [
      'locale',
      'theme',
      'user',
      'History of H-1',
      'order-number',
      'kind',
      'filter-order',
      'filter-verdict',
      'filter-code',
    ];
    expect(stops.filter(stop => order.includes(stop))).toEqual(order);
    expect(stops.filter(stop => stop.startsWith('History of'))).toHaveLength(1);

    // Into the cards: the arrows go along, Enter opens, Escape comes back.
    await page.locator('.history').first().focus();
    expect(await press('ArrowDown')).toBe('History of R-2');
    expect(await press('End')).toBe('History of B-1');
    expect(await press('ArrowDown', 'ArrowUp')).toBe('History of B-2');
    expect(await press('Enter')).toBe('order-title');
    await expect.poll(() => page.locator('#steps li').count()).toBe(1);
    expect(await press('Escape')).toBe('History of B-2');
    // Back by Tab it is still the stop.
    await press('Shift+Tab');
    expect(await press('Tab')).toBe('History of B-2');

    // What has the focus is seen to have it.
    expect(await page.locator(':focus').evaluate(node => getComputedStyle(node).outlineStyle)).toBe('solid');

    // A user is chosen without a mouse, a fault injected, a language switched.
    await page.locator('#user').focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('#user-list li').count()).toBe(2);
    await press('ArrowDown', 'Enter');
    expect(await page.locator('#user').inputValue()).toBe('2160000000000001');
    await page.locator('[data-preset=flaky]').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#fault-list li').count()).toBe(3);
    await page.locator('[name=locale]:checked').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-HK');
  });

  it('keeps its place when the card it is on leaves', async () => {
    await using world = await open({ prepare: fill });
    const { session, page, card } = world;
    await card('R-1').getByRole('button').focus();
    await session.post(aRide('R-1', 'FINISHED', { command: 'UPDATE' }));
    await expect.poll(() => card('R-1').count()).toBe(0);
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('History of M-1');
  });
});

describe('a machine without Chromium', () => {
  it('is told so', () => {
    expect(() => findChromium('/nowhere:')).toThrow('apt-get install chromium');
  });
});
