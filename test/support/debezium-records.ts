import { readFileSync } from 'node:fs';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import type { Row, RowValue } from '../../connector/kernel/row-change.ts';
import { instant } from '../../connector/kernel/time.ts';
import { encoderOf, framed, type SchemaJson } from './avro-types.ts';

/** A change as a test tells it: rows in the forms of `kernel/row-change`. */
export interface WrittenChange {
  /** Default `c` without a before, `d` without an after, else `u`. */
  readonly op?: 'c' | 'u' | 'd' | 'r' | 't';
  readonly before?: Row | null;
  readonly after?: Row | null;
  /** Default 1000. */
  readonly lsn?: bigint | null;
  /** `source.ts_ms`. Default 2026-11-23T08:00:00Z. */
  readonly committedMs?: number;
}

/** Where a record lies, and its key. */
export interface WrittenPlace {
  /** Default: the after's, else the before's `merchant_biz_no`. */
  readonly key?: Uint8Array | string | null;
  /** Default 0. */
  readonly partition?: number;
  /** Default 0. */
  readonly offset?: bigint;
  /** Default: 80 ms after the commit. */
  readonly appendedMs?: number;
}

/** Writes one table's changes as Debezium's PostgreSQL connector does: Avro envelopes in Confluent's wire format. */
export interface DebeziumWriter {
  readonly topic: string;
  readonly schemaId: number;
  /** The envelope's schema, as a registry answers it. */
  readonly schema: string;
  /** A record's value. Throws where the rows do not fit the schema. */
  value(change: WrittenChange): Buffer;
  record(change: WrittenChange, place?: WrittenPlace): SourceRecord;
}

/** What a writer may differ in. */
export interface WriterOptions {
  /** An envelope's schema. Default: the one of the demo's orders table. */
  readonly schema?: SchemaJson;
  /** Default 1. */
  readonly schemaId?: number;
  /** `database.schema.table`. Default `shop.public.orders`. */
  readonly table?: string;
}

/** The envelope's schema of the demo's orders table, as Debezium 3.7 registers it. */
export const ordersEnvelope: SchemaJson = JSON.parse(
  readFileSync(new URL('../../schemas/avro/orders-envelope.avsc', import.meta.url), 'utf8'),
);

/** Makes a writer of a table's changes. */
export function debeziumWriter(options: WriterOptions = {}): DebeziumWriter {
  const { schema = ordersEnvelope, schemaId = 1, table = 'shop.public.orders' } = options;
  const [db = '', schemaName = '', tableName = ''] = table.split('.');
  const encoder = encoderOf(schema);
  const columns = columnsOf(schema);
  const writer: DebeziumWriter = {
    topic: table,
    schemaId,
    schema: JSON.stringify(schema),
    value: change => {
      const { before = null, after = null, committedMs = defaultCommit } = change;
      const op = change.op ?? (before === null ? 'c' : after === null ? 'd' : 'u');
      const envelope = {
        before: before && rawRow(before, columns),
        after: after && rawRow(after, columns),
        source: { ...source(change, op), db, schema: schemaName, table: tableName },
        transaction: null,
        op,
        ...times(committedMs + 20),
      };
      return framed(schemaId, encoder.toBuffer(envelope));
    },
    record: (change, place = {}) => {
      const { partition = 0, offset = 0n, appendedMs = (change.committedMs ?? defaultCommit) + 80 } = place;
      const { key = (change.after ?? change.before)?.merchant_biz_no ?? null } = place;
      return {
        topic: table,
        partition,
        offset,
        key: typeof key === 'string' ? Buffer.from(key) : key instanceof Uint8Array ? key : null,
        value: writer.value(change),
        timestamp: instant(appendedMs),
        headers: [],
      };
    },
  };
  return writer;
}

/** An order of the demo's table: an unpaid bill, unless told otherwise. */
export function orderRow(columns: Row = {}): Row {
  return {
    id: 1n,
    merchant_biz_no: 'MB-2026-000001',
    kind: 'bill',
    status: 'unpaid',
    user_id: '2160000000000001',
    amount: '1234.50',
    pay_amount: null,
    currency: 'HKD',
    due_on: '2026-11-30',
    starts_at: new Date('2026-11-23T11:30:00Z'),
    ends_at: null,
    details: JSON.stringify({
      biller: { zh_HK: '中華電力', en_US: 'CLP Power' },
      description: { zh_HK: '十一月電費', en_US: 'Electricity, November' },
      icon_url: 'https://img.example/clp.png',
      pay_url: 'https://shop.example/pay/MB-2026-000001',
      detail_url: 'https://shop.example/orders/MB-2026-000001',
    }),
    created_at: new Date('2026-11-20T01:02:03.456Z'),
    updated_at: new Date('2026-11-23T08:00:00.000Z'),
    ...columns,
  };
}

const defaultCommit = Date.UTC(2026, 10, 23, 8);

function source({ lsn = 1000n, committedMs = defaultCommit }: WrittenChange, op: string) {
  return {
    version: '3.7.0.Final',
    connector: 'postgresql',
    name: 'shop',
    snapshot: op === 'r' ? 'true' : 'false',
    sequence: lsn === null ? null : `["${lsn}","${lsn}"]`,
    txId: 780n,
    lsn,
    xmin: null,
    origin: null,
    origin_lsn: null,
    ...times(committedMs),
  };
}

function times(ms: number) {
  const ts = BigInt(ms);
  return { ts_ms: ts, ts_us: ts * 1_000n + 327n, ts_ns: ts * 1_000_000n + 327_342n };
}

/** A column as its schema has it, without the null of a union. */
interface Column {
  readonly 'connect.name'?: string;
  readonly scale?: number;
}

type Columns = ReadonlyMap<string, Column>;

function columnsOf(schema: SchemaJson): Columns {
  const { fields }: { fields: { name: string; type: unknown }[] } = Object(schema);
  const before = fields.find(field => field.name === 'before');
  const { fields: columns }: { fields: { name: string; type: unknown }[] } = Object(notNull(before?.type));
  return new Map(columns.map(({ name, type }) => [name, Object(notNull(type))]));
}

function notNull(type: unknown): unknown {
  return Array.isArray(type) ? type.find(branch => branch !== 'null') : type;
}

function rawRow(row: Row, columns: Columns): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, rawValue(value, columns.get(name) ?? {})]),
  );
}

/** A value in the form in which Debezium writes it. */
function rawValue(value: RowValue, column: Column): unknown {
  if (value === null) return null;
  switch (column['connect.name']) {
    case 'org.apache.kafka.connect.data.Decimal':
      return decimalBytes(String(value), column.scale ?? 0);
    case 'io.debezium.time.Date':
      return Date.parse(String(value)) / 86_400_000;
    case 'io.debezium.time.ZonedTimestamp':
      return value instanceof Date ? value.toISOString() : value;
    default:
      return value;
  }
}

/** A decimal's text as Avro has it: the digits as a big-endian two's complement integer. */
export function decimalBytes(text: string, scale: number): Buffer {
  const [whole = '', fraction = ''] = text.split('.');
  const unscaled = BigInt(whole + fraction.padEnd(scale, '0'));
  let size = 1;
  while (BigInt.asIntN(size * 8, unscaled) !== unscaled) size++;
  const hex = BigInt.asUintN(size * 8, unscaled).toString(16);
  return Buffer.from(hex.padStart(size * 2, '0'), 'hex');
}
