import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { openRegistry } from '../../../connector/registry/registry.ts';
import { createDecoder, type Decoder } from '../../../connector/source/decode.ts';
import { encoderOf, framed, type SchemaJson } from '../../support/avro-types.ts';
import { debeziumWriter, orderRow, ordersEnvelope } from '../../support/debezium-records.ts';
import { answering, type FakeRegistry, startFakeRegistry } from '../../support/fake-registry.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const never = new AbortController().signal;
const orders = debeziumWriter({ schemaId: 4 });
const keySchema = { type: 'record', name: 'shop.Key', fields: [{ name: 'merchant_biz_no', type: 'string' }] };
const keyOf = (id: number) => framed(id, encoderOf(keySchema as SchemaJson).toBuffer({ merchant_biz_no: 'MB1' }));
/** A schema whose values can nest without end. */
const nesting = {
  ...Object(ordersEnvelope),
  fields: [
    ...Object(ordersEnvelope).fields,
    { name: 'deeper', type: { type: 'array', items: 'Envelope' }, default: [] },
  ],
};

/** A schema whose row is of the last of 4,000 types, each of which has a field of the one before. */
const chained = {
  type: 'record',
  name: 'Envelope',
  fields: [
    ...Array.from({ length: 4_000 }, (_, n) => ({
      name: `f${n}`,
      type: { type: 'record', name: `R${n}`, fields: [{ name: 'inner', type: n === 0 ? 'int' : `R${n - 1}` }] },
    })),
    { name: 'op', type: 'string' },
    { name: 'after', type: 'R3999' },
    { name: 'source', type: 'string' },
  ],
};

let fake: FakeRegistry;
let clock: ManualClock;
let decoder: Decoder;

function open(): Decoder {
  const ignore = () => undefined;
  const settings = { timeoutMs: 30_000, retryMs: 2_000, tls: null };
  return createDecoder(openRegistry({ ...settings, url: fake.url, clock, onUnavailable: ignore, onAvailable: ignore }));
}

beforeAll(async () => {
  fake = await startFakeRegistry();
  fake.addSchema(3, keySchema);
  fake.addSchema(4, ordersEnvelope);
  fake.addSchema(5, nesting);
  fake.addSchema(6, 'string');
  fake.addSchema(9, chained);
  fake.addSchema(8, ordersEnvelope, { schemaType: 'JSON' });
  clock = new ManualClock();
  decoder = open();
});
afterAll(() => fake[Symbol.asyncDispose]());

function valued(value: Uint8Array | null, key: Uint8Array | null = null): SourceRecord {
  const timestamp = instant(1_795_420_800_080);
  return { topic: 'shop.public.orders', partition: 2, offset: 42n, key, value, timestamp, headers: [] };
}

/** The text of the fault that a value is. */
async function problemOf(value: Uint8Array): Promise<string> {
  const decoded = await decoder.decode(valued(value), never);
  return decoded.kind === 'undecodable' ? decoded.fault.message : decoded.kind;
}
const undecodable = (detail: string) =>
  `RECORD_UNDECODABLE at shop.public.orders/2@42: the bytes of a record cannot be read: ${detail}`;
const notOfItsSchema = (detail: string) =>
  undecodable(
    `not of its schema: ${detail}; does the schema id belong to another registry, or is it a globalId of Apicurio?`,
  );

describe('a record of a batch that cannot be decompressed', () => {
  it('is undecodable with the reason and its position, and no tombstone', async () => {
    const record = { ...valued(Buffer.alloc(0)), unreadable: 'the batch is compressed with LZ4 and cannot be read' };
    expect(await decoder.decode(record, never)).toMatchObject({
      kind: 'undecodable',
      fault: { message: undecodable('the batch is compressed with LZ4 and cannot be read') },
    });
  });
});

