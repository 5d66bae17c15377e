import type { Environment } from '../../settings/environment.ts';
import type { ExitCode } from '../run.ts';

/** Where a command writes to: standard output, and standard error. */
export interface Output {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Whether a person looks on: at standard output, at standard error. Default: no. */
  readonly terminal?: { readonly out: boolean; readonly err: boolean };
  /** Calls `stop` at the first Ctrl-C (or SIGTERM), instead of ending the process at once. */
  readonly onInterrupt?: (stop: () => void) => void;
}

/** What a command that reads settings needs of the machine. */
export interface CommandParts extends Output {
  readonly environment: Environment;
}

/** What a command is added to the program with. */
export interface CommandSetup extends CommandParts {
  /** The settings file that --config, or its absence, stands for. */
  readonly settingsFile: (config: string | undefined) => string;
  /** To be told how the command ended. */
  readonly done: (code: ExitCode) => void;
}
