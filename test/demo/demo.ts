// `npm run demo`: the whole way of an order's change, on real parts, to be watched. See --help.
import { seconds } from '../stack/log.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { compareOrders, isAllEqual } from './compare.ts';
import { type DemoOptions, readDemoCommand } from './live/command-line.ts';
import { comparisonText } from './live/comparison-text.ts';
import { logFolder, type Scenery, setDown, setUp } from './live/scenery.ts';
import { Screen } from './live/screen.ts';
import { Shop } from './live/shop.ts';
import { Show } from './live/show.ts';
import { type GeneratorRun, runGenerator } from './order-generator.ts';
import { makeOrders } from './seed.ts';

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
  const scenery = await orAborted(setUp(stack, orders, { faults: options.faults, log }), signal);
  try {
    const shop = new Shop(orders);
    const done = new AbortController();
    const ending = AbortSignal.any([signal, done.signal]);
    const run: GeneratorRun = { ...options, now, signal: ending, onCommit: steps => shop.see(steps) };
    const shown = new Show(screen, shop, scenery, ending);
    const work = async () => {
      await shown.untilTakenIn(options.seeded);
      log(`the first cards are there, ${seconds(process.uptime() * 1000)} after the start`);
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

/** The promise, or a rejection as soon as the signal is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  signal.throwIfAborted();
  return Promise.race([promise, aborted]);
}

process.exitCode = await main(process.argv.slice(2));
