import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a command of `card-sync` came to. */
export interface CommandEnd {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs a command of `card-sync` to its end. */
export async function cardSync(...args: readonly string[]): Promise<CommandEnd> {
  const quiet = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];
  const command = [...quiet, 'connector/cli/card-sync.ts', ...args];
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const ended = await promisify(execFile)(process.execPath, command, options).catch(failed => failed);
  return { code: ended.code ?? 0, out: String(ended.stdout), errors: String(ended.stderr) };
}

/** The objects of an output that has one a line. */
export function linesOf<T>({ out }: CommandEnd): readonly T[] {
  return out
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T);
}
