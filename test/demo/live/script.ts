import { fileURLToPath } from 'node:url';
import type { Command } from '../../stack/child.ts';

/** The project's folder. */
export const projectDir = fileURLToPath(new URL('../../..', import.meta.url));

/** The command of a script of this project, given by its path from the project's folder. */
export function script(path: string, args: readonly string[]): Command {
  return {
    file: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', path, ...args],
    cwd: projectDir,
  };
}
