import { describe, expect, it } from 'vitest';
import type { ColumnKind, Row, RowChange } from '../../../../connector/kernel/row-change.ts';
import { defaultLimits } from '../../../../connector/mapping/bounds/limits.ts';
import type { LatestAnswer } from '../../../../connector/registry/subjects.ts';
import type { SeenTopic } from '../../../../connector/tools/check/looks/rows.ts';
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

  it('tells which columns may be null with a DEFAULT, until one is seen as null', async () => {
    const row = (note: unknown, paid: unknown) => ({
      ...Object(ordersEnvelope),
      fields: Object(ordersEnvelope).fields.map((field: { name: string }) =>
        field.name === 'before'
          ? {
              name: 'before',
              type: [
                'null',
                {
                  type: 'record',
                  name: 'Value',
                  fields: [
                    { name: 'note', type: note, default: 'x' },
                    { name: 'paid', type: paid },
                  ],
                },
              ],
            }
          : field,
      ),
    });
    const type = readableType(row(['string', 'null'], ['null', 'string']));
    const given = {
      subjects: latest({ kind: 'unknown' }),
      schemas: impatientLookup({ find: async () => ({ kind: 'found', type }) }),
    };
    const seenWith = async (after: Row) => {
      const change = { table: 'public.orders', after } as Partial<RowChange> as RowChange;
      const changes = [{ change }] as Partial<SeenTopic['changes'][number]>[] as SeenTopic['changes'];
      return (await lookAtSchema(topic, given, { topic, records: [], changes, schemaId: 1 }, signal)).value?.neverNull;
    };
    expect(await seenWith({ note: 'x', paid: null })).toEqual(['note']);
    expect(await seenWith({ note: null, paid: null })).toEqual([]);
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
  const look = (
    columns: Readonly<Record<string, ColumnKind>>,
    change: object = {},
    table = 'public.orders',
    neverNull: readonly string[] = [],
  ) => {
    const documents = [{ file: 'a.yaml', content: { ...leastMapping, ...change } }];
    const options = { languageBusinessInfo: 'string', unavailableValue: 'x', limits: defaultLimits } as const;
    const mapping = { ...options, documents, templates: [openTemplate] as const };
    return linesOf(lookAtColumns({ topic, table, columns: new Map(Object.entries(columns)), neverNull }, mapping));
  };
  const least = { no: 'text', user: 'text', status: 'text' } as const;

  it('may be null with a DEFAULT: it is warned of those that the mapping uses', () => {
    const all = { ...least, note: 'text' } as const;
    expect(look(all, {}, 'public.orders', ['note']).join()).not.toContain('schema.defaults');
    expect(look(all, {}, 'public.orders', ['note', 'user']).at(-1)).toMatch(
      /^warning schema\.defaults: shop\.public\.orders: user may be null and has a DEFAULT: .* → value\.converter\.ignore\.default\.for\.nullables=true/,
    );
    expect(look(all, {}, 'public.orders', ['user', 'status']).at(-1)).toContain('user, status may be null and have');
  });

  it('of a partition name the table that it may belong to', () => {
    const [line] = look(least, {}, 'public.orders_2026_12');
    expect(line).toMatch(
      /^failed schema\.mapped: .*public\.orders_2026_12.* → is it a partition of public\.orders\? Set publish/,
    );
    expect(look(least, {}, 'public.refunds')[0]).toMatch(/→ write a mapping with table: public\.refunds/);
  });

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
