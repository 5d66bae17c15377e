import { Command, CommanderError } from 'commander';
import { settingsFileVariable } from '../settings/environment.ts';
import { version } from '../version.ts';
import { addDeadLetterCommands } from './dead-letters.ts';
import { addHealthCommand } from './health.ts';
import { addKeysCommands } from './keys.ts';
import type { ExitCode } from './run.ts';

/** What the command line needs of the machine. */
export interface ProgramParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs the connector with the settings of a file. */
  readonly run: (file: string) => Promise<ExitCode>;
  /** Standard output, and standard error. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

const defaultFile = 'config/connector.yaml';

const exitCodes = `
Exit codes:
  0  stopped as asked (SIGTERM, SIGINT), everything in flight finished or given back
  1  a fault or a defect ended it: start it again
  2  bad usage, settings, mappings or keys: starting it again will not help
`;

/** Reads the command line and does what it says. Never rejects; usage errors are printed, and give 2. */
export async function runProgram(args: readonly string[], parts: ProgramParts): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const settingsFile = (config: string | undefined) => config || parts.environment[settingsFileVariable] || defaultFile;
  const program = new Command('card-sync')
    .description('Streams order changes from Debezium through Kafka to AlipayHK.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(card-sync --help tells more)')
    .configureOutput({ writeOut: parts.print, writeErr: parts.printError })
    .exitOverride()
    .addHelpText('after', exitCodes);
  program
    .command('run')
    .description('run the connector until it is stopped')
    .option('-c, --config <file>', `settings file (default: ${settingsFileVariable}, else ${defaultFile})`)
    .addHelpText('after', exitCodes)
    .action(async ({ config }: { config?: string }) => {
      exitCode = await parts.run(settingsFile(config));
    });
  const done = (code: ExitCode) => {
    exitCode = code;
  };
  addHealthCommand(program, parts, settingsFile, done);
  addKeysCommands(program, parts, settingsFile, done);
  addDeadLetterCommands(program, parts, settingsFile, done);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    throw thrown;
  }
}
