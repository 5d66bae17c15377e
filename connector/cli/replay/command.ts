import { type Command, InvalidArgumentError } from 'commander';
import { instant } from '../../kernel/time.ts';
import { countOf, momentOf } from '../terminal/arguments.ts';
import type { CommandSetup } from '../terminal/output.ts';
import type { ReplayFlags } from './replay.ts';

const more = `
Of each order that changed in that time it takes the last change in the topic, to this day, and writes its record once more into its
partition, marked as put back. The running connector then sends the order's card again, as its mapping makes it now, though AlipayHK may show it
already; never over a later change, and never of an order that has ended or whose card is over.

Other consumers of the topic see these records again too. docs/replay.md tells more.

Exit codes:
  0  done
  1  broken off, with how to go on; too many orders; or Kafka or the registry cannot be reached
  2  bad usage, settings or mappings
`;

/** Adds `replay`. */
export function addReplayCommand(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  const moment = (text: string) => momentOf(text, instant(Date.now()));
  program
    .command('replay')
    .description(
      "send orders' current states again, at a rate, beside the live changes: after a mistake in a mapping, say",
    )
    .requiredOption(
      '--from <time>',
      'orders with a change committed at or after: 2026-11-23T08:00:00Z, or ago: 30m, 2h, 7d',
      moment,
    )
    .option('--to <time>', 'and before that (default: now)', moment)
    .option('--template <code>', 'only orders whose last change makes a card of this productTemplateCode now')
    .option('--order <id>', 'only this order: its whole merchantBizNo')
    .option('--rate <orders>', 'at most so many a second', countOf, 50)
    .option('--dry-run', 'only say how many orders there are, and show the first few')
    .option('--run <id>', 'go on with a run that was broken off: what it has put back is left out', runOf)
    .option('--max-orders <orders>', 'keep no more in memory, some 300 bytes each', countOf, 1_000_000)
    .option('-c, --config <file>', 'settings file, as for run')
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', more)
    .action(async ({ config, ...flags }: ReplayFlags) => {
      const { replayOrders } = await import('./replay.ts');
      done(await replayOrders(flags, settingsFile(config), parts));
    });
}

function runOf(text: string): string {
  if (!/^[\w-]{1,40}$/.test(text)) throw new InvalidArgumentError('It is to be as the broken-off run printed it.');
  return text;
}
