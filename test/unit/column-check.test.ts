import { describe, expect, it } from 'vitest';
import { openColumnCheck } from '../../connector/column-check.ts';
import { Fault } from '../../connector/kernel/fault.ts';
import type { LatestAnswer } from '../../connector/registry/subjects.ts';
import { impatientLookup } from '../../connector/tools/schema-lookup.ts';
import { readableType } from '../support/avro-types.ts';
import { aRecord, sourceTopic } from '../support/builders.ts';
import { leastMapping, openTemplate } from './mapping/mappings.ts';

const { signal } = new AbortController();
const table = 'public.orders';

/** The envelope of a table with these text columns. */
const envelope = (...columns: readonly string[]) => {
  const fields = columns.map(name => ({ name, type: 'string' }));
  const row = { type: 'record', name: 'Value', fields };
  return {
    type: 'record',
    name: 'Envelope',
    fields: [
      { name: 'before', type: ['null', row] },
      { name: 'after', type: ['null', 'Value'] },
      { name: 'source', type: { type: 'record', name: 'Source', fields: [{ name: 'table', type: 'string' }] } },
      { name: 'op', type: 'string' },
    ],
  };
};
const framed = (id: number) => ({ ...aRecord(), value: new Uint8Array([0, 0, 0, 0, id]) });

describe('the columns of the mapping', () => {
  const types = new Map<number, object>([
    [1, envelope('no', 'user', 'status')],
    [2, envelope('no', 'user', 'state')],
  ]);
  const open = (latest: LatestAnswer, change: object = {}) => {
    const documents = [{ file: 'a.yaml', content: { ...leastMapping, table, ...change } }];
    const told: string[] = [];
    const schemas = impatientLookup({
      find: async id => {
        const type = types.get(id);
        return type === undefined ? { kind: 'unknown', problem: '40403' } : { kind: 'found', type: readableType(type) };
      },
    });
    const check = openColumnCheck({
      mapping: { documents, templates: [openTemplate], languageBusinessInfo: 'string' },
      schemas,
      subjects: { latest: async () => latest },
      onMisfit: fault => void told.push(`${fault.code} ${fault.detail}`),
    });
    const missing: string[] = [];
    const atStart = () =>
      check.atStart([sourceTopic], signal, (topic, { code }) => void missing.push(`${topic} ${code}`));
    return { check, schemas, told, missing, atStart };
  };
  const misfit = /^MAPPING_FITS_NOTHING shop\.public\.orders: a\.yaml: .*: the table has no column "status"/;

  it('are compared with the latest schema at the start: one that is missing is told, with file and expression', async () => {
    const { told, missing, atStart } = open({ kind: 'found', id: 2, version: 1 });
    await atStart();
    expect(told).toEqual([expect.stringMatching(misfit)]);
    expect(missing).toEqual(['shop.public.orders MAPPING_FITS_NOTHING']);
  });

  it.each<[string, LatestAnswer]>([
    ['all are there', { kind: 'found', id: 1, version: 1 }],
    ['there is no schema yet', { kind: 'unknown' }],
    ['the registry does not answer', { kind: 'silent', problem: 'ECONNREFUSED' }],
    ['the registry does not know its own schema', { kind: 'found', id: 3, version: 1 }],
  ])('are told nothing of where %s', async (_, latest) => {
    const { told, missing, atStart } = open(latest);
    await atStart();
    expect([told, missing]).toEqual([[], []]);
  });

  it('are compared once more with the schema of a record that cannot be mapped, and told once', async () => {
    const { check, schemas, told } = open({ kind: 'unknown' });
    for (const id of [1, 2, 3]) await schemas.resolve(id, signal);
    expect([1, 2, 3, 4].map(id => check.everyRowFails(framed(id), table))).toEqual([false, true, false, false]);
    expect(check.everyRowFails(framed(2), table)).toBe(true);
    expect(check.everyRowFails(framed(2), 'public.movies')).toBe(false);
    expect(told).toEqual([expect.stringMatching(misfit)]);
  });

  it('that an expression copes without, or of another type, do not make every row fail; the type is told', async () => {
    const guarded = open({ kind: 'unknown' }, { when: "has(row.gone) ? row.gone == 'x' : true" });
    await guarded.schemas.resolve(1, signal);
    expect([guarded.check.everyRowFails(framed(1), table), guarded.told]).toEqual([false, []]);
    const typed = open({ kind: 'unknown' }, { when: 'row.status > 5' });
    await typed.schemas.resolve(1, signal);
    expect(typed.check.everyRowFails(framed(1), table)).toBe(false);
    expect(typed.told).toHaveLength(1);
  });

  it('are told nothing of where the lookup of the schema rejects, nor for a record without a value', async () => {
    const { check } = open({ kind: 'found', id: 2, version: 1 });
    const refused = { find: async () => ({ kind: 'silent', problem: 'x' }) as const };
    const away = openColumnCheck({
      mapping: { documents: [], templates: [], languageBusinessInfo: 'string' },
      schemas: impatientLookup(refused),
      subjects: { latest: async () => ({ kind: 'found', id: 2, version: 1 }) },
      onMisfit: () => {},
    });
    await expect(away.atStart([sourceTopic], signal, () => {})).rejects.toThrow(Fault);
    expect(check.everyRowFails({ ...aRecord(), value: null }, table)).toBe(false);
  });
});
