import { describe, expect, it } from 'vitest';
import type { ColumnKind } from '../../../../connector/kernel/row-change.ts';
import { defaultLimits } from '../../../../connector/mapping/bounds/limits.ts';
import type { LatestAnswer } from '../../../../connector/registry/subjects.ts';
import { lookAtColumns, lookAtRegistry, lookAtSchema } from '../../../../connector/tools/check/looks/schemas.ts';
import { impatientLookup } from '../../../../connector/tools/schema-lookup.ts';
import { readableType } from '../../../support/avro-types.ts';
import { ordersEnvelope } from '../../../support/debezium-records.ts';
import { leastMapping, openTemplate } from '../../mapping/mappings.ts';
import { linesOf } from './looks.ts';

const { signal } = new AbortController();
const topic = 'shop.public.orders';
const flat = { type: 'record', name: 'Flat', fields: [{ name: 'merchant_biz_no', type: 'string' }] };
const latest = (answer: LatestAnswer) => ({ latest: async () => answer });

describe('the registry', () => {
  it('answers, also that it has no such subject, or does not', async () => {
    const look = async (answer: LatestAnswer) =>
      linesOf(await lookAtRegistry(latest(answer), 'http://r', topic, signal));
    expect(await look({ kind: 'found', id: 1, version: 1 })).toEqual(['well registry: http://r']);
    expect(await look({ kind: 'unknown' })).toEqual(['well registry: http://r']);
    expect((await look({ kind: 'silent', problem: 'HTTP 404' }))[0]).toMatch(
      /^failed registry: HTTP 404 → check registry\.url/,
    );
  });
});

describe('the schema of a topic', () => {
  const schemas = impatientLookup({
    find: async id => {
      if (id === 1) return { kind: 'found', type: readableType(ordersEnvelope) };
      if (id === 2) return { kind: 'found', type: readableType(flat) };
      return { kind: 'unknown', problem: 'error_code 40403' };
    },
  });
  const look = (answer: LatestAnswer, schemaId: number | null = null) =>
    lookAtSchema(
      topic,
      { subjects: latest(answer), schemas },
      schemaId === null ? null : { topic, records: [], changes: [], schemaId },
      signal,
    );

  it('is that of the newest record, else the latest of the subject', async () => {
    const found = await look({ kind: 'found', id: 1, version: 4 });
    expect(linesOf(found)).toEqual([
      `well schema: ${topic}: public.orders with 14 columns, schema id 1 (version 4, the latest)`,
    ]);
    expect(found.value?.columns.get('updated_at')).toBe('moment');
    expect(linesOf(await look({ kind: 'found', id: 2, version: 5 }, 1))[0]).toMatch(/schema id 1$/);
  });

  it('is not there yet, not known, or no envelope', async () => {
    expect(linesOf(await look({ kind: 'unknown' }))[0]).toMatch(/^skipped schema: .*no schema yet/);
    expect(linesOf(await look({ kind: 'unknown' }, 3))[0]).toMatch(/^failed schema: .*error_code 40403 → /);
    expect(linesOf(await look({ kind: 'unknown' }, 2))[0]).toMatch(
      /^failed schema: .*no Debezium envelope.* → .*ExtractNewRecordState/,
    );
  });
});

describe('the columns of a table', () => {
  const look = (columns: Readonly<Record<string, ColumnKind>>, change: object = {}, table = 'public.orders') => {
    const documents = [{ file: 'a.yaml', content: { ...leastMapping, ...change } }];
    const options = { languageBusinessInfo: 'string', limits: defaultLimits } as const;
    const mapping = { ...options, documents, templates: [openTemplate] as const };
    return linesOf(lookAtColumns({ topic, table, columns: new Map(Object.entries(columns)) }, mapping));
  };
  const least = { no: 'text', user: 'text', status: 'text' } as const;

  it('are those that the mapping uses', () => {
    const used = 'public.orders: 3 columns, used by 1 mapping';
    expect(look(least)).toEqual([`well schema.columns: ${used}`, `well schema.types: ${used}`]);
  });

  it('are missing, missing but guarded, or of the wrong type', () => {
    expect(look({ ...least, kind: 'text' }, { when: 'row.kynd == "bill"' })).toEqual([
      'failed schema.columns: a.yaml: when: the table has no column "kynd" → did you mean kind?',
      expect.stringMatching(/^well schema\.types/),
    ]);
    expect(look(least, { userId: 'default(row.nickname, row.user)' })[0]).toMatch(
      /^warning schema\.columns: .*"nickname"/,
    );
    expect(look({ ...least, at: 'text' }, { bizDate: 'row.at' })).toEqual([
      expect.stringMatching(/^well schema\.columns/),
      expect.stringMatching(/^failed schema\.types: a\.yaml: bizDate: must be a timestamp.* → moment\(/),
    ]);
  });

  it('are asked for by no mapping', () => {
    expect(look(least, {}, 'public.others')).toEqual([
      expect.stringMatching(/^failed schema\.mapped: .*no mapping is for the table public\.others/),
    ]);
  });
});
