import { Command, CommanderError } from 'commander';
import { settingsFileVariable } from '../settings/environment.ts';
import { version } from '../version.ts';
import { addCheckCommand } from './check/command.ts';
import { addDeadLetterCommands } from './dead-letters/command.ts';
import { addDryRunCommand } from './dry-run/command.ts';
import { addHealthCommand } from './health/command.ts';
import { addInspectCommand } from './inspect/command.ts';
import { addKeysCommands } from './keys/command.ts';
import { addReplayCommand } from './replay/command.ts';
import type { ExitCode } from './run.ts';
import { addStatusCommand } from './status/command.ts';
import type { CommandParts, CommandSetup } from './terminal/output.ts';
import { addTestMappingsCommand } from './test-mappings/command.ts';

/** What the command line needs of the machine. */
export interface ProgramParts extends CommandParts {
  /** Runs the connector with the settings of a file. */
  readonly run: (file: string) => Promise<ExitCode>;
}

/** In the order of the help. */
const addCommands: readonly ((program: Command, setup: CommandSetup) => void)[] = [
  addCheckCommand,
  addStatusCommand,
  addHealthCommand,
  addKeysCommands,
  addDeadLetterCommands,
  addDryRunCommand,
  addInspectCommand,
  addReplayCommand,
  addTestMappingsCommand,
];

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
  const setup: CommandSetup = {
    ...parts,
    settingsFile,
    done: code => {
      exitCode = code;
    },
  };
  for (const addCommand of addCommands) addCommand(program, setup);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    throw thrown;
  }
}
