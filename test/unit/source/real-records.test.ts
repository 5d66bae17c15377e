import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { type Row, unavailableIn } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { Resolved } from '../../../connector/registry/registry.ts';
import { createDecoder, type Decoded } from '../../../connector/source/decode.ts';
import { readableType } from '../../support/avro-types.ts';
import { ordersEnvelope } from '../../support/debezium-records.ts';

interface RealRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | null;
}

const fixture: { schemas: Record<string, unknown>; records: Record<string, RealRecord> } = JSON.parse(
  readFileSync(new URL('./fixtures/debezium-3.7.json', import.meta.url), 'utf8'),
);
const types = new Map<number, Resolved>(
  Object.entries(fixture.schemas).map(([id, schema]) => [Number(id), { kind: 'type', type: readableType(schema) }]),
);
const decoder = createDecoder({
  typeOf: id => types.get(id),
  resolve: id => Promise.reject(new Error(`the fixture has no schema ${id}`)),
});
const bytes = (hex: string | null) => (hex === null ? null : Buffer.from(hex, 'hex'));

/** What was inserted into PostgreSQL stands in each test beside what is expected. */
async function decoded(name: string): Promise<Decoded> {
  const { topic = '', key = null, value = null } = fixture.records[name] ?? {};
  const record: SourceRecord = {
    topic,
    partition: 0,
    offset: 1n,
    timestamp: instant(0),
    headers: [],
    key: bytes(key),
    value: bytes(value),
  };
  return decoder.decode(record, new AbortController().signal);
}

async function row(name: string) {
  const result = await decoded(name);
  return result.kind === 'change' ? result.change.after : result;
}

describe("an order's changes, as Debezium 3.7 writes them", () => {
  const order = {
    id: 1n,
    merchant_biz_no: 'MB1',
    kind: 'bill',
    status: 'unpaid',
    user_id: '2160000000000001',
    amount: '12.50',
    pay_amount: null,
    currency: 'HKD',
    due_on: '2026-11-30',
    starts_at: new Date('2026-11-23T19:30:00+08:00'),
    ends_at: null,
    details: '{"biller": {"en_US": "CLP", "zh_HK": "中電"}}',
  };

  it('are the rows', async () => {
    const [created, updated, deleted] = await Promise.all(
      ['order created', 'order updated', 'order deleted'].map(name => decoded(name)),
    );
    const common = { table: 'public.orders', key: 'MB1', source: { kind: 'lsn', lsn: expect.any(BigInt) } };
    const times = { created_at: expect.any(Date), updated_at: expect.any(Date) };
    const unpaid = { ...order, ...times };
    expect(created).toMatchObject({ kind: 'change', change: { ...common, op: 'create', before: null, after: unpaid } });
    const paid = { ...unpaid, status: 'paid' };
    expect(updated).toMatchObject({ kind: 'change', change: { ...common, op: 'update', before: null, after: paid } });
    const last = { ...unpaid, status: 'x' };
    expect(deleted).toMatchObject({ kind: 'change', change: { ...common, op: 'delete', before: last, after: null } });
  });

  it('are of the schema that the tests and the benchmark write with', () => {
    const ofOrders = Object.values(fixture.schemas).filter(schema => Object(schema).namespace === 'shop.public.orders');
    expect(ofOrders).toEqual([ordersEnvelope]);
  });

  it.each([
    ['tombstone', 'tombstone'],
    ['heartbeat', 'heartbeat'],
    ['transaction', 'transaction'],
    ['logical message', 'logical message'],
  ])('%s is ignored', async (name, what) => {
    expect(await decoded(name)).toEqual({ kind: 'ignored', what });
  });
});

