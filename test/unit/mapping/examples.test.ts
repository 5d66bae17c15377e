import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Row, RowChange } from '../../../connector/kernel/row-change.ts';
import { aChange, changeOf, exampleMappings, mappingOf, membersOf } from './mappings.ts';

// config/mappings/*.yaml are what a merchant starts from. Beside each stands *.test.yaml: rows, and the card that each must give.

interface Case {
  readonly name: string;
  readonly op?: RowChange['op'];
  /** The row; columns that are not named are those of the file's `row`. */
  readonly row?: Row;
  readonly key?: string;
  /** Members of the request; only those that stand here are compared. */
  readonly card?: Readonly<Record<string, unknown>>;
  /** Members of syncDataInfo that must be there, and no others but the languages. */
  readonly data?: unknown;
  readonly languages?: unknown;
  readonly ends?: boolean;
  /** ISO 8601. */
  readonly bizDate?: string;
  readonly endDate?: string;
  readonly skipped?: string;
  readonly problems?: readonly string[];
}

const folder = join(import.meta.dirname, '../../../config/mappings');
const files = readdirSync(folder).filter(name => name.endsWith('.yaml'));
const mappings = Object.keys(exampleMappings);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
// All five together, as the connector reads them: they share a table.
const mapping = mappingOf(exampleMappings);

describe('config/mappings', () => {
  it('has a test file for each mapping', () => {
    expect(mappings).toHaveLength(5);
    expect(files.filter(name => name.endsWith('.test.yaml'))).toEqual(
      mappings.map(name => name.replace('.yaml', '.test.yaml')),
    );
  });

  it('makes the five templates that have an example', () => {
    expect(mapping.templates).toEqual([
      'AIR_TICKET_DEFAULT',
      'MOVIE_TICKET_DEFAULT',
      'PAYMENT_ORDER_DEFAULT',
      'RIDE_HAILING_DEFAULT',
      'TRAIN_TICKET_DEFAULT',
    ]);
  });
});

describe.each(mappings)('config/mappings/%s', name => {
  // Whole numbers are bigint in rows, and unquoted ISO times are timestamps.
  const tests: { row: Row; cases: Case[] } = parse(read(name.replace('.yaml', '.test.yaml')), {
    intAsBigInt: true,
    customTags: ['timestamp'],
  });

  it('has a case that is unmapped and one that is deleted', () => {
    expect(tests.cases.some(({ skipped }) => skipped === 'unmapped')).toBe(true);
    expect(tests.cases.some(({ op }) => op === 'delete')).toBe(true);
  });

  it.each(tests.cases)('$name', given => {
    const change = aChange({ ...tests.row, ...given.row }, { op: given.op ?? 'update', key: given.key ?? null });
    const mapped = mapping.mapChange(change);
    if (given.skipped !== undefined) return expect(mapped).toEqual({ kind: 'skipped', reason: given.skipped });
    if (given.problems !== undefined) return expect(mapped).toEqual({ kind: 'invalid', problems: given.problems });

    const made = changeOf(mapped);
    const { syncDataInfo, ...members } = membersOf(mapped);
    const { languageBusinessInfo, ...data } = syncDataInfo as Record<string, unknown>;
    expect(members).toMatchObject(asJson(given.card ?? {}) as object);
    if (given.data !== undefined) expect(data).toEqual(asJson(given.data));
    if (given.languages !== undefined) expect(languageBusinessInfo).toEqual(asJson(given.languages));
    if (given.ends !== undefined) expect(made.card.ends).toBe(given.ends);
    if (given.bizDate !== undefined) expect(new Date(made.bizDate).toISOString()).toBe(given.bizDate);
    if (given.endDate !== undefined) expect(new Date(made.card.endDate ?? 0).toISOString()).toBe(given.endDate);
    return expect(made.merchantBizNo).toBe(members.merchantBizNo);
  });
});

// What is expected stands in the same YAML as the rows: its whole numbers are bigint too.
function asJson(expected: unknown): unknown {
  return JSON.parse(JSON.stringify(expected, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
}