describe('a change', () => {
  it('has the envelope, its position and its key', async () => {
    const after = orderRow();
    const record = orders.record({ after }, { partition: 2, offset: 42n });
    expect(await decoder.decode(record, never)).toMatchObject({
      kind: 'change',
      change: {
        op: 'create',
        before: null,
        after,
        table: 'public.orders',
        position: { topic: 'shop.public.orders', partition: 2, offset: 42n },
        key: 'MB-2026-000001',
      },
    });
  });

  it('is there at once when its schemas are known, else later', async () => {
    const fresh = open();
    const record = orders.record({ after: orderRow() }, { key: keyOf(3) });
    const first = fresh.decode(record, never);
    expect(first).toBeInstanceOf(Promise);
    const decoded = await first;
    expect(fresh.decode(record, never)).toEqual(decoded);
    expect(decoded).toMatchObject({ kind: 'change', change: { key: 'MB1' } });
  });

  it('may have no key, or one without a text', async () => {
    const decode = async (key: Uint8Array | null) =>
      decoder.decode(orders.record({ after: orderRow() }, { key }), never);
    for (const key of [null, Buffer.of(0, 0, 0, 0, 0, 0, 0, 7), framed(6, Buffer.of(9))]) {
      expect(await decode(key)).toMatchObject({ kind: 'change', change: { key: null } });
    }
  });

  it('does not need the schema of its key', async () => {
    const decoding = decoder.decode(orders.record({ after: orderRow() }, { key: keyOf(99) }), never);
    (await clock.nextSleeper()).wake();
    expect(await decoding).toMatchObject({ kind: 'change', change: { key: null } });
  });
});

describe('a value of null', () => {
  it('is a tombstone, and asks for no schema', () => {
    const before = fake.requests.length;
    expect(decoder.decode(valued(null, keyOf(98)), never)).toEqual({ kind: 'ignored', what: 'tombstone' });
    expect(fake.requests).toHaveLength(before);
  });
});

describe('bytes that are no value', () => {
  const wireFormat = "the value is not in Confluent's wire format";
  it.each([
    ['nothing', [], 'the value is empty'],
    ['a byte', [7], `${wireFormat}: it does not begin with a zero byte`],
    ['a zero byte', [0], `${wireFormat}: it is too short for a schema id`],
    ['four bytes', [0, 0, 0, 4], `${wireFormat}: it is too short for a schema id`],
    ['another magic byte', [1, 0, 0, 0, 4, 0], `${wireFormat}: it does not begin with a zero byte`],
    [
      'an object in JSON',
      [...Buffer.from('{"op":"c"}')],
      "the value is JSON: set the connector's value.converter to Avro",
    ],
    ['an id of 8 bytes', [0, 0, 0, 0, 0, 0, 0, 0, 4, 0], 'Legacy4ByteIdHandler'],
    ['a negative id', [0, 0xff, 0xff, 0xff, 0xff, 0], "the value's schema id is not positive"],
    ['no bytes behind the id', [0, 0, 0, 0, 4], 'not of its schema: the bytes end too early'],
  ])('%s', async (_, bytes, detail) => {
    const problem = await problemOf(Uint8Array.from(bytes));
    expect(problem).toContain(undecodable(''));
    expect(problem).toContain(detail);
  });

  const value = orders.value({ before: orderRow(), after: orderRow() });

  it('a value that is cut off', async () => {
    const problems = new Set<string>();
    for (let length = 5; length < value.length; length++) problems.add(await problemOf(value.subarray(0, length)));
    expect([...problems]).toEqual([notOfItsSchema('the bytes end too early')]);
  });

  it('a value with a byte behind its end', async () => {
    const longer = Buffer.concat([value, Buffer.of(0)]);
    expect(await problemOf(longer)).toBe(notOfItsSchema('there are bytes behind the end'));
  });

  it('a text that says it is longer than the value', async () => {
    const endless = framed(4, Buffer.of(0, 2, 2, 0xfe, 0xff, 0xff, 0xff, 0x0f));
    expect(await problemOf(endless)).toBe(notOfItsSchema('the bytes end too early'));
  });

  it('values that nest deeper than the stack', async () => {
    const { value: shell } = debeziumWriter({ schema: nesting, schemaId: 5 }).record({ after: orderRow() });
    // The array's end is the last byte; in its place one that goes on with the whole envelope, again and again.
    const once = shell?.subarray(5, -1) ?? Buffer.alloc(0);
    const again = Buffer.concat([once, Buffer.of(2)]);
    const deep = framed(5, Buffer.concat(Array<Buffer>(20_000).fill(again)));
    expect(await problemOf(deep)).toBe(undecodable('its schema or its values nest too deeply'));
  });

  it('of a schema whose types nest deeper than the stack is undecodable', async () => {
    const value = framed(9, Buffer.alloc(100));
    expect(await problemOf(value)).toBe(undecodable('its schema or its values nest too deeply'));
  });

  it('a value of a schema that is no envelope', async () => {
    expect(await problemOf(framed(6, Buffer.of(0)))).toBe(
      undecodable('the value is a bare string, not a Debezium envelope'),
    );
  });
});

