import { isDeepStrictEqual } from 'node:util';
import { type Instant, instant } from '../../kernel/time.ts';
import type { Mapped, Mapping } from '../../mapping/mapping.ts';
import type { CardChange } from '../../order/change.ts';
import type { MappingCase } from './test-file.ts';

// What the rows of a test do not say: they were committed at this moment, so that bizDate can be told where no column tells it.
const committedAt = instant(1_795_419_161_397);

/** Maps a case's row as the connector would, and gives what differs from what was expected: nothing where the case holds. */
export function runCase(mapping: Mapping, table: string, given: MappingCase): readonly string[] {
  const deleted = given.op === 'delete';
  const mapped = mapping.mapChange({
    op: given.op,
    before: deleted ? given.row : null,
    after: deleted ? null : given.row,
    table,
    position: { topic: table, partition: 0, offset: 0n },
    key: given.key,
    committedAt,
    source: { kind: 'time', committedAt },
  });
  if (given.skipped !== undefined) return differences('skipped', given.skipped, reasonOf(mapped));
  if (given.problems !== undefined) return differences('problems', given.problems, problemsOf(mapped));
  if (mapped.kind === 'skipped') return [`there is no card: ${mapped.reason}`];
  if (mapped.kind === 'invalid') return mapped.problems.map(problem => `the row cannot be mapped: ${problem}`);
  return differencesOfCard(mapped.change, given);
}

function reasonOf(mapped: Mapped): string {
  return mapped.kind === 'skipped' ? mapped.reason : `a ${mapped.kind === 'change' ? 'card' : 'row with problems'}`;
}

function problemsOf(mapped: Mapped): readonly string[] {
  return mapped.kind === 'invalid' ? mapped.problems : [];
}

function differencesOfCard({ card, bizDate }: CardChange, given: MappingCase): readonly string[] {
  const { syncDataInfo, ...members } = JSON.parse(`{${card.members}}`);
  const { languageBusinessInfo, ...data } = syncDataInfo;
  return [
    // Of the request's members only those that the case names.
    ...Object.entries(given.card ?? {}).flatMap(([name, value]) => differences(`card.${name}`, value, members[name])),
    ...(given.data === undefined ? [] : differences('data', given.data, data)),
    ...(given.languages === undefined ? [] : differences('languages', given.languages, textsOf(languageBusinessInfo))),
    ...(given.ends === undefined ? [] : differences('ends', given.ends, card.ends)),
    ...(given.bizDate === undefined ? [] : differences('bizDate', given.bizDate, isoOf(bizDate))),
    ...(given.endDate === undefined ? [] : differences('endDate', given.endDate, isoOf(card.endDate))),
  ];
}

/** Both forms of `languageBusinessInfo` (mapping.languageBusinessInfo) as one. */
function textsOf(shown: unknown): unknown {
  const languages: unknown = typeof shown === 'string' ? JSON.parse(shown) : shown;
  if (!isMap(languages)) return languages;
  const read = (text: unknown) => (typeof text === 'string' ? JSON.parse(text) : text);
  return Object.fromEntries(Object.entries(languages).map(([language, text]) => [language, read(text)]));
}

function isoOf(moment: Instant | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}

/** One line for each value that differs, by its path. */
function differences(path: string, expected: unknown, found: unknown): readonly string[] {
  const wanted = withPlainNumbers(expected);
  if (isDeepStrictEqual(wanted, found)) return [];
  if (isMap(wanted) && isMap(found)) {
    const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...names].flatMap(name => differences(`${path}.${name}`, wanted[name], found[name]));
  }
  return [`${path}: expected ${shown(wanted)}, found ${shown(found)}`];
}

// The file's whole numbers are 64 bits wide, for its rows; JSON's are not.
function withPlainNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withPlainNumbers(one)]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
