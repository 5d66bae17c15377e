import { describe, expect, it } from 'vitest';
import { AvroCursor, MalformedAvro } from '../../../connector/avro/cursor.ts';
import { unavailableIn } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { compileEnvelope, type Envelope } from '../../../connector/source/envelope.ts';
import { encoderOf, readableType, type SchemaJson } from '../../support/avro-types.ts';
import { debeziumWriter, orderRow, type WrittenChange } from '../../support/debezium-records.ts';

const orders = debeziumWriter();
const ofOrders = compileEnvelope(readableType(JSON.parse(orders.schema)));
const appendedAt = instant(1_795_000_000_000);
const interpret = (change: WrittenChange) => ofOrders(new AvroCursor(orders.value(change), 5), appendedAt);

const optional = (type: unknown) => ['null', type];
const fieldsOf = (types: Record<string, unknown>) => Object.entries(types).map(([name, type]) => ({ name, type }));
const recordOf = (name: string, types: Record<string, unknown>) => ({ type: 'record', name, fields: fieldsOf(types) });

/** The envelope of a small table whose source has these fields. */
function small(source: Record<string, unknown>, value: Record<string, unknown>): Envelope {
  const schema = recordOf('shop.T.Envelope', {
    before: optional(recordOf('Value', { id: 'int' })),
    after: optional('Value'),
    source: recordOf('Source', source),
    op: 'string',
    ts_ms: optional('long'),
  });
  const bytes = encoderOf(schema as SchemaJson).toBuffer({
    before: null,
    after: { id: 1 },
    op: 'c',
    ts_ms: 5n,
    ...value,
  });
  return compileEnvelope(readableType(schema))(new AvroCursor(bytes, 0), appendedAt);
}

describe("a row's change", () => {
  const committedMs = 1_795_420_800_000;

  it('is made of the envelope', () => {
    const [before, after] = [orderRow(), orderRow({ status: 'paid' })];
    expect(interpret({ before, after, lsn: 29_228_528n, committedMs })).toEqual({
      kind: 'change',
      change: {
        op: 'update',
        before: null,
        after,
        table: 'public.orders',
        committedAt: committedMs,
        source: { kind: 'lsn', lsn: 29_228_528n, commitLsn: 29_228_528n, committedAt: committedMs },
      },
    });
  });

  it.each([
    ['c', 'create', null, orderRow()],
    ['u', 'update', orderRow(), orderRow()],
    ['u', 'update', null, orderRow()],
    ['r', 'read', null, orderRow()],
    ['d', 'delete', orderRow(), null],
    ['d', 'delete', null, null],
  ] as const)('%s is a %s', (op, name, before, after) => {
    const told = op === 'd' ? before : null;
    const change = { op: name, before: told, after };
    expect(interpret({ op, before, after })).toMatchObject({ kind: 'change', change });
  });

  it('is undecodable where the row before it is broken, though that is not read', () => {
    const whole = orders.value({ before: orderRow({ merchant_biz_no: 'A'.repeat(40) }), after: orderRow() });
    const broken = Buffer.from(whole);
    // The length of a text of 40 bytes, made negative.
    broken[broken.indexOf('A'.repeat(40)) - 1] = 79;
    expect(() => ofOrders(new AvroCursor(broken, 5), appendedAt)).toThrow(MalformedAvro);
  });

  it.each(['c', 'u', 'r'] as const)('%s needs an after', op => {
    expect(interpret({ op, before: orderRow(), after: null })).toMatchObject({ kind: 'undecodable' });
  });

  it('takes a large value that the update left alone from before', () => {
    const before = orderRow({ details: '{"large":1}' });
    const after = orderRow({ status: 'paid', details: '__debezium_unavailable_value' });
    const expected = orderRow({ status: 'paid', details: '{"large":1}' });
    expect(interpret({ before, after })).toMatchObject({ change: { after: expected } });
  });

  it('has no value of a column that neither image has', () => {
    const unavailable = orderRow({ details: '__debezium_unavailable_value' });
    const envelope = interpret({ before: unavailable, after: unavailable });
    expect(envelope).toMatchObject({ kind: 'change' });
    expect(unavailableIn((envelope.kind === 'change' && envelope.change.after) || {})).toEqual(['details']);
    const deleted = interpret({ before: unavailable, after: null });
    expect(unavailableIn((deleted.kind === 'change' && deleted.change.before) || {})).toEqual(['details']);
  });
});