describe('a column of every type of PostgreSQL', () => {
  it('is what was inserted', async () => {
    expect(await row('every type')).toEqual({
      id: 1n,
      small: -5n,
      b: true,
      r: 1.5,
      dp: 2.25,
      n: '123.456',
      n0: '12345678901234567890123456789012345678',
      n4: '-0.0001',
      m: '12.34',
      t: 'héllo 中',
      c: 'ab   ',
      u: '0d6c1f0e-5b7a-4f8e-9c3d-2a1b4c5d6e7f',
      j: '{"a": 1}',
      jb: '{"a": 1}',
      x: '<a/>',
      d: '2026-11-23',
      t0: '19:30:00',
      t6: '19:30:00.000001',
      t3: '19:30:00.5',
      // timetz 19:30:00+08
      tz: '11:30:00Z',
      // timestamp 2026-11-23 19:30:00.123456: read as UTC.
      ts: new Date('2026-11-23T19:30:00.123Z'),
      ts3: new Date('2026-11-23T19:30:00.123Z'),
      tstz: new Date('2026-11-23T19:30:00.123+08:00'),
      // interval 1 year 2 mons 3 days 04:05:06.789, a month being 30.4375 days: 429.125 days and 14,706.789 s, in µs.
      iv: 37_091_106_789_000n,
      by: Uint8Array.of(0x00, 0xff),
      // bit(12) 101010101010, the lowest byte first.
      bits: Uint8Array.of(0xaa, 0x0a),
      bit1: true,
      ia: [1n, 2n, null],
      ta: ['a', null, 'b c'],
      na: ['1.25', '-3.00'],
      da: ['2026-11-23'],
      pt: { x: 1.5, y: 2.5, wkb: expect.any(Uint8Array), srid: null },
      inet: '10.0.0.1',
      rng: '[1,5)',
      e: 'film',
      ua: ['0d6c1f0e-5b7a-4f8e-9c3d-2a1b4c5d6e7f'],
      tsa: [new Date('2026-11-23T19:30:00+08:00')],
    });
  });

  it('is a number or a text where it is infinite', async () => {
    // numeric 'NaN' has no form in Debezium: it writes null.
    const infinite = { ts: 2n ** 63n - 1n, tstz: 'infinity', n: null, dp: Number.NaN, r: Number.NEGATIVE_INFINITY };
    expect(await row('infinite')).toMatchObject({ ...infinite, d: expect.any(BigInt) });
    const negative = { ts: -(2n ** 63n), tstz: '-infinity', dp: Number.POSITIVE_INFINITY };
    expect(await row('negative infinite')).toMatchObject({ ...negative, d: expect.any(BigInt) });
  });

  it('is exact where it is very large or very small', async () => {
    // 1e30
    expect(await row('negative infinite')).toMatchObject({ n: '1000000000000000000000000000000' });
    // 1e-20
    expect(await row('far future')).toMatchObject({ n: '0.00000000000000000001' });
  });

  it('may lie in the year 20000, before Christ, or just before 1970', async () => {
    const far = new Date('+020000-01-01T00:00:00Z');
    expect(await row('far future')).toMatchObject({ d: '+020000-01-01', ts: far, tstz: far });
    const ides = new Date('-000043-03-15T00:00:00Z');
    expect(await row('before Christ')).toMatchObject({ d: '-000043-03-15', ts: ides, tstz: ides });
    // 23:59:59.9999
    const last = new Date('1969-12-31T23:59:59.999Z');
    expect(await row('before 1970')).toMatchObject({ d: '0001-01-01', ts: last, tstz: last });
  });
});

describe('without REPLICA IDENTITY FULL', () => {
  it('has no value of large columns that an update left as they were, of whatever type', async () => {
    // text, jsonb, bytea, text[], int[], bigint[], uuid[] and bytea[] beside these two.
    const unchanged = (await row('large values untouched')) as Row;
    const unavailable = unavailableIn(unchanged);
    expect(unavailable).toHaveLength(8);
    expect(Object.keys(unchanged).filter(column => !unavailable.includes(column))).toEqual(['id', 'n']);
  });

  it("a deleted row's before has its key, and made-up values in the columns that are NOT NULL", async () => {
    // It was (1, 'a', 5).
    expect(await decoded('deleted without before image')).toMatchObject({
      kind: 'change',
      change: { op: 'delete', before: { id: 1n, body: '', n: 0n } },
    });
  });
});
