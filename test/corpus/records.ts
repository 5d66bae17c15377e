import { gzipSync } from 'node:zlib';
import type { FaultCode } from '../../connector/kernel/fault.ts';
import type { Row } from '../../connector/kernel/row-change.ts';
import { orderRow } from '../support/debezium-records.ts';
import type { CorpusSchema, CorpusWriter } from './schemas.ts';

/** A record that went wrong somewhere on its way, and what is to become of it. */
export interface BadRecord {
  readonly name: string;
  readonly value: (writer: CorpusWriter) => Uint8Array | null;
  /** The reason of its dead letter; `ignored`, `truncated` and `unmapped` are skips, `delivered` is a card all the same. */
  readonly becomes: 'undecodable' | 'unmappable' | 'ignored' | 'truncated' | 'unmapped' | 'delivered';
  /** Of the fault; RECORD_UNDECODABLE and CHANGE_UNMAPPABLE unless it is given. */
  readonly code?: FaultCode;
  /** What its message says. */
  readonly says?: RegExp;
}

const bytes = (name: string, says: RegExp, value: BadRecord['value'], code: FaultCode = 'RECORD_UNDECODABLE') =>
  ({ name, value, becomes: 'undecodable', code, says }) satisfies BadRecord;

/** A row of the demo's table with these columns. */
const row = (name: string, says: RegExp, columns: Row, schema: CorpusSchema = 'loose'): BadRecord => ({
  name,
  value: writer => writer.as(schema).value({ after: { ...rowOf(writer), ...columns } }),
  becomes: 'unmappable',
  code: 'CHANGE_UNMAPPABLE',
  says,
});

const rowOf = ({ order }: CorpusWriter) => orderRow({ merchant_biz_no: order });
const healthy = (writer: CorpusWriter) => writer.as('orders').value({ after: rowOf(writer) });
const without = (writer: CorpusWriter, schema: CorpusSchema, column: string) =>
  writer
    .as(schema)
    .value({ after: Object.fromEntries(Object.entries(rowOf(writer)).filter(([name]) => name !== column)) });
const details = (changes: Readonly<Record<string, unknown>>) => ({
  details: JSON.stringify({ ...JSON.parse(String(orderRow().details)), ...changes }),
});
const repeated = (byte: number, count: number) => Array.from({ length: count }, () => byte);

const schemaGuid = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

// Before the row of an envelope: no before, an after, and id 1.
const rowBegins = [0x00, 0x02, 0x02];

