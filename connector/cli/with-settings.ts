import { Fault, messageOf } from '../kernel/fault.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/settings.ts';
import { fileAccess } from './file-access.ts';
import type { CommandParts } from './output.ts';
import { describeFault, describeProblems, paintFor } from './print.ts';
import type { ExitCode } from './run.ts';

/** Does a command's work with the settings of a file, and prints what goes wrong: 2 for problems of the settings, 1 for a {@link Fault}. */
export async function withSettings(
  file: string,
  { environment, printError }: CommandParts,
  work: (settings: Settings) => Promise<ExitCode>,
): Promise<ExitCode> {
  const paint = paintFor(false, environment);
  const loaded = loadSettings({ file, environment, ...fileAccess });
  if (loaded.kind === 'problems') {
    printError(describeProblems(loaded.problems, paint));
    return 2;
  }
  try {
    return await work(loaded.settings);
  } catch (error) {
    printError(error instanceof Fault ? describeFault(error, paint) : `${messageOf(error)}\n`);
    return 1;
  }
}
