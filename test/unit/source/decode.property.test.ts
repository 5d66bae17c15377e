import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { Resolved } from '../../../connector/registry/registry.ts';
import { createDecoder } from '../../../connector/source/decode.ts';
import { readableType } from '../../support/avro-types.ts';
import { debeziumWriter, orderRow, ordersEnvelope } from '../../support/debezium-records.ts';

const never = new AbortController().signal;
const orders = debeziumWriter();
/** Beside the orders: what has lengths and counts of its own. */
const lists = {
  type: 'record',
  name: 'Envelope',
  fields: [
    { name: 'op', type: 'string' },
    { name: 'after', type: ['null', { type: 'array', items: { type: 'map', values: ['null', 'bytes', 'Envelope'] } }] },
    { name: 'source', type: { type: 'map', values: { type: 'array', items: 'long' } } },
  ],
};
const types = new Map<number, Resolved>(
  [ordersEnvelope, lists, 'string'].map((schema, at) => [at + 1, { kind: 'type', type: readableType(schema) }]),
);
const decoder = createDecoder({
  typeOf: id => types.get(id),
  resolve: () => Promise.reject(new Error('no such schema')),
});

const recordOf = (value: Uint8Array | null, key: Uint8Array | null): SourceRecord => ({
  topic: 'shop.public.orders',
  partition: 0,
  offset: 1n,
  key,
  value,
  timestamp: instant(0),
  headers: [],
});

const framed = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.uint8Array({ maxLength: 300 }))
  .map(([id, bytes]) => Uint8Array.of(0, 0, 0, 0, id, ...bytes));
/** An order's change with some of its bytes replaced. */
const corrupted = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
  .map(changes => {
    const value = Buffer.from(orders.value({ before: orderRow(), after: orderRow({ status: 'paid' }) }));
    for (const [at, byte] of changes) value[5 + (at % (value.length - 5))] = byte;
    return value;
  });
const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }).filter(isDecodable), framed, corrupted);

/** Not of another schema id: those are asked for. */
function isDecodable(bytes: Uint8Array): boolean {
  return bytes[0] !== 0 || bytes.length < 5 || Buffer.from(bytes).readInt32BE(1) <= 3;
}

describe('whatever the bytes are', () => {
  it('there is an answer at once', () => {
    fc.assert(
      fc.property(fc.option(anything), fc.option(anything), (value, key) => {
        const decoded = decoder.decode(recordOf(value, key), never);
        expect(decoded).toHaveProperty('kind', expect.stringMatching(/^(change|ignored|undecodable)$/));
      }),
      { numRuns: 3_000 },
    );
  });

  it('nothing of the row is in the text of a fault', () => {
    const texts = orderRow({ status: 'SECRET-STATUS', user_id: 'SECRET-USER', details: 'SECRET-DETAILS' });
    const value = orders.value({ before: texts, after: texts });
    fc.assert(
      fc.property(fc.nat({ max: value.length - 6 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(value);
        changed[5 + at] = byte;
        const decoded = decoder.decode(recordOf(changed, null), never);
        const text = 'fault' in decoded ? decoded.fault.message + decoded.fault.remedy : '';
        expect(text).not.toMatch(/SECRET|MB-2026|2160/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an order', () => {
  const decimal = fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n }).map(cents => {
    const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
    return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  });
  const moment = fc.date({ noInvalidDate: true });
  const rows = fc.record({
    id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    merchant_biz_no: fc.string({ unit: 'grapheme' }),
    kind: fc.constantFrom('bill', 'flight', 'film', 'train', 'ride'),
    status: fc.string({ unit: 'grapheme' }),
    user_id: fc.string(),
    amount: decimal,
    pay_amount: fc.option(decimal),
    currency: fc.string({ minLength: 3, maxLength: 3 }),
    due_on: fc.option(
      fc
        .date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
        .map(date => date.toISOString().slice(0, 10)),
    ),
    starts_at: fc.option(moment),
    ends_at: fc.option(moment),
    details: fc.json(),
    created_at: moment,
    updated_at: moment,
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.option(rows), rows, (before, after) => {
        const decoded = decoder.decode(orders.record({ before, after }), never);
        expect(decoded).toMatchObject({ kind: 'change', change: { after } });
        const deleted = decoder.decode(orders.record({ before, after: null, op: 'd' }, { key: 'A1' }), never);
        expect(deleted).toMatchObject({ kind: 'change', change: { before } });
      }),
      { numRuns: 500 },
    );
  });
});
