import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arbitrary, integer, oneof, string } from 'fast-check';
import { parse } from 'yaml';
import type { Row, RowChange } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { compileMappings } from '../../../connector/mapping/compile.ts';
import type {
  Mapped,
  Mapping,
  MappingOptions,
  MappingProblem,
  TemplateSchema,
} from '../../../connector/mapping/mapping.ts';

// What the tests of the mapping share: the known templates, mappings out of YAML text, and changes.

const root = join(import.meta.dirname, '../../..');

/** The schemas of `schemas/json/templates`. */
export const knownTemplates: readonly TemplateSchema[] = readdirSync(join(root, 'schemas/json/templates'))
  .filter(name => name.endsWith('.schema.json'))
  .map(name => ({
    template: name.replace('.schema.json', ''),
    file: name,
    schema: JSON.parse(readFileSync(join(root, 'schemas/json/templates', name), 'utf8')),
  }));

const mappingsFolder = join(root, 'config/mappings');

/** The mapping files of `config/mappings`, by name: their YAML text. */
export const exampleMappings: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(mappingsFolder)
    .filter(name => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .map(name => [name, readFileSync(join(mappingsFolder, name), 'utf8')]),
);

/** The template of a code. */
export function knownTemplate(code: string): TemplateSchema {
  const found = knownTemplates.find(({ template }) => template === code);
  if (found === undefined) throw new Error(`no template ${code}`);
  return found;
}

/** A template without any rules, whose only end status is CLOSED. */
export const openTemplate: TemplateSchema = {
  template: 'OPEN',
  file: 'OPEN.schema.json',
  schema: { 'x-endStatuses': ['CLOSED'], type: 'object' },
};

/** A least mapping of the open template, to be changed by the tests. */
export const leastMapping = {
  template: 'OPEN',
  table: 'public.orders',
  merchantBizNo: 'row.no',
  userId: 'row.user',
  orderStatus: 'row.status',
  languages: { each: {}, zh_HK: {}, en_US: {} },
};

/** A row that fits {@link leastMapping}. */
export const leastRow: Row = { no: 'A1', user: '2160000000000001', status: 'LIVE' };

/** Compiles files given by name: YAML text, or content as YAML would give it. */
export function compile(files: Readonly<Record<string, unknown>>, options: Partial<MappingOptions> = {}) {
  const documents = Object.entries(files).map(([file, content]) => ({
    file,
    content: typeof content === 'string' ? (parse(content) as unknown) : content,
  }));
  const templates = [...knownTemplates, openTemplate];
  return compileMappings(documents, { templates, languageBusinessInfo: 'string', ...options });
}

/** The mapping of files without problems. */
export function mappingOf(files: Readonly<Record<string, unknown>>, options: Partial<MappingOptions> = {}): Mapping {
  const compiled = compile(files, options);
  if (compiled.kind === 'problems') throw new Error(JSON.stringify(compiled.problems, null, 1));
  return compiled.mapping;
}

/** The problems of files that have some. */
export function problemsOf(
  files: Readonly<Record<string, unknown>>,
  options: Partial<MappingOptions> = {},
): readonly MappingProblem[] {
  const compiled = compile(files, options);
  return compiled.kind === 'problems' ? compiled.problems : [];
}

/** A change of `public.orders`: an update to `row`, or what the parts say. */
export function aChange(row: Row | null, parts: Partial<RowChange> = {}): RowChange {
  const deleted = parts.op === 'delete';
  return {
    op: 'update',
    before: deleted ? row : null,
    after: deleted ? null : row,
    table: 'public.orders',
    position: { topic: 'shop.public.orders', partition: 0, offset: 7n },
    key: null,
    committedAt: instant(1_795_419_161_397),
    source: { kind: 'lsn', lsn: 29_228_528n, committedAt: instant(1_795_419_161_397) },
    ...parts,
  };
}

/** The change of a mapped row; fails the test where there is none. */
export function changeOf(mapped: Mapped) {
  if (mapped.kind !== 'change') throw new Error(JSON.stringify(mapped));
  return mapped.change;
}

/** The request's members of a mapped row, read back; the languages' texts are read too. */
export function membersOf(mapped: Mapped): Record<string, unknown> {
  const members = JSON.parse(`{${changeOf(mapped).card.members}}`);
  const shown = members.syncDataInfo.languageBusinessInfo;
  if (typeof shown === 'string') members.syncDataInfo.languageBusinessInfo = JSON.parse(shown);
  return members;
}

/** The problems of a row that cannot be mapped; `[]` where it can. */
export function problemsOfRow(mapped: Mapped): readonly string[] {
  return mapped.kind === 'invalid' ? mapped.problems : [];
}

/** The least mapping with one member `shown` of a card, and what else is given. */
export function showing(expression: string, more: object = {}): Mapping {
  return mappingOf({ 'a.yaml': { ...leastMapping, ...more, languages: { each: { shown: expression }, zh_HK: {} } } });
}

/** The problems of {@link showing} for the least row with these columns. */
export function problemsShowing(expression: string, row: Row = {}, more: object = {}): readonly string[] {
  return problemsOfRow(showing(expression, more).mapChange(aChange({ ...leastRow, ...row })));
}

/** The whole numbers below a length, as a list. */
export function listOf(length: number): readonly bigint[] {
  return Array.from({ length }, (_, index) => BigInt(index));
}

/** Any well-formed text, of any code points; fast-check's own unit `binary` takes seconds to prepare. */
export const anyText: Arbitrary<string> = string({
  unit: oneof(
    integer({ min: 0x20, max: 0x7e }),
    integer({ min: 0, max: 0xd7ff }),
    integer({ min: 0xe000, max: 0x10_ffff }),
  ).map(point => String.fromCodePoint(point)),
});
