import { Fault, messageOf } from '../../kernel/fault.ts';
import { loadSettings } from '../../settings/load.ts';
import type { SettingsProblem } from '../../settings/problems.ts';
import type { Settings } from '../../settings/settings.ts';
import { type ExitCode, settingsFaults } from '../run.ts';
import type { CommandParts } from '../terminal/output.ts';
import { describeFault, describeProblems, paintFor } from '../terminal/print.ts';
import { fileAccess } from './file-access.ts';

/** Does a command's work with the settings of a file, and prints what goes wrong: 2 for problems of the settings, 1 for another {@link Fault}. */
export function withSettings(
  file: string,
  parts: CommandParts,
  work: (settings: Settings) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withLoaded(loadSettings({ file, environment: parts.environment, ...fileAccess }), parts, work);
}

/** The same with what was loaded already. */
export async function withLoaded<S>(
  loaded:
    | { readonly kind: 'loaded'; readonly settings: S }
    | { readonly kind: 'problems'; readonly problems: readonly SettingsProblem[] },
  { environment, printError }: CommandParts,
  work: (settings: S) => Promise<ExitCode>,
): Promise<ExitCode> {
  const paint = paintFor(false, environment);
  if (loaded.kind === 'problems') {
    printError(describeProblems(loaded.problems, paint));
    return 2;
  }
  try {
    return await work(loaded.settings);
  } catch (error) {
    printError(error instanceof Fault ? describeFault(error, paint) : `${messageOf(error)}\n`);
    return error instanceof Fault && settingsFaults.includes(error.code) ? 2 : 1;
  }
}