describe("a change's source", () => {
  const postgres = { schema: 'string', db: 'string', table: 'string', ts_ms: 'long', lsn: optional('long') };
  const mysql = { db: 'string', table: optional('string'), ts_ms: 'long', file: 'string', pos: 'long', row: 'int' };
  const ofMysql = { db: 'shop', table: 'orders', ts_ms: 7n, file: 'binlog.000042', pos: 4_711n, row: 3 };

  it('of PostgreSQL is its log sequence number', () => {
    const source = { schema: 'public', db: 'shop', table: 'orders', ts_ms: 7n, lsn: 2n ** 60n };
    const expected = { table: 'public.orders', source: { kind: 'lsn', lsn: 2n ** 60n, committedAt: 7 } };
    expect(small(postgres, { source })).toMatchObject({ kind: 'change', change: expected });
  });

  it('of MySQL and MariaDB is its place in the binlog, and the table is of the database', () => {
    const source = { kind: 'binlog', file: 'binlog.000042', offset: 4_711n, row: 3, committedAt: 7 };
    expect(small(mysql, { source: ofMysql })).toMatchObject({ change: { table: 'shop.orders', source } });
  });

  it('is its time where there is no log position', () => {
    const time = { source: { kind: 'time', committedAt: 7 } };
    const withoutLsn = { schema: 'public', db: 'shop', table: 'orders', ts_ms: 7n, lsn: null };
    expect(small(postgres, { source: withoutLsn })).toMatchObject({ change: time });
    expect(small(mysql, { source: { ...ofMysql, file: '' } })).toMatchObject({ change: time });
    const { lsn: _, ...fields } = postgres;
    expect(small(fields, { source: withoutLsn })).toMatchObject({ change: time });
  });

  it("names the database where its schema's name is empty", () => {
    const source = { schema: '', db: 'shop', table: 'orders', ts_ms: 7n, lsn: 1n };
    expect(small(postgres, { source })).toMatchObject({ change: { table: 'shop.orders' } });
  });

  it('has the time of the envelope, else of the record, where it has none', () => {
    const fields = { schema: 'string', table: 'string' };
    const source = { schema: 'public', table: 'orders' };
    expect(small(fields, { source })).toMatchObject({ change: { committedAt: 5 } });
    expect(small(fields, { source, ts_ms: null })).toMatchObject({ change: { committedAt: appendedAt } });
  });

  it('must name a table', () => {
    const problem = 'its source names no table';
    expect(small(mysql, { source: { ...ofMysql, table: null } })).toEqual({ kind: 'undecodable', problem });
  });
});

describe('what is no change of a row', () => {
  const nameless = (type: unknown) =>
    compileEnvelope(readableType(type))(new AvroCursor(new Uint8Array(0), 0), appendedAt);

  it.each([
    ['heartbeat', 'io.debezium.connector.common.Heartbeat'],
    ['transaction', 'io.debezium.connector.common.TransactionMetadataValue'],
    ['schema change', 'io.debezium.connector.mysql.SchemaChangeValue'],
    ['logical message', 'io.debezium.connector.postgresql.MessageValue'],
  ])('is ignored: a %s', (what, name) => {
    expect(nameless(recordOf(name, { op: 'string', after: 'null', source: 'null' }))).toEqual({
      kind: 'ignored',
      what,
    });
  });

  it('is ignored: a truncation, a logical message in an envelope', () => {
    expect(interpret({ op: 't' })).toEqual({ kind: 'ignored', what: 'truncation' });
    const source = { schema: 'public', table: '' };
    const message = small({ schema: 'string', table: 'string' }, { source, op: 'm', after: null });
    expect(message).toEqual({ kind: 'ignored', what: 'logical message' });
  });

  it('is not decoded: another operation', () => {
    const source = { schema: 'public', table: 'orders' };
    for (const op of ['x', '', 'constructor']) {
      const problem = 'its op is none of c, u, d, r, t and m';
      expect(small({ schema: 'string', table: 'string' }, { source, op })).toEqual({ kind: 'undecodable', problem });
    }
  });

  it.each([
    [
      'a flattened row',
      recordOf('Value', { id: 'long', __op: 'string', __deleted: 'string' }),
      'remove the transform ExtractNewRecordState',
    ],
    ['another record', recordOf('Value', { id: 'long' }), 'does ExtractNewRecordState flatten its rows?'],
    ['no record', 'string', 'the value is a bare string, not a Debezium envelope'],
  ])('is not decoded: %s', (_, schema, problem) => {
    expect(nameless(schema)).toEqual({ kind: 'undecodable', problem: expect.stringContaining(problem) });
  });
});
