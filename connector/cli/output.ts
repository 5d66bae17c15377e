import type { Environment } from '../settings/environment.ts';

/** Where a command writes to: standard output, and standard error. */
export interface Output {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

/** What a command that reads settings needs of the machine. */
export interface CommandParts extends Output {
  /** Standard output is a terminal: it may be coloured. */
  readonly isTerminal?: boolean;
  /** Standard error is one: a line may be written over. */
  readonly errorsToTerminal?: boolean;
  readonly environment: Environment;
}
