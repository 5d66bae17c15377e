import { existsSync } from 'node:fs';
import type { MappingOptions } from '../../mapping/mapping.ts';
import { readMappings, readTemplates } from '../../settings/files.ts';
import { type MappingTests, testMappings } from '../../tools/mapping-test/test-mappings.ts';
import type { ExitCode } from '../run.ts';
import { fileAccess } from '../settings/file-access.ts';
import type { CommandParts } from '../terminal/output.ts';
import { type Paint, paintFor } from '../terminal/print.ts';

/** Of `test-mappings`, as commander reads them. */
export interface TestMappingsFlags {
  readonly templates: readonly string[];
  readonly languageBusinessInfo: MappingOptions['languageBusinessInfo'];
  readonly json?: boolean;
}

/** `test-mappings`: runs the tests beside these mapping files, and says of each case whether it holds. */
export function runMappingTests(
  files: readonly string[],
  flags: TestMappingsFlags,
  { print, printError, terminal, environment }: CommandParts,
): ExitCode {
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
    existsSync(file) ? fileAccess.readFile(file) : null,
  );
  print(flags.json ? `${JSON.stringify(tests)}\n` : describe(tests, paintFor(terminal?.out ?? false, environment)));
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
