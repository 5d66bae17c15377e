import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

/** How a command of `card-sync` ended, and what it wrote. */
export interface ToolRun {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Writes settings to a file of this folder and runs a command of `card-sync` with it. */
export async function runTool(
  folder: string,
  name: string,
  settings: object,
  command: string,
  ...flags: readonly string[]
): Promise<ToolRun> {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(settings));
  const quiet = '--disable-warning=TimeoutNegativeWarning';
  const args = [quiet, 'connector/cli/card-sync.ts', command, '--config', file, ...flags];
  const ended = await promisify(execFile)(process.execPath, args).catch(failed => failed);
  return { code: Number(ended.code ?? 0), out: String(ended.stdout), errors: String(ended.stderr) };
}
