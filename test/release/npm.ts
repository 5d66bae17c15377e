import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The project's folder. */
export const root: string = join(import.meta.dirname, '../..');

/** How npm ended. */
export interface NpmEnded {
  /** Null: it could not be started. */
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs npm in a folder, by default the project's. */
export function npm(args: readonly string[], folder = root): NpmEnded {
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, out: stdout ?? '', errors: error?.message ?? stderr };
}