describe('a schema', () => {
  it('that is not Avro makes the record undecodable', async () => {
    const detail = `GET ${fake.url}/schemas/ids/8: the schema is JSON, not AVRO`;
    expect(await problemOf(framed(8, Buffer.of(0)))).toBe(undecodable(detail));
  });

  it('that the registry does not know is a fault of its own', async () => {
    const decoding = decoder.decode(valued(framed(97, Buffer.of(0))), never);
    (await clock.nextSleeper()).wake();
    const detail = `GET ${fake.url}/schemas/ids/97: error_code 40403`;
    expect(await decoding).toMatchObject({
      kind: 'undecodable',
      fault: { code: 'SCHEMA_UNKNOWN', detail, at: { topic: 'shop.public.orders', partition: 2, offset: 42n } },
    });
    expect(decoder.decode(valued(framed(97, Buffer.of(0))), never)).not.toBeInstanceOf(Promise);
  });

  it('is waited for while the registry is down, until the signal is aborted', async () => {
    fake.misbehaviour = answering(503, '');
    const leaving = new AbortController();
    const [left, stayed] = [leaving.signal, never].map(signal =>
      open().decode(orders.record({ after: orderRow() }), signal),
    );
    const sleepers = [await clock.nextSleeper(), await clock.nextSleeper()];
    const reason = new Error('the partition was revoked');
    leaving.abort(reason);
    await expect(left).rejects.toBe(reason);
    fake.misbehaviour = null;
    for (const sleeper of sleepers) sleeper.wake();
    expect(await stayed).toMatchObject({ kind: 'change' });
  });
});

describe('a table that is changed while running', () => {
  const decodeWith = async (schemaId: number, schema: SchemaJson, after: object) => {
    fake.addSchema(schemaId, schema);
    const writer = debeziumWriter({ schema, schemaId });
    const decoded = await decoder.decode(writer.record({ after: orderRow({ ...after }) }), never);
    return decoded.kind === 'change' ? decoded.change.after : decoded;
  };

  it('has a column more', async () => {
    const remark = { name: 'remark', type: [{ type: 'string', 'connect.default': 'n/a' }, 'null'], default: 'n/a' };
    const schema = withColumns(all => [...all, remark]);
    expect(await decodeWith(11, schema, { remark: 'hello' })).toEqual(orderRow({ remark: 'hello' }));
  });

  it('has a column less', async () => {
    const schema = withColumns(all => all.filter(column => Object(column).name !== 'pay_amount'));
    const { pay_amount: _, ...rest } = orderRow();
    expect(await decodeWith(12, schema, {})).toEqual(rest);
  });

  it('has a wider integer: the value is a bigint before and after', async () => {
    const narrow = withColumns(all => [...all, { name: 'seats', type: 'int' }]);
    const wide = withColumns(all => [...all, { name: 'seats', type: 'long' }]);
    expect(await decodeWith(13, narrow, { seats: 5 })).toMatchObject({ seats: 5n });
    expect(await decodeWith(14, wide, { seats: 2n ** 40n })).toMatchObject({ seats: 2n ** 40n });
  });

  it('has more digits after the point', async () => {
    const scaled = withColumns(all =>
      all.map(column =>
        Object(column).name === 'amount'
          ? { name: 'amount', type: { ...Object(column).type, scale: 4, 'connect.parameters': { scale: '4' } } }
          : column,
      ),
    );
    expect(await decodeWith(15, scaled, { amount: '1234.5678' })).toMatchObject({ amount: '1234.5678' });
  });

  it('still has records of its earlier schema', async () => {
    expect(await decoder.decode(orders.record({ after: orderRow() }), never)).toMatchObject({
      kind: 'change',
      change: { after: orderRow() },
    });
  });
});

