import { setTimeout as sleep } from 'node:timers/promises';
import { seconds } from '../../stack/log.ts';
import { type Comparison, compareOrders, isAllEqual } from '../compare.ts';
import type { Order } from '../order.ts';
import { type GeneratorRun, runGenerator } from '../order-generator.ts';
import type { DemoOptions } from './command-line.ts';
import { comparisonText } from './comparison-text.ts';
import { readingOf } from './reading.ts';
import type { Scenery } from './scenery.ts';
import type { Screen } from './screen.ts';
import { Shop } from './shop.ts';
import { Show } from './show.ts';

// Longer than a broker or Debezium is away that is started again.
const restMs = 45_000;
const pollMs = 200;

/** What is played, and from when on. */
export interface Script {
  readonly options: DemoOptions;
  /** The orders that are in the table. */
  readonly orders: readonly Order[];
  /** Number of the first new order; `orders.length` where not given. */
  readonly firstNumber?: number;
  /**
   * Whether the connector's metrics tell what is still to come: so where it has read nothing before the orders of the table.
   * Else only the cards tell, when nothing moves any more for a while.
   */
  readonly counted: boolean;
  readonly now: Date;
}

/** Plays the demo on its scenery, on the screen; answers the exit code: 130 where the signal broke it off. */
export async function play(scenery: Scenery, script: Script, screen: Screen, signal: AbortSignal): Promise<number> {
  const { options, orders, counted, now, firstNumber = orders.length } = script;
  const shop = new Shop(orders);
  const done = new AbortController();
  const ending = AbortSignal.any([signal, done.signal]);
  const run: GeneratorRun = { ...options, firstNumber, now, signal: ending, onCommit: steps => shop.see(steps) };
  const shown = new Show(screen, shop, scenery, ending);
  const work = async () => {
    await shown.untilTakenIn(counted ? orders.length : 0);
    screen.print(`demo: the first cards are there, ${seconds(process.uptime() * 1000)} after the start`);
    await runGenerator(scenery.db, orders, run);
    if (options.exit) await shown.untilSettled(counted ? orders.length : null);
    else await shown.until(signal);
  };
  await Promise.race([work(), scenery.broken]).finally(() => done.abort());
  await shown.ended;
  if (!options.exit || signal.aborted) return signal.aborted && options.exit ? 130 : 0;
  return await check(scenery, shop, screen, counted ? 0 : restMs);
}

/** Compares every order that ever was with its card, prints the comparison, and answers the exit code. */
async function check(scenery: Scenery, shop: Shop, screen: Screen, forMs: number): Promise<number> {
  const comparison = await compareAtRest(scenery, shop, forMs);
  screen.print(`\n${comparisonText(comparison)}`);
  if (isAllEqual(comparison)) return 0;
  screen.print(`demo: the logs of the connector and of the sandbox are ${scenery.logs}`);
  return 1;
}

/** The first comparison that finds all equal, or the one when nothing has moved for so long. */
export async function compareAtRest(
  { db, sandbox, connector }: Scenery,
  shop: Shop,
  forMs: number,
): Promise<Comparison> {
  let last = '';
  let movedAt = performance.now();
  for (;;) {
    const rows = (await db.readAll()).map(order => ({ order, deleted: false }));
    const comparison = compareOrders([...rows, ...shop.deleted], await sandbox.cards());
    if (isAllEqual(comparison)) return comparison;
    const now = JSON.stringify([comparison, readingOf(await connector.metrics())]);
    if (now !== last) movedAt = performance.now();
    last = now;
    if (performance.now() - movedAt >= forMs) return comparison;
    await sleep(pollMs);
  }
}
