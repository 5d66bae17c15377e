// `npm run demo`: the whole way of an order's change, on real parts, to be watched. See --help.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Stack, startStack } from '../stack/stack.ts';
import { compareOrders, isAllEqual } from './compare.ts';
import { type DemoOptions, readDemoCommand } from './live/command-line.ts';
import { comparisonText } from './live/comparison-text.ts';
import { isSettled, type Reading, readingOf } from './live/reading.ts';
import { logFolder, type Scenery, setDown, setUp } from './live/scenery.ts';
import { Screen } from './live/screen.ts';
import { Shop } from './live/shop.ts';
import { progressLine, type Scene, summaryLines } from './live/summary.ts';
import { type GeneratorRun, runGenerator } from './order-generator.ts';
import { makeOrders } from './seed.ts';

/** The connector is taken to be stuck when nothing moves for so long. */
const stuckMs = 60_000;
const settlePollMs = 100;

const screen = new Screen(process.stdout);
const log = (line: string) => screen.print(`demo: ${line}`);

async function main(args: readonly string[]): Promise<number> {
  const command = readDemoCommand(args);
  if (command.kind !== 'run') {
    (command.kind === 'help' ? console.log : console.error)(command.text);
    return command.kind === 'help' ? 0 : 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  let stack: Stack | undefined;
  try {
    stack = await startStack({ log, signal: stop.signal });
    return await play(stack, command.options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    screen.print(`demo: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await stack?.stop();
  }
}

/** One demo on a running stack; answers the exit code. */
async function play(stack: Stack, options: DemoOptions, signal: AbortSignal): Promise<number> {
  const now = new Date();
  const orders = makeOrders(options.seed, options.seeded, now);
  const scenery = await setUp(stack, orders, { faults: options.faults, log });
  try {
    signal.throwIfAborted();
    const shop = new Shop(orders);
    const done = new AbortController();
    const ending = AbortSignal.any([signal, done.signal]);
    const run: GeneratorRun = { ...options, now, signal: ending, onCommit: steps => shop.see(steps) };
    const shown = new Show(shop, scenery, ending);
    const work = async () => {
      await runGenerator(scenery.db, orders, run);
      if (options.exit) await shown.untilSettled(options.seeded);
      else await shown.until(signal);
    };
    await Promise.race([work(), scenery.broken]).finally(() => done.abort());
    await shown.ended;
    if (!options.exit || signal.aborted) return signal.aborted && options.exit ? 130 : 0;
    return await check(scenery, shop);
  } finally {
    log('ending');
    await setDown(scenery);
  }
}

/** Compares every order that ever was with its card, prints the comparison, and answers the exit code. */
async function check(scenery: Scenery, shop: Shop): Promise<number> {
  const rows = (await scenery.db.readAll()).map(order => ({ order, deleted: false }));
  const comparison = compareOrders([...rows, ...shop.deleted], await scenery.sandbox.cards());
  screen.print(`\n${comparisonText(comparison)}`);
  if (isAllEqual(comparison)) return 0;
  log(`the logs of the connector and of the sandbox are in ${logFolder}`);
  return 1;
}

/** Shows how it goes, until it is aborted. */
class Show {
  readonly ended: Promise<void>;
  readonly #shop: Shop;
  readonly #scenery: Scenery;
  readonly #startedAt = performance.now();
  #phase = 'the shop changes its orders';
  #lately: (readonly [at: number, changes: number])[] = [];

  constructor(shop: Shop, scenery: Scenery, signal: AbortSignal) {
    this.#shop = shop;
    this.#scenery = scenery;
    this.ended = this.#run(signal);
  }

  /** Resolves when the connector has accounted for all records of the seed and of the changes; gives up when it stands still. */
  async untilSettled(seeded: number): Promise<void> {
    this.#phase = 'all changes are made; the connector finishes';
    // Each deleted row makes two records: the change and a tombstone.
    const records = seeded + this.#shop.changes + this.#shop.counts.delete;
    let last = '';
    let movedAt = performance.now();
    while (performance.now() - movedAt < stuckMs) {
      const reading = await this.#read();
      if (isSettled(reading, records)) return;
      const now = JSON.stringify(reading);
      if (now !== last) movedAt = performance.now();
      last = now;
      await sleep(settlePollMs);
    }
    log(`the connector has not moved for ${stuckMs / 1000} s; comparing what there is`);
  }

  /** Shows on until the signal. */
  async until(signal: AbortSignal): Promise<void> {
    this.#phase = 'all changes are made; Ctrl-C ends';
    if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve));
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#draw();
      await sleep(screen.everyMs, undefined, { signal }).catch(() => undefined);
    }
    // Once more, so that the last state stands.
    await this.#draw();
  }

  async #draw(): Promise<void> {
    const reading = await this.#read().catch(() => undefined);
    // It ends: whoever watches it says so.
    if (reading === undefined) return;
    const scene = this.#scene();
    screen.show(
      () => summaryLines(scene, reading),
      () => progressLine(scene, reading),
    );
  }

  async #read(): Promise<Reading> {
    return readingOf(await this.#scenery.connector.metrics());
  }

  #scene(): Scene {
    const now = performance.now();
    this.#lately = [...this.#lately.filter(([at]) => at > now - 5_000), [now, this.#shop.changes]];
    const [firstAt, first] = this.#lately[0] ?? [now, 0];
    const { sandbox, connector } = this.#scenery;
    return {
      shop: this.#shop,
      sandboxUrl: `${sandbox.url}/`,
      metricsUrl: connector.metricsUrl,
      elapsedMs: now - this.#startedAt,
      rate: now === firstAt ? 0 : ((this.#shop.changes - first) * 1000) / (now - firstAt),
      phase: this.#phase,
    };
  }
}

process.exitCode = await main(process.argv.slice(2));
