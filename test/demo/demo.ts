// `npm run demo`: the whole way of an order's change, on real parts, to be watched. See --help.
import { type Stack, startStack } from '../stack/stack.ts';
import { type DemoOptions, readDemoCommand } from './live/command-line.ts';
import { play } from './live/play.ts';
import { setUp } from './live/scenery.ts';
import { Screen } from './live/screen.ts';
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
    return await playOn(stack, command.options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    screen.print(`demo: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await stack?.stop();
  }
}

/** One demo on a running stack; answers the exit code. */
async function playOn(stack: Stack, options: DemoOptions, signal: AbortSignal): Promise<number> {
  const now = new Date();
  const orders = makeOrders(options.seed, options.seeded, now);
  const scenery = await orAborted(setUp(stack, orders, { faults: options.faults, log }), signal);
  try {
    return await play(scenery, { options, orders, counted: true, now }, screen, signal);
  } finally {
    log('ending');
    await scenery.setDown();
  }
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
