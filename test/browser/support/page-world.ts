import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import type { SandboxOptions } from '../../sandbox/options.ts';
import { aSession, type Session } from '../../unit/sandbox/sandbox-client.ts';
import { launchChromium } from './chromium.ts';

/** A sandbox and its page in Chromium. At its end nothing may have been written to the console: breaches of the policy are, too. */
export interface PageWorld extends AsyncDisposable {
  readonly session: Session;
  readonly page: Page;
  /** The card of an order on the phone. */
  card(order: string): Locator;
  /** Resolves when the page has shown what the sandbox holds. */
  live(): Promise<void>;
  /** What Chromium and the page complained of; to be emptied by who expects it. */
  readonly complaints: string[];
}

/** How a page is to be opened. */
export interface WorldOptions {
  readonly sandbox?: SandboxOptions;
  readonly context?: BrowserContextOptions;
  /** Done before the page is opened. */
  readonly prepare?: (session: Session) => Promise<void>;
}

/** Starts Chromium for a file's tests; what it returns opens the page of a new sandbox. */
export function pageWorlds(): (options?: WorldOptions) => Promise<PageWorld> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return async ({ sandbox = {}, context: contextOptions = {}, prepare } = {}) => {
    const session = await aSession({ verifySignatures: false, ...sandbox });
    await prepare?.(session);
    const context = await browser.newContext({
      viewport: { width: 1440, height: 1000 },
      locale: 'en',
      ...contextOptions,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', message => {
      // A network that comes or goes on this machine (a container's) breaks off what Chromium is loading: no fault of the page, which loads again.
      if (message.text().includes('ERR_NETWORK_CHANGED')) return;
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', error => complaints.push(error.message));
    const live = () => expect.poll(() => page.locator('body').getAttribute('data-connection')).toBe('live');
    await page.goto(session.sandbox.url);
    await live();
    return {
      session,
      page,
      card: order => page.locator(`#cards > li[data-order="${order}"]`),
      live,
      complaints,
      [Symbol.asyncDispose]: async () => {
        await context.close();
        await session[Symbol.asyncDispose]();
        expect(complaints).toEqual([]);
      },
    };
  };
}
