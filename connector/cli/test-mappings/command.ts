import { type Command, Option } from 'commander';
import type { CommandSetup } from '../terminal/output.ts';
import type { TestMappingsFlags } from './run-tests.ts';

const help = `
Beside each mapping file stands its *.test.yaml, as in config/mappings: rows, and the card that each must give.
Needs no settings, no keys and no Kafka: made for the checks of your own repository.

Exit codes:
  0  every case holds
  1  one does not
  2  bad usage, or files that cannot be read
`;

/** Adds `test-mappings`. */
export function addTestMappingsCommand(program: Command, { done, ...parts }: CommandSetup): void {
  program
    .command('test-mappings')
    .description('run the tests that stand beside mapping files')
    .argument('[files...]', 'mapping files; a * in the file name stands for any text', ['config/mappings/*.yaml'])
    .option('--templates <files...>', 'JSON Schemas of templates of your own, as in mapping.templateFiles', [])
    .addOption(
      new Option('--language-business-info <form>', 'as in the settings')
        .choices(['string', 'object'])
        .default('string'),
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', help)
    .action(async (files: readonly string[], flags: TestMappingsFlags) => {
      // Loaded only now: the other commands need no compiler of mappings.
      const { runMappingTests } = await import('./run-tests.ts');
      done(runMappingTests(files, flags, parts));
    });
}
