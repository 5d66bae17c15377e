import { basename } from 'node:path';
import { compileMappings } from '../../mapping/compile.ts';
import type { Mapping, MappingDocument, MappingOptions } from '../../mapping/mapping.ts';
import { mappingProblemLine } from '../../mapping-of.ts';
import { runCase } from './run-case.ts';
import { readTestFile } from './test-file.ts';

/** What the tests of mappings came to. */
export interface MappingTests {
  /** Of the mappings and the test files themselves: nothing was run of those. */
  readonly problems: readonly string[];
  readonly cases: readonly CaseResult[];
  /** Mapping files without a test file beside them. */
  readonly untested: readonly string[];
}

/** One case. */
export interface CaseResult {
  /** The test file. */
  readonly file: string;
  readonly name: string;
  /** Empty where it holds. */
  readonly differences: readonly string[];
}

/**
 * Runs the `*.test.yaml` beside each mapping file, with all mappings together as the connector has them. `readTest` gives the text of a
 * test file, or null where there is none.
 */
export function testMappings(
  documents: readonly MappingDocument[],
  options: MappingOptions,
  readTest: (file: string) => string | null,
): MappingTests {
  // A test says which problems a row has, and problems name their file: wherever that lies.
  const named = documents.map(({ file, content }) => ({ file: basename(file), content }));
  const compiled = compileMappings(named, options);
  if (compiled.kind === 'problems') {
    return { problems: compiled.problems.map(mappingProblemLine), cases: [], untested: [] };
  }
  const problems: string[] = [];
  const cases: CaseResult[] = [];
  const untested: string[] = [];
  for (const document of documents) {
    const file = document.file.replace(/\.ya?ml$/, '.test$&');
    const text = readTest(file);
    if (text === null) untested.push(document.file);
    else cases.push(...casesOf(compiled.mapping, document, { file, text }, problems));
  }
  return { problems, cases, untested };
}

function casesOf(
  mapping: Mapping,
  document: MappingDocument,
  { file, text }: { readonly file: string; readonly text: string },
  problems: string[],
): readonly CaseResult[] {
  const read = readTestFile(text);
  if (read.kind === 'problems') {
    problems.push(...read.problems.map(problem => `${file}: ${problem}`));
    return [];
  }
  const table = tableOf(document);
  return read.cases.map(one => ({ file, name: one.name, differences: runCase(mapping, table, one) }));
}

/** The mapping's table, or the first of several. It compiled, so there is one. */
function tableOf({ content }: MappingDocument): string {
  const { table } = content as { readonly table: string | readonly [string, ...string[]] };
  return typeof table === 'string' ? table : table[0];
}
