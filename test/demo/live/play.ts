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

/** When so long nothing moves, nothing is going to. */
const restMs = 5_000;
const pollMs = 200;

/** What is played, and from when on. */
export interface Script {
  readonly options: DemoOptions;
  /** The orders that are in the table. */
  readonly orders: readonly Order[];
  /** Number of the first new order; `orders.length` where not given. */
  readonly firstNumber?: number;
  /** Records of the table that the connector has accounted for before; `orders.length` where not given. */
  readonly settled?: number;
  readonly now: Date;
}

/** Plays the demo on its scenery, on the screen; answers the exit code: 130 where the signal broke it off. */
export async function play(scenery: Scenery, script: Script, screen: Screen, signal: AbortSignal): Promise<number> {
  const { options, orders, now, firstNumber = orders.length, settled = orders.length } = script;
  const shop = new Shop(orders);
  const done = new AbortController();
  const ending = AbortSignal.any([signal, done.signal]);
  const run: GeneratorRun = { ...options, firstNumber, now, signal: ending, onCommit: steps => shop.see(steps) };
  const shown = new Show(screen, shop, scenery, ending);
  const work = async () => {
    await shown.untilTakenIn(orders.length);
    screen.print(`demo: the first cards are there, ${seconds(process.uptime() * 1000)} after the start`);
    await runGenerator(scenery.db, orders, run);
    if (options.exit) await shown.untilSettled(settled);
    else await shown.until(signal);
  };
  await Promise.race([work(), scenery.broken]).finally(() => done.abort());
  await shown.ended;
  if (!options.exit || signal.aborted) return signal.aborted && options.exit ? 130 : 0;
  return await check(scenery, shop, screen);
}

/** Compares every order that ever was with its card, prints the comparison, and answers the exit code. */
async function check(scenery: Scenery, shop: Shop, screen: Screen): Promise<number> {
  const comparison = await compareAtRest(scenery, shop);
  screen.print(`\n${comparisonText(comparison)}`);
  if (isAllEqual(comparison)) return 0;
  screen.print(`demo: the logs of the connector and of the sandbox are ${scenery.logs}`);
  return 1;
}

/**
 * The first comparison that finds all equal, or the one where nothing moves any more. Counting records is not enough: after a restart
 * Debezium repeats some, and then as many have been read although the last ones are still to come.
 */
async function compareAtRest(scenery: Scenery, shop: Shop): Promise<Comparison> {
  let last = '';
  let movedAt = performance.now();
  for (;;) {
    const rows = (await scenery.db.readAll()).map(order => ({ order, deleted: false }));
    const comparison = compareOrders([...rows, ...shop.deleted], await scenery.sandbox.cards());
    if (isAllEqual(comparison)) return comparison;
    const now = JSON.stringify([comparison, readingOf(await scenery.connector.metrics())]);
    if (now !== last) movedAt = performance.now();
    last = now;
    if (performance.now() - movedAt > restMs) return comparison;
    await sleep(pollMs);
  }
}
