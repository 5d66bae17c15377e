import { parseArgs } from 'node:util';
import { defects } from './defects.ts';

/** Which histories are to be played. */
export interface SimulateOptions {
  readonly seed: number;
  readonly runs: number;
  /** One of {@link defects}, or null: the flow as it is. */
  readonly defect: string | null;
  /** Each defect in turn, to see which are found. */
  readonly defects: boolean;
  /** How many lines of a broken history are shown. */
  readonly lines: number;
}

/** What the command line asks for. */
export type SimulateCommand =
  | { readonly kind: 'run'; readonly options: SimulateOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };

const most = 999_999_999;

const help = `Random histories of crashes, rebalances, outages and poison against a simulated world. Ends at the first broken promise.

  npm run simulate -- [options]

  --seed N       the first history (1)
  --runs M       how many, one after the other (10000; with --seed 1)
  --defect NAME  plant a defect, which must be found
  --defects      plant each in turn, but for the elusive ones, and show which are found (--runs 300 each)
  --lines N      how many of the last lines of a broken history are shown (30)
  --help

  The same seed is the same history, line by line, at the same commit. Exit code: 0 nothing broke, 1 something did, 2 wrong options.

  Defects:
${Object.keys(defects)
  .map(name => `    "${name}"`)
  .join('\n')}`;

const flags = {
  seed: { type: 'string' },
  runs: { type: 'string' },
  defect: { type: 'string' },
  defects: { type: 'boolean' },
  lines: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments after the script's name; all problems at once. */
export function readSimulateCommand(args: readonly string[]): SimulateCommand {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (error) {
    return { kind: 'wrong', text: error instanceof Error ? error.message : String(error) };
  }
  if (given.help) return { kind: 'help', text: help };
  const problems: string[] = [];
  const number = (name: 'seed' | 'runs' | 'lines', fallback: number) => {
    const text = given[name];
    if (text === undefined) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1) problems.push(`--${name} is to be a whole number from 1 to ${most}`);
    return value;
  };
  const { defect = null } = given;
  if (defect !== null && !Object.hasOwn(defects, defect)) {
    problems.push(`There is no defect "${defect}"; --help lists them`);
  }
  const options = {
    seed: number('seed', 1),
    runs: number('runs', given.defects ? 300 : given.seed === undefined ? 10_000 : 1),
    lines: number('lines', 30),
    defect,
    defects: given.defects ?? false,
  };
  return problems.length > 0 ? { kind: 'wrong', text: problems.join('\n') } : { kind: 'run', options };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags }).values;
}
