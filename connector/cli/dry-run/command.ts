import { type Command, Option } from 'commander';
import { countOf, placeOf } from '../terminal/arguments.ts';
import type { CommandSetup } from '../terminal/output.ts';
import type { DryRunFlags } from './dry-run.ts';

const more = `
It goes the connector's own way: decode, map, decide, sign. With the journal it says what would be decided now; where nothing would be
sent (mostly: it was delivered already), it shows beside that the request that these records alone would have made. What --state none
and --file show depends on the records alone, each at the time of its commit: the same records give the same requests for ever.

A file holds Debezium's envelopes: as an Avro container (its own schema counts), or as JSON, one a line or a list, bare, with Kafka
Connect's schema, or as records {topic, partition, offset, key, value}. It takes no Kafka, no registry and no keys.

The requests hold ids of customers, for they are what is asked for: --mask hides them.

Exit codes:
  0  every record can be read and mapped
  1  one cannot: it would become a dead letter; or Kafka or the registry cannot be reached, or a file holds no record
  2  bad usage, settings, mappings or keys
`;

/** Adds `dry-run`. */
export function addDryRunCommand(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  program
    .command('dry-run')
    .description('show the requests that records would make; sends, commits and writes nothing')
    .option('-c, --config <file>', 'settings file, as for run')
    .option(
      '--topic <name>',
      'one of the topics, or another (default: all of kafka.topics); of a file: the one it stands for',
    )
    .option('--last <records>', 'the newest records, of all partitions together (default: 10)', countOf)
    .option('--from <place>', 'from the record at <partition>@<offset> on', placeOf)
    .option('--count <records>', 'so many of them (default: 1 with --from, all with --file)', countOf)
    .option('--file <path>', 'records of a file in place of Kafka; - is standard input')
    .addOption(
      new Option(
        '--state <source>',
        'what is known of the orders: what the journal says, or nothing (default: journal, where there is one)',
      ).choices(['journal', 'none']),
    )
    .option('--no-sign', 'leave the signature out; no key is read')
    .addOption(
      new Option('--body <form>', 'pretty: indented; exact: the bytes that are signed; none')
        .choices(['pretty', 'exact', 'none'])
        .default('pretty'),
    )
    .option('--mask', 'hide the ids of orders and users')
    .option('--json', 'print one JSON object a record; the body is exact, as a text')
    .addHelpText('after', more)
    .action(async ({ config, ...flags }: DryRunFlags) => {
      const { dryRun } = await import('./dry-run.ts');
      done(await dryRun(flags, settingsFile(config), parts));
    });
}
