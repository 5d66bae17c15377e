import type { Command } from 'commander';
import { instant } from '../../kernel/time.ts';
import { momentOf } from '../terminal/arguments.ts';
import type { CommandSetup } from '../terminal/output.ts';
import type { InspectFlags } from './inspect.ts';

const more = `
It reads the order's changes in the source topics, its events in the journal and its dead letters, and puts them in the sequence of time.
The journal is compacted: of its older events usually only the latest is left. Of the columns that changed it names the names alone.

An order's changes are looked for in the partition that its id as the record's plain key leads to. Where the key is something else, or a
mapping makes the id out of something else, --all-partitions finds them: it decodes and maps every record, and takes its time.

Exit codes:
  0  something was found
  1  nothing was; or Kafka or the registry cannot be reached
  2  bad usage, settings or mappings
`;

/** Adds `inspect`. */
export function addInspectCommand(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  program
    .command('inspect')
    .description("tell an order's whole story: its changes, what was sent, its dead letters, and how it stands")
    .argument('<merchantBizNo>', "the order's whole id")
    .option('-c, --config <file>', 'settings file, as for run')
    .option(
      '--since <time>',
      'only changes written at or after: 2026-11-23T08:00:00Z, or ago: 30m, 2h, 7d (default: all)',
      text => momentOf(text, instant(Date.now())),
    )
    .option('--all-partitions', 'look at every record of every partition')
    .option('--reveal', "show the users' ids whole")
    .option('--json', 'print one JSON object')
    .addHelpText('after', more)
    .action(async (order: string, { config, ...flags }: InspectFlags) => {
      const { inspect } = await import('./inspect.ts');
      done(await inspect(order, flags, settingsFile(config), parts));
    });
}