const wireFormat: readonly BadRecord[] = [
  bytes('nothing', /the value is empty/, () => Buffer.of()),
  bytes('text', /not in Confluent's wire format/, () => Buffer.from('no Avro at all')),
  bytes('text in UTF-16', /not in Confluent's wire format/, () => Buffer.from('no Avro', 'utf16le')),
  bytes('JSON', /the value is JSON/, () => Buffer.from('{"op":"c"}')),
  bytes('a JSON list', /the value is JSON/, () => Buffer.from('[1]')),
  bytes('XML', /not in Confluent's wire format/, () => Buffer.from('<order/>')),
  bytes('a gzip', /not in Confluent's wire format/, writer => gzipSync(healthy(writer))),
  bytes('an Avro file', /not in Confluent's wire format/, () => Buffer.from('Obj\u0001avro.codec')),
  bytes('another magic byte', /does not begin with a zero byte/, writer =>
    Buffer.concat([Buffer.of(2), healthy(writer).subarray(1)]),
  ),
  bytes("Confluent's frame with a schema GUID", /names its schema by a GUID/, writer =>
    Buffer.concat([Buffer.of(1), Buffer.from(schemaGuid, 'hex'), healthy(writer).subarray(5)]),
  ),
  bytes('the frame of AWS Glue', /wire format of AWS Glue Schema Registry/, writer =>
    Buffer.concat([Buffer.of(3, 0), Buffer.from(schemaGuid, 'hex'), healthy(writer).subarray(5)]),
  ),
  bytes('the frame of AWS Glue, compressed', /wire format of AWS Glue Schema Registry/, () =>
    Buffer.concat([Buffer.of(3, 5), Buffer.from(schemaGuid, 'hex'), Buffer.of(0x78, 0x9c)]),
  ),
  bytes('no frame, only Avro', /not in Confluent's wire format|schema id/, writer => healthy(writer).subarray(6)),
  bytes('a lone magic byte', /too short for a schema id/, () => Buffer.of(0)),
  bytes('a schema id cut off', /too short for a schema id/, () => Buffer.of(0, 0, 0, 0)),
  bytes('schema id 0', /schema id is not positive/, () => Buffer.of(0, 0, 0, 0, 0, 1)),
  bytes('a negative schema id', /schema id is not positive/, () => Buffer.of(0, 0xff, 0, 0, 1, 1)),
  bytes('an unknown schema id', /999999/, () => Buffer.of(0, 0x00, 0x0f, 0x42, 0x3f, 1), 'SCHEMA_UNKNOWN'),
];

const contents: readonly BadRecord[] = [
  bytes('a frame and nothing in it', /not of its schema/, writer => writer.framed([])),
  bytes('cut in half', /not of its schema/, writer => healthy(writer).subarray(0, healthy(writer).length >> 1)),
  bytes('cut by one byte', /not of its schema/, writer => healthy(writer).subarray(0, -1)),
  bytes('bytes behind the end', /bytes behind the end/, writer => Buffer.concat([healthy(writer), Buffer.of(0)])),
  bytes('twice in one value', /bytes behind the end/, writer => Buffer.concat([healthy(writer), healthy(writer)])),
  bytes('all ones', /not of its schema/, writer => writer.framed(repeated(0xff, 200))),
  bytes('all zeros', /not of its schema|op is none|names no table/, writer => writer.framed(repeated(0, 300))),
  bytes('a branch that the union does not have', /not of its schema/, writer => writer.framed([0x00, 0x0a])),
  bytes('a negative branch', /not of its schema/, writer => writer.framed([0x01])),
  bytes('a number of eleven bytes', /not of its schema/, writer =>
    writer.framed([0x00, 0x02, ...repeated(0xff, 11), 0]),
  ),
  bytes('a text of -1 bytes', /not of its schema/, writer => writer.framed([...rowBegins, 0x01])),
  bytes('a text of 2 GB', /not of its schema/, writer => writer.framed([...rowBegins, 0xfe, 0xff, 0xff, 0xff, 0x0f])),
  bytes('an array of two billion items', /not of its schema/, writer =>
    Buffer.concat([
      writer
        .as('nesting')
        .value({ after: rowOf(writer) })
        .subarray(0, -1),
      Buffer.of(0xfe, 0xff, 0xff, 0xff, 0x0f),
    ]),
  ),
  bytes('600 million items without bytes', /more than 65536 values without bytes/, writer =>
    Buffer.concat([
      writer
        .as('nulls')
        .value({ after: rowOf(writer) })
        .subarray(0, -1),
      // Blocks of 30,000 nulls, each of which takes only its count.
      Buffer.from(Array.from({ length: 20_000 }, () => [0xe0, 0xd4, 0x03]).flat()),
    ]),
  ),
  bytes('values nested without end', /nest too deeply|not of its schema/, writer =>
    writer.framed(repeated(2, 200_000), 'nesting'),
  ),
  bytes("another schema's bytes", /not of its schema/, writer =>
    writer.framed(
      writer
        .as('loose')
        .value({ after: rowOf(writer) })
        .subarray(5),
    ),
  ),
  bytes('a bare text', /a bare string, not a Debezium envelope/, writer => writer.plain('bareText', 'order')),
  bytes('a flattened row', /ExtractNewRecordState/, writer =>
    writer.plain('flattened', { merchant_biz_no: writer.order, __op: 'c' }),
  ),
  bytes("another system's record", /has no op, after and source/, writer => writer.plain('stranger', { no: '1' })),
  bytes('an op that there is not', /op is none of/, writer =>
    replaced(healthy(writer), '\u0002c', [0x02, 0x78], 'last'),
  ),
  bytes('an update without its row', /update has no after/, writer => writer.as('orders').value({ op: 'u' })),
  bytes('a create without its row', /create has no after/, writer => writer.as('orders').value({ op: 'c' })),
];

const columns: readonly BadRecord[] = [
  {
    ...row('a table without the user', /row has no column "user_id"/, {}),
    value: writer => without(writer, 'withoutUser', 'user_id'),
  },
  {
    ...row('a table without the details', /row has no column "details"/, {}),
    value: writer => without(writer, 'withoutDetails', 'details'),
  },
  {
    ...row('a table without the kind', /row has no column "kind"/, {}),
    value: writer => without(writer, 'withoutKind', 'kind'),
  },
  row('no user', /userId: .*null or empty/, { user_id: null }),
  row('an empty user', /userId: .*null or empty/, { user_id: '' }),
  row('no order number', /merchantBizNo: .*null or empty/, { merchant_biz_no: null }),
  row('an empty order number', /merchantBizNo: .*null or empty/, { merchant_biz_no: '' }),
  row('an order number that a char(n) column pads', /merchantBizNo: has blanks around it.*add .trim\(\)/, {
    merchant_biz_no: 'CASE-1          ',
  }),
  row('a user that a char(n) column pads', /userId: has blanks around it.*add .trim\(\)/, {
    user_id: '2160000000000017    ',
  }),
  row('a status that a char(n) column pads', /orderStatus.of: is none of .*has blanks around it.*add .trim\(\)/, {
    status: 'unpaid    ',
  }),
  row('an order number with a control character', /merchantBizNo: has a control character/, {
    merchant_biz_no: 'CASE\u00001',
  }),
  row('a user of 15 digits', /userId: is not 16 digits/, { user_id: '216000000000017' }),
  row('an order number of 257 characters', /merchantBizNo: .*longer than 256/, { merchant_biz_no: 'X'.repeat(257) }),
  row('no status', /orderStatus/, { status: null }),
  row('an empty status', /orderStatus.of: is none of unpaid, debit_failed/, { status: '' }),
  row('a status outside the template', /orderStatus.of: is none of unpaid, debit_failed/, { status: 'disputed' }),
  row('a status in capitals', /orderStatus.of: is none of unpaid, debit_failed/, { status: 'UNPAID' }),
  {
    ...row('a status that is no UTF-8', /orderStatus.of: is none of/, {}),
    value: writer => replaced(healthy(writer), 'unpaid', [0xc3, 0x28, 0xff, 0xfe, 0x80, 0x61]),
  },
  {
    ...row('half a surrogate pair in UTF-8', /orderStatus.of: is none of/, {}),
    value: writer => replaced(healthy(writer), 'unpaid', [0xed, 0xa0, 0x80, 0x61, 0x61, 0x61]),
  },
  row('a status of 100,000 characters', /orderStatus.of: is none of unpaid, debit_failed/, {
    status: 'x'.repeat(100_000),
  }),
];

const amounts: readonly BadRecord[] = [
  row('no amount', /bill_amount.*required/, { amount: null }),
  row('an amount with a fraction of a cent', /amount: .*fractions of a cent/, { amount: '12.3450' }),
  row('an amount of a hundred digits', /amount: .*out of range/, { amount: '9'.repeat(100) }),
  row('an amount beyond what JSON holds', /amount: .*out of range/, { amount: '90071992547409.9200' }),
  row('a negative amount', /bill_amount/, { amount: '-1.0000' }),
  row('an amount that is no number', /amount: /, { amount: Number.NaN }, 'doubleAmount'),
  row('an amount as a float', /amount: /, { amount: 12.5 }, 'doubleAmount'),
  row('an endless amount', /amount: /, { amount: Number.POSITIVE_INFINITY }, 'doubleAmount'),
  row('a currency that is not taken', /neither HKD nor CNY/, { currency: 'USD' }),
  row('a currency in small letters', /neither HKD nor CNY/, { currency: 'hkd' }),
  row('an amount without currency', /amountCurrency: .*null, but needed with amount/, { currency: null }),
];

const moments: readonly BadRecord[] = [
  row('no due date', /bill_due_time.*required/, { due_on: null }),
  row('a due date in the year 20000', /bill_due_time/, { due_on: '+020000-01-01' }),
  row('a due date before our era', /bill_due_time/, { due_on: '-000043-03-15' }),
  row('an endless bizDate', /bizDate: /, { updated_at: 'infinity' }),
  row('a bizDate of 1970', /bizDate: .*no time of our days/, { updated_at: new Date('1970-01-01T00:00:01Z') }),
  row('a bizDate that is no date', /bizDate: /, { updated_at: '2026-13-45T99:00:00Z' }),
  row('a bizDate without a zone', /bizDate: /, { updated_at: '2026-11-23 08:00:00' }),
];

const json: readonly BadRecord[] = [
  row('details that are no JSON', /details/, { details: '{"biller":' }),
  row('details that are empty', /details/, { details: '' }),
  row('details that are JSON null', /details has no member "biller"/, { details: 'null' }),
  row('details that are a list', /details|biller/, { details: '[]' }),
  row('details that are a number', /details|biller/, { details: '7' }),
  row('details as JSON in a JSON text', /details|biller/, { details: JSON.stringify(String(orderRow().details)) }),
  row('details without what the card needs', /biller/, { details: '{}' }),
  row('details of nulls', /bill_name.*required/, details({ biller: null })),
  row('no language at all', /bill_name/, details({ biller: {} })),
  row('a text that is a list', /bill_name|biller/, details({ biller: ['CLP'] })),
  row('a text that is a number', /bill_name/, details({ biller: { zh_HK: 7, en_US: 7 } })),
  row('half a surrogate pair', /half of a surrogate pair/, {
    details: String(details({}).details).replace('CLP Power', 'CLP \\ud83d Power'),
  }),
  row('JSON nested 100,000 deep', /details.*nested deeper than 64 levels/, {
    details: '['.repeat(100_000) + ']'.repeat(100_000),
  }),
  row('JSON nested 4,500 deep in a member', /details.*nested deeper than 64 levels/, {
    details: String(details({}).details).replace('{', `{"deep":${'['.repeat(4_500)}${']'.repeat(4_500)},`),
  }),
  row(
    'JSON of 5 million characters',
    /JSON text is longer than 4194304 characters/,
    details({ note: 'x'.repeat(5_000_000) }),
  ),
  row('JSON of two million values', /more than 1000000 steps/, {
    details: String(details({}).details).replace('{', `{"many":[${'1,'.repeat(2_000_000)}1],`),
  }),
  row('a text of 430,000 quotes', /card is larger than 262144 bytes/, details({ description: '"'.repeat(430_000) })),
  row('10 MB, and a status that there is not', /orderStatus/, {
    status: 'disputed',
    ...details({ note: 'x'.repeat(10_000_000) }),
  }),
];

/** Odd, but nobody's mistake: no dead letter. */
const harmless: readonly BadRecord[] = [
  { name: 'a tombstone', value: () => null, becomes: 'ignored' },
  { name: 'a truncation', value: writer => writer.as('orders').value({ op: 't' }), becomes: 'truncated' },
  {
    name: 'a kind that no mapping wants',
    value: writer => writer.as('orders').value({ after: { ...rowOf(writer), kind: 'boat' } }),
    becomes: 'unmapped',
  },
  {
    name: 'another table',
    value: writer => replaced(healthy(writer), '\u000corders', [0x0c, ...Buffer.from('drafts')], 'last'),
    becomes: 'unmapped',
  },
  {
    name: 'control characters, emoji and markup',
    value: writer =>
      writer.as('orders').value({
        after: {
          ...rowOf(writer),
          ...details({ biller: { zh_HK: '\u0000\u001b<b>🚆</b>"\\', en_US: '\u202eCLP' } }),
        },
      }),
    becomes: 'delivered',
  },
  {
    // A card is hidden from a user whose language is missing: the mappings of config/ show the other one.
    name: 'a language that is missing',
    value: writer =>
      writer.as('orders').value({ after: { ...rowOf(writer), ...details({ biller: { en_US: 'CLP Power' } }) } }),
    becomes: 'delivered',
  },
  {
    name: 'members named as those of every object',
    value: writer =>
      writer.as('orders').value({
        after: {
          ...rowOf(writer),
          details: String(details({}).details).replace('{', '{"__proto__":{"biller":1},"constructor":2,'),
        },
      }),
    becomes: 'delivered',
  },
  {
    name: '4 MB in a member that no card shows',
    value: writer =>
      writer.as('orders').value({ after: { ...rowOf(writer), ...details({ note: 'x'.repeat(4_000_000) }) } }),
    becomes: 'delivered',
  },
  {
    name: 'an amount with an exponent in JSON',
    value: writer =>
      writer.as('orders').value({
        after: {
          ...rowOf(writer),
          kind: 'ride',
          status: 'booked',
          details: '{"detail_url": "https://shop.example/1", "estimate": [1.23456785E7, 1e2]}',
        },
      }),
    becomes: 'delivered',
  },
];

/** All of them. */
export const badRecords: readonly BadRecord[] = [
  ...wireFormat,
  ...contents,
  ...columns,
  ...amounts,
  ...moments,
  ...json,
  ...harmless,
];

/** Other bytes in the place of a text; of the first of its kind, or the last. */
function replaced(value: Buffer, text: string, by: readonly number[], which: 'first' | 'last' = 'first'): Buffer {
  const at = which === 'first' ? value.indexOf(text) : value.lastIndexOf(text);
  if (at < 0) throw new Error(`the value has no ${JSON.stringify(text)}`);
  return Buffer.concat([value.subarray(0, at), Buffer.from(by), value.subarray(at + Buffer.byteLength(text))]);
}
