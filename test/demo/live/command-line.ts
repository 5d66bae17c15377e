import { parseArgs } from 'node:util';

/** How the demo is asked to go. */
export interface DemoOptions {
  /** Orders in the table at the start, and new ones to come. */
  readonly seeded: number;
  readonly inserts: number;
  /** Row changes to make; `Infinity` without end. */
  readonly changes: number;
  /** Row changes a second. */
  readonly rate: number;
  readonly seed: number;
  /** Compare and end when all changes are made. */
  readonly exit: boolean;
  /** As the sandbox takes them. */
  readonly faults: readonly string[];
}

/** What the command line asks for. */
export type DemoCommand =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };

const help = `The whole way, live: PostgreSQL, Debezium, Kafka, the connector, and a stand-in of AlipayHK.

  npm run demo -- [options]

  --orders N   orders (200); with --exit in all, a tenth of them made while it runs
  --rate N     row changes a second (20; with --exit 100)
  --changes N  row changes to make (without end; with --exit four for each order)
  --exit       when all changes are made and delivered: compare every order with its card, and end with 0 or 1
  --seed N     other orders and changes (1)
  --fault F    repeatable; the sandbox fails now and then, e.g. http,status=503,rate=0.1 (see npm run sandbox -- --help)
  --help`;

const flags = {
  orders: { type: 'string' },
  rate: { type: 'string' },
  changes: { type: 'string' },
  seed: { type: 'string' },
  fault: { type: 'string', multiple: true },
  exit: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments after the script's name; all problems at once. */
export function readDemoCommand(args: readonly string[]): DemoCommand {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (error) {
    return { kind: 'wrong', text: error instanceof Error ? error.message : String(error) };
  }
  if (given.help) return { kind: 'help', text: help };
  const problems: string[] = [];
  const number = (name: 'orders' | 'rate' | 'changes' | 'seed', least: number, most: number, fallback: number) => {
    const text = given[name];
    if (text === undefined) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) problems.push(`--${name} is to be a whole number from ${least} to ${most}`);
    return value;
  };
  const exit = given.exit ?? false;
  const orders = number('orders', 1, 100_000, 200);
  const bounded = exit || given.changes !== undefined;
  const inserts = bounded ? Math.floor(orders / 10) : Infinity;
  const options: DemoOptions = {
    seeded: bounded ? orders - inserts : orders,
    inserts,
    changes: number('changes', bounded ? inserts : 0, 10_000_000, exit ? 4 * orders : Infinity),
    rate: number('rate', 1, 100_000, exit ? 100 : 20),
    seed: number('seed', 0, 1_000_000, 1),
    exit,
    faults: given.fault ?? [],
  };
  if (problems.length > 0) return { kind: 'wrong', text: `${problems.join('\n')}\n--help tells what there is` };
  return { kind: 'run', options };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values;
}
