import { AvroCursor } from '../../../avro/cursor.ts';
import { compileReader } from '../../../avro/reader.ts';
import { frameBytes, schemaIdOf } from '../../../avro/wire-format.ts';
import type { ClusterInspector } from '../../../kafka/inspection/inspector.ts';
import type { TopicReader } from '../../../kafka/topic-reader.ts';
import { Fault } from '../../../kernel/fault.ts';
import type { SourceRecord } from '../../../kernel/record.ts';
import type { Row, RowChange, RowValue } from '../../../kernel/row-change.ts';
import type { SchemaLookup } from '../../../registry/registry.ts';
import { createDecoder, type Decoded } from '../../../source/decode.ts';
import { type Looked, skipped, warning, well, worstOf } from '../finding.ts';

/** A record of the source, and what it says. */
export interface SeenRecord {
  readonly record: SourceRecord;
  readonly decoded: Decoded;
  /** The row before the change, as the envelope has it: the decoder gives that of deletes only. */
  readonly before: Row | null;
  /** Which connector of Debezium wrote it, e.g. `postgresql`. */
  readonly writer: string | null;
}

/** The newest records of a topic. */
export interface SeenTopic {
  readonly topic: string;
  readonly records: readonly SeenRecord[];
  readonly changes: readonly (SeenRecord & { readonly change: RowChange })[];
  /** The schema of the newest record; null where there is none. */
  readonly schemaId: number | null;
}

/** What {@link lookAtRows} reads with. */
export interface RowParts {
  readonly inspector: Pick<ClusterInspector, 'describeGroup'>;
  readonly reader: Pick<TopicReader, 'tail'>;
  readonly schemas: SchemaLookup;
  readonly groupId: string;
  /** How many records of the topic. */
  readonly count: number;
}

/** Reads the newest records of a topic from outside of the group, and says whether they can be decoded. */
export async function lookAtRows(topic: string, parts: RowParts, signal: AbortSignal): Promise<Looked<SeenTopic>> {
  const [id, title] = ['rows.decode', 'records can be decoded'] as const;
  if (!(await mayReadAside(parts))) {
    const detail = `${topic}: not read: our user may not use groups of the name ${parts.groupId}.reader-…`;
    const remedy = `kafka-acls --add --allow-principal User:<ours> --operation read --group ${parts.groupId} --resource-pattern-type prefixed`;
    return { found: [warning(id, title, detail, remedy)], value: null };
  }
  const read: SourceRecord[] = [];
  await parts.reader.tail(topic, parts.count, record => void read.push(record));
  if (read.length === 0) {
    const empty: SeenTopic = { topic, records: [], changes: [], schemaId: null };
    return { found: [skipped(id, title, `${topic}: it holds no record`)], value: empty };
  }
  const records = await decodeAll(read, parts.schemas, signal);
  const newest = records.toSorted((a, b) => b.record.timestamp - a.record.timestamp);
  const reasons = newest.flatMap(({ decoded }) =>
    decoded.kind === 'undecodable'
      ? [{ state: 'failed' as const, detail: `${topic}: ${decoded.fault.detail}`, remedy: decoded.fault.remedy }]
      : [],
  );
  const changes = newest.flatMap(seen =>
    seen.decoded.kind === 'change' ? [{ ...seen, change: seen.decoded.change }] : [],
  );
  const schemaId = newest.map(({ record }) => record.value && schemaIdOf(record.value)).find(found => found !== null);
  const detail = `${topic}: ${changes.length} changes among the last ${records.length} records`;
  const finding = reasons.length === 0 ? well(id, title, detail) : worstOf(id, title, detail, reasons);
  return { found: [finding], value: { topic, records: newest, changes, schemaId: schemaId ?? null } };
}

async function mayReadAside({ inspector, groupId }: RowParts): Promise<boolean> {
  try {
    const { rights } = await inspector.describeGroup(`${groupId}.reader-check`);
    return rights === null || rights.has('read');
  } catch (error) {
    if (error instanceof Fault && error.code === 'KAFKA_REFUSED') return false;
    throw error;
  }
}

async function decodeAll(read: readonly SourceRecord[], schemas: SchemaLookup, signal: AbortSignal) {
  const decoder = createDecoder(schemas);
  const records: SeenRecord[] = [];
  for (const record of read) {
    const decoded = await decoder.decode(record, signal);
    const envelope = decoded.kind === 'change' ? envelopeOf(record, schemas) : null;
    const source = rowOf(envelope?.source);
    const writer = typeof source?.connector === 'string' ? source.connector : null;
    records.push({ record, decoded, before: rowOf(envelope?.before), writer });
  }
  return records;
}

/** The whole envelope; of a record that was decoded, so it can be read. */
function envelopeOf({ value }: SourceRecord, schemas: SchemaLookup): Row | null {
  const id = value && schemaIdOf(value);
  const schema = id === null ? undefined : schemas.typeOf(id);
  if (value === null || schema?.kind !== 'type') return null;
  return rowOf(compileReader(schema.type)(new AvroCursor(value, frameBytes)));
}

function rowOf(value: RowValue | undefined): Row | null {
  const isRow =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date || value instanceof Uint8Array);
  return isRow ? (value as Row) : null;
}
