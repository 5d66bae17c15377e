// `npm run screenshots`: the README's pictures of the sandbox's page, from a real run of the demo. See --help.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { isSettled, readingOf } from '../demo/live/reading.ts';
import { type Scenery, setDown, setUp } from '../demo/live/scenery.ts';
import { projectDir } from '../demo/live/script.ts';
import { Shop } from '../demo/live/shop.ts';
import { runGenerator } from '../demo/order-generator.ts';
import { makeOrders } from '../demo/seed.ts';
import type { CardView } from '../sandbox/http/control-api.ts';
import type { RequestEntry } from '../sandbox/journal/request-entry.ts';
import { followsAs, verdictOf } from '../sandbox/page/verdicts.js';
import { startStack } from '../stack/stack.ts';
import { until } from '../support/until.ts';
import { launchChromium } from './support/chromium.ts';

const usage = `Makes the README's pictures of the sandbox's page: starts the demo's stack, lets orders change, and looks with Chromium.

  npm run screenshots -- [--out FOLDER]   (docs/images)`;

const orderCount = 60;
const seed = 1;
const log = (line: string) => console.log(`screenshots: ${line}`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, out: { type: 'string' } } });
  if (values.help) return console.log(usage);
  needFonts();
  const folder = values.out ?? join(projectDir, 'docs', 'images');
  await mkdir(folder, { recursive: true });
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort());
  const stack = await startStack({ log, signal: end.signal });
  try {
    const orders = makeOrders(seed, orderCount, new Date());
    const scenery = await setUp(stack, orders, { faults: [], log });
    const browser = await launchChromium();
    try {
      await Promise.race([takeAll(scenery, orders, browser, folder), scenery.broken, aborted(end.signal)]);
    } finally {
      await browser.close();
      await setDown(scenery);
    }
  } finally {
    await stack.stop();
  }
}

/** A machine without Chinese letters would draw boxes, and say nothing. */
function needFonts(): void {
  const fonts = execFileSync('fc-list', [':lang=zh-hk', 'family'], { encoding: 'utf8' });
  if (fonts.trim() === '')
    throw new Error('there is no Chinese font: on Debian, apt-get install fonts-noto-cjk fonts-inter');
}

async function takeAll(
  scenery: Scenery,
  orders: ReturnType<typeof makeOrders>,
  browser: Browser,
  folder: string,
): Promise<void> {
  const url = scenery.sandbox.url;
  const shop = new Shop(orders);
  const settled = (records: number) =>
    until('the connector has delivered everything', async () =>
      isSettled(readingOf(await scenery.connector.metrics()), records),
    );
  await settled(orderCount);
  log(`${orderCount} orders are cards; now they change, while one request in ten fails`);
  const open = openPages(browser, url);
  const picture = await open({ width: 1340, height: 940 }, 1);
  await picture.getByRole('radio', { name: 'Light' }).check();
  await picture.locator('[data-preset=flaky]').click();
  await runGenerator(scenery.db, orders, {
    ...{ seed, changes: 50, inserts: 0, rate: 25, now: new Date() },
    signal: new AbortController().signal,
    onCommit: steps => shop.see(steps),
  });
  await settled(orderCount + shop.changes + shop.counts.delete);

  const { cards } = await read<{ cards: CardView[] }>(`${url}/sandbox/cards?state=live&limit=1000`);
  const { requests } = await read<{ requests: RequestEntry[] }>(`${url}/sandbox/requests`);
  const user = userOfMostKinds(cards);
  const order = orderOfMostEvents(cards, requests);
  log(`the phone of ${user}, and the order ${order}`);

  const phone = await open({ width: 900, height: 1100 }, 1.5, user);
  await shootPhone(phone, join(folder, 'phone-en.png'));
  await phone.getByRole('radio', { name: '繁體中文' }).check();
  await shootPhone(phone, join(folder, 'phone-zh.png'));

  await chooseUser(picture, user);
  await picture.getByLabel('Order number').fill(order);
  await picture.getByLabel('Order number').press('Enter');
  await picture.locator('#steps li').first().waitFor();
  await picture.getByLabel('Order number').fill('');
  await picture.evaluate('window.scrollTo(0, 0); document.activeElement.blur()');
  await picture.screenshot({ path: join(folder, 'sandbox.png') });
  await picture.getByRole('radio', { name: 'Dark' }).check();
  await picture.evaluate('document.activeElement.blur()');
  await picture.screenshot({ path: join(folder, 'sandbox-dark.png') });
  log(`four pictures are in ${folder}`);
}

function openPages(browser: Browser, url: string) {
  return async (
    viewport: { width: number; height: number },
    deviceScaleFactor: number,
    user?: string,
  ): Promise<Page> => {
    const page = await browser.newPage({
      ...{ viewport, deviceScaleFactor, locale: 'en', reducedMotion: 'reduce', colorScheme: 'light' },
      // For the style that the pictures of the phone are taken with.
      bypassCSP: true,
    });
    await page.goto(user === undefined ? url : `${url}/#user=${user}`);
    await page.locator('#cards > li').first().waitFor();
    return page;
  };
}

/** The phone alone, on whatever ground. */
async function shootPhone(page: Page, path: string): Promise<void> {
  const style = 'body { background: transparent } .phone { box-shadow: none }';
  await page.locator('.phone').screenshot({ path, style, omitBackground: true });
}

async function chooseUser(page: Page, user: string): Promise<void> {
  await page.locator('#user').fill(user);
  await page.getByRole('option', { name: user }).click();
  await page.locator(`#cards .who`).first().waitFor({ state: 'detached' });
}

function userOfMostKinds(cards: readonly CardView[]): string {
  const kinds = new Map<string, Set<string>>();
  for (const { userId, template } of cards) {
    if (userId !== null) kinds.set(userId, (kinds.get(userId) ?? new Set()).add(template));
  }
  return greatest([...kinds], ([, templates]) => templates.size)[0];
}

/** The order with the most different things to tell. */
function orderOfMostEvents(cards: readonly CardView[], requests: readonly RequestEntry[]): string {
  const events = (order: string) => {
    const own = requests.filter(({ merchantBizNo }) => merchantBizNo === order);
    const kinds = own.map(
      (entry, at) => `${verdictOf(entry)} ${followsAs(entry, own.slice(0, at))} ${entry.orderStatus}`,
    );
    // More steps than these push the rest out of the picture.
    return own.length > 3 ? 0 : new Set(kinds).size;
  };
  return greatest(cards, ({ merchantBizNo }) => events(merchantBizNo)).merchantBizNo;
}

function greatest<T>(things: readonly T[], size: (thing: T) => number): T {
  const [first] = things.toSorted((one, other) => size(other) - size(one));
  if (first === undefined) throw new Error('no card is live');
  return first;
}

async function read<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('broken off')));
  });
}

try {
  await main();
} catch (error) {
  console.error(`screenshots: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