/** The envelope of the orders table with other columns. */
function withColumns(change: (columns: object[]) => object[]): SchemaJson {
  const envelope = structuredClone(Object(ordersEnvelope));
  const row = envelope.fields[0].type[1];
  row.fields = change(row.fields);
  return envelope;
}

describe('a schema id in a header', () => {
  const header = (name: string) => ({ name, value: Buffer.from('010f1e2d3c4b5a69788796a5b4c3d2e1f0', 'hex') });

  it.each([
    ['__value_schema_id', "set value.converter.value.schema.id.serializer to Confluent's PrefixSchemaIdSerializer"],
    ['apicurio.value.contentId', 'set value.converter.apicurio.registry.headers.enabled to false'],
    ['apicurio.value.globalId', 'set value.converter.apicurio.registry.headers.enabled to false'],
  ])('of the value is named in the fault, whatever the bytes look like: %s', async (name, remedy) => {
    // Avro without a frame may look like one: no before, an after, and four bytes more.
    const body = orders.value({ after: orderRow() }).subarray(5);
    const record = { ...valued(Buffer.concat([Buffer.of(0, 0), body])), headers: [header('other'), header(name)] };
    const decoded = await decoder.decode(record, never);
    expect(decoded.kind === 'undecodable' && decoded.fault.detail).toBe(
      `the value names its schema in the header ${name}, which is not read: ${remedy}`,
    );
  });

  it.each(['__key_schema_id', 'apicurio.key.contentId'])('of the key leaves no text of the key: %s', async name => {
    const value = orders.value({ op: 'd', before: orderRow() });
    const key = Buffer.from(' MB-2026-000001 ');
    const decoded = await decoder.decode({ ...valued(value, key), headers: [header(name)] }, never);
    expect(decoded).toMatchObject({ kind: 'change', change: { key: null } });
    expect(decoded.kind === 'change' && decoded.change.keyProblem).toContain(`names its schema in the header ${name}`);
  });

  it('is not looked for in other headers', async () => {
    const record = { ...valued(orders.value({ after: orderRow() })), headers: [header('__debezium.newkey')] };
    expect(await decoder.decode(record, never)).toMatchObject({ kind: 'change' });
  });
});

describe('the key of a delete', () => {
  const decodedWith = async (key: Uint8Array | null) => {
    const decoded = await decoder.decode(valued(orders.value({ op: 'd', before: orderRow() }), key), never);
    return decoded.kind === 'change' ? decoded.change : decoded;
  };

  it('tells why it is no order number', async () => {
    expect(await decodedWith(Buffer.from('Struct{a=1}'))).toMatchObject({
      key: null,
      keyProblem: expect.stringContaining('Struct'),
    });
    expect(await decodedWith(Buffer.from('{"merchant_biz_no":"A1"}'))).toMatchObject({ key: 'A1' });
    expect(await decodedWith(null)).not.toHaveProperty('keyProblem');
    expect(await decodedWith(Buffer.of(1, 2))).not.toHaveProperty('keyProblem');
  });
});

describe('a topic prefix and a column with hyphens', () => {
  it('are decoded, the column under its own name', async () => {
    const renamed = JSON.stringify(ordersEnvelope)
      .replaceAll('shop.public.orders', 'my-shop.public.orders')
      .replaceAll('"pay_amount"', '"pay-amount"');
    fake.addSchema(19, JSON.parse(renamed));
    const value = framed(19, orders.value({ after: orderRow({ pay_amount: '1.50' }) }).subarray(5));
    const decoded = await decoder.decode(valued(value), never);
    const after = decoded.kind === 'change' ? decoded.change.after : null;
    expect(after).toMatchObject({ merchant_biz_no: 'MB-2026-000001', 'pay-amount': '1.50' });
    expect(after).not.toHaveProperty('pay_amount');
  });
});
