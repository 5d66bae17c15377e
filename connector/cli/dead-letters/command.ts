import type { Command } from 'commander';
import { instant } from '../../kernel/time.ts';
import { countOf, placeOf } from '../terminal/arguments.ts';
import type { CommandSetup } from '../terminal/output.ts';
import { withFilterFlags } from './flags.ts';
import type { DisposalFlags, ListFlags, ShowFlags } from './letters.ts';

const exitCodes = `
Exit codes:
  0  done
  1  Kafka cannot be reached or refuses, or a letter could not be dealt with
  2  bad usage or settings
`;

/** Adds `dead-letters list`, `show`, `redrive` and `discard`. */
export function addDeadLetterCommands(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  const letters = program.command('dead-letters').description('look at dead letters, put them back, or discard them');
  const now = () => instant(Date.now());
  const command = (name: string, description: string) =>
    letters
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'settings file, as for run')
      .option('--json', 'print JSON: of list one object a line')
      .addHelpText('after', exitCodes);

  withFilterFlags(command('list', 'list the open letters'), now)
    .option('--all', 'also those that were redriven or discarded')
    .action(async ({ config, ...flags }: ListFlags) => {
      const { listLetters } = await import('./letters.ts');
      done(await listLetters(flags, settingsFile(config), parts));
    });
  command('show', 'show a letter whole')
    .argument('<place>', '<partition>@<offset> of the dead-letter topic, as list shows it', placeOf)
    .option('--reveal', 'also its key, and its value as base64: they are of customers')
    .action(async (place: ReturnType<typeof placeOf>, { config, ...flags }: ShowFlags) => {
      const { showLetter } = await import('./letters.ts');
      done(await showLetter(place, flags, settingsFile(config), parts));
    });
  for (const [name, disposal, description] of [
    [
      'redrive',
      'redriven',
      'put the records of open letters back into their topics; a newer state of their orders stays',
    ],
    ['discard', 'discarded', 'mark open letters as done with; they stay in the topic'],
  ] as const) {
    withFilterFlags(command(name, description), now)
      .option('--all', 'every open letter: needed where no filter is given')
      .option('--dry-run', 'only say what would be done')
      .option('--rate <letters>', 'at most so many a second', countOf)
      .option('--max-redrives <times>', 'leave those that died so often already', countOf, 5)
      .action(async ({ config, ...flags }: DisposalFlags) => {
        const { disposeOfLetters } = await import('./letters.ts');
        done(await disposeOfLetters(disposal, flags, settingsFile(config), parts));
      });
  }
}
