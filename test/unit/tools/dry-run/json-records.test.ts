import { describe, expect, it } from 'vitest';
import { readJsonRecords } from '../../../../connector/tools/dry-run/json-records.ts';

const source = {
  connector: 'postgresql',
  schema: 'public',
  table: 'orders',
  ts_ms: 1_795_419_161_396,
  lsn: 29_228_200,
};
const after = {
  id: 9_007_199_254_740_993n,
  no: 'MB1',
  amount: '12.50',
  at: '2026-11-23T07:32:41.395968Z',
  note: '2026-11-23',
};
const envelope = { before: null, after, source, op: 'c', ts_ms: 1_795_419_161_482 };

/** JSON with 64-bit numbers, which JSON.stringify does not write. */
function json(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one), indent);
  return text.replaceAll(/"(\d+)n"/g, '$1');
}

function only(text: string) {
  const records = readJsonRecords(text, 'file');
  expect(records).toHaveLength(1);
  const [one] = records;
  if (one === undefined) throw new Error('one record');
  return one;
}

function changeOf(text: string) {
  const { decoded } = only(text);
  if (decoded.kind !== 'change') throw new Error(JSON.stringify(decoded));
  return decoded.change;
}

describe('records as JSON', () => {
  it('may be bare envelopes: whole numbers stay exact, and moments with a zone are moments', () => {
    const change = changeOf(json(envelope));
    expect(change).toMatchObject({
      op: 'create',
      table: 'public.orders',
      committedAt: 1_795_419_161_396,
      source: { kind: 'lsn', lsn: 29_228_200n },
      position: { topic: 'file', partition: 0, offset: 0n },
      key: null,
    });
    expect(change.after).toEqual({ ...after, at: new Date('2026-11-23T07:32:41.395Z') });
  });

  it('may stand one a line, as a list, or alone over several lines', () => {
    const lines = [envelope, { ...envelope, op: 'u' }].map(one => json(one));
    const ops = (text: string) =>
      readJsonRecords(text, 'file').map(({ decoded }) => decoded.kind === 'change' && decoded.change.op);
    expect(ops(`${lines.join('\n')}\n\n`)).toEqual(['create', 'update']);
    expect(ops(`[${lines.join(',')}]`)).toEqual(['create', 'update']);
    expect(ops(json(envelope, 2))).toEqual(['create']);
    expect(ops(' \n')).toEqual([]);
    expect(() => readJsonRecords(`${lines[0]}\n{"op"\n`, 'file')).toThrow('line 2 is not JSON');
  });

  it('may be the values of records, which then tell their place, time and key', () => {
    const record = { topic: 't', partition: 3, offset: '17', ts: '1795419161679', key: { no: 'MB1' } };
    const { record: read } = only(json({ ...record, value: envelope }));
    expect(read).toMatchObject({ topic: 't', partition: 3, offset: 17n, timestamp: 1_795_419_161_679 });
    const deleted = { ...envelope, op: 'd', before: after, after: null };
    expect(changeOf(json({ ...record, value: deleted }))).toMatchObject({ op: 'delete', key: 'MB1' });
    // As kcat -J writes it.
    const { ts: _, ...kcat } = { ...record, key: 'MB2', payload: json(deleted) };
    expect(changeOf(json(kcat))).toMatchObject({ key: 'MB2', position: { offset: 17n } });
    expect(only(json({ ...record, value: null })).decoded).toEqual({ kind: 'ignored', what: 'tombstone' });
    expect(only(json(record)).decoded).toEqual({ kind: 'ignored', what: 'tombstone' });
  });

  it("are read by Kafka Connect's schema where it stands beside them", () => {
    const struct = (field: string, fields: readonly object[]) => ({ type: 'struct', field, optional: true, fields });
    const row = [
      { field: 'no', type: 'string' },
      { field: 'amount', type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } },
      { field: 'due_on', type: 'int32', name: 'io.debezium.time.Date' },
      { field: 'at', type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
      { field: 'tags', type: 'array', items: { type: 'string' } },
      { field: 'rate', type: 'double' },
      { field: 'note', type: 'string' },
      { field: 'count', type: 'int32' },
    ];
    const schema = {
      type: 'struct',
      name: 'shop.public.orders.Envelope',
      fields: [
        struct('before', row),
        struct('after', row),
        struct('source', [
          { field: 'schema', type: 'string' },
          { field: 'table', type: 'string' },
          { field: 'ts_ms', type: 'int64' },
          { field: 'lsn', type: 'int64' },
        ]),
        { field: 'op', type: 'string' },
      ],
    };
    const values = {
      no: 'MB1',
      amount: 'BOI=',
      due_on: 20_780,
      at: 1_795_419_161_395_968,
      tags: ['a'],
      rate: 1,
      note: null,
      count: 3,
    };
    const change = changeOf(json({ schema, payload: { ...envelope, after: values } }));
    expect(change.after).toEqual({
      no: 'MB1',
      amount: '12.50',
      due_on: '2026-11-23',
      at: new Date('2026-11-23T07:32:41.395Z'),
      tags: ['a'],
      rate: 1,
      note: null,
      count: 3n,
    });
    const heartbeat = {
      schema: { type: 'struct', name: 'io.debezium.connector.common.Heartbeat' },
      payload: { ts_ms: 1 },
    };
    expect(only(json(heartbeat)).decoded).toEqual({ kind: 'ignored', what: 'heartbeat' });
  });

  it.each([
    ['a row without its envelope', { no: 'MB1' }, 'the value has no op, after and source'],
    ['a flattened row', { no: 'MB1', __op: 'c' }, 'remove the transform ExtractNewRecordState'],
    [
      'what kafka-avro-console-consumer writes',
      { ...envelope, after: { 'shop.public.orders.Value': { no: 'MB1' } } },
      'Avro container',
    ],
    ['a text', 'MB1', 'the value is no JSON object'],
    ['an operation that nobody knows', { ...envelope, op: 'x' }, 'its op is none of'],
  ])('that are %s cannot be decoded, and say why', (_, value, problem) => {
    const { decoded } = only(json([value]));
    expect(decoded.kind === 'undecodable' && decoded.fault.detail).toContain(problem);
  });

  it('that are no changes of rows are told as such', () => {
    const of = (value: unknown) => only(json(value)).decoded;
    expect(of({ ts_ms: 1 })).toEqual({ kind: 'ignored', what: 'heartbeat' });
    expect(of({ status: 'END', id: '1:2', event_count: 3 })).toEqual({ kind: 'ignored', what: 'transaction' });
  });
});
