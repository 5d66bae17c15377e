import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { MappingOptions } from '../mapping/mapping.ts';
import { readMappings, readTemplates } from '../settings/files.ts';
import { type MappingTests, testMappings } from '../tools/mapping-test/test-mappings.ts';
import type { ExitCode } from './run.ts';
import { fileAccess } from './settings/file-access.ts';
import type { CommandParts } from './terminal/output.ts';
import type { Paint } from './terminal/print.ts';

interface Flags {
  readonly templates: readonly string[];
  readonly languageBusinessInfo: MappingOptions['languageBusinessInfo'];
  readonly json?: boolean;
}

const help = `
Beside each mapping file stands its *.test.yaml, as in config/mappings: rows, and the card that each must give.
Needs no settings, no keys and no Kafka: made for the checks of your own repository.

Exit codes:
  0  every case holds
  1  one does not
  2  bad usage, or files that cannot be read
`;

/** Adds `test-mappings`; `done` is told how it ended. */
export function addTestMappingsCommand(
  program: Command,
  parts: CommandParts,
  paint: Paint,
  done: (code: ExitCode) => void,
): void {
  program
    .command('test-mappings')
    .description('run the tests that stand beside mapping files')
    .argument('[files...]', 'mapping files; a * in the file name stands for any text', ['config/mappings/*.yaml'])
    .option('--templates <files...>', 'JSON Schemas of templates of your own, as in mapping.templateFiles', [])
    .option('--language-business-info <form>', 'as in the settings: string or object', 'string')
    .option('--json', 'print one JSON object')
    .addHelpText('after', help)
    .action((files: readonly string[], flags: Flags) => {
      done(runTests(files, flags, parts, paint));
    });
}

function runTests(files: readonly string[], flags: Flags, { print, printError }: CommandParts, paint: Paint): ExitCode {
  const place = { file: '', access: fileAccess, locate: () => 'the command line' };
  const documents = readMappings(files, place);
  const templates = readTemplates(flags.templates, place);
  const unreadable = [...documents.problems, ...templates.problems];
  if (unreadable.length > 0) {
    for (const { problem, source } of unreadable) printError(`${source}: ${problem}\n`);
    return 2;
  }
  const { languageBusinessInfo } = flags;
  const tests = testMappings(documents.read, { templates: templates.read, languageBusinessInfo }, file =>
    existsSync(file) ? readFileSync(file, 'utf8') : null,
  );
  print(flags.json ? `${JSON.stringify(tests)}\n` : describe(tests, paint));
  const failed = tests.cases.some(({ differences }) => differences.length > 0);
  return tests.problems.length > 0 ? 2 : failed ? 1 : 0;
}

function describe({ problems, cases, untested }: MappingTests, paint: Paint): string {
  const lines: string[] = problems.map(problem => paint('red', problem));
  let file = '';
  for (const one of cases) {
    if (one.file !== file) lines.push(one.file);
    file = one.file;
    const holds = one.differences.length === 0;
    lines.push(`  ${holds ? paint('green', '✓') : paint('red', '✗')} ${one.name}`);
    lines.push(...one.differences.map(difference => `      ${difference}`));
  }
  for (const name of untested) lines.push(paint('yellow', `${name} has no test file beside it`));
  const failed = cases.filter(({ differences }) => differences.length > 0).length;
  if (cases.length > 0) lines.push(`${cases.length - failed} of ${cases.length} cases hold`);
  return `${lines.join('\n')}\n`;
}
