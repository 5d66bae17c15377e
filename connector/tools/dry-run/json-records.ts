import { Fault } from '../../kernel/fault.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Row } from '../../kernel/row-change.ts';
import { type Instant, instant } from '../../kernel/time.ts';
import type { Decoded } from '../../source/decode.ts';
import { type Envelope, envelopeOf, upkeepOf } from '../../source/envelope.ts';
import { isJsonObject, type Json, parseJson, withoutSchema, withSchema } from './json-values.ts';

/** A record out of a file, decoded. */
export interface FileRecord {
  readonly record: SourceRecord;
  readonly decoded: Decoded;
}

/**
 * Reads the records of a JSON text: one value, a list of values, or one a line. A value is Debezium's envelope, bare or as Kafka Connect's
 * `{schema, payload}`, by itself or as the `value` (or `payload`) of a record with its `topic`, `partition`, `offset` and `key`.
 * Throws a SyntaxError that names the line.
 */
export function readJsonRecords(text: string, topic: string): readonly FileRecord[] {
  return valuesOf(text.replace(/^\uFEFF/, '')).map((json, index) => recordOf(json, topic, index));
}

function valuesOf(text: string): readonly Json[] {
  if (text.trim() === '') return [];
  try {
    const whole = parseJson(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    return text.split('\n').flatMap((line, index) => {
      if (line.trim() === '') return [];
      try {
        return [parseJson(line)];
      } catch (error) {
        throw new SyntaxError(`line ${index + 1} is not JSON, and neither is the whole`, { cause: error });
      }
    });
  }
}

function recordOf(json: Json, topic: string, index: number): FileRecord {
  const outer = isJsonObject(json) ? json : {};
  const isRecord = !('op' in outer) && isRecordOf(outer);
  const place = isRecord ? outer : {};
  const value = isRecord ? textOrValue(outer.value ?? outer.payload ?? null) : json;
  const record: SourceRecord = {
    topic: typeof place.topic === 'string' ? place.topic : topic,
    partition: Number(wholeNumber(place.partition) ?? 0n),
    offset: wholeNumber(place.offset) ?? BigInt(index),
    key: null,
    value: null,
    timestamp: instant(Number(wholeNumber(place.timestamp ?? place.ts) ?? 0n)),
    headers: [],
  };
  return { record, decoded: decodedOf(record, value, keyText(place.key ?? null)) };
}

/** Tools call the value `value` or `payload`, and leave a tombstone's out. */
function isRecordOf(outer: { readonly [name: string]: Json }): boolean {
  const has = (name: string) => name in outer;
  return has('value') || (has('payload') && !has('schema')) || (has('topic') && has('offset'));
}

/** kcat writes a value as a text, with JSON in it. */
function textOrValue(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

function decodedOf(record: SourceRecord, value: Json, key: string | null): Decoded {
  const envelope = envelopeIn(value, record.timestamp);
  switch (envelope.kind) {
    case 'ignored':
      return envelope;
    case 'undecodable':
      return { kind: 'undecodable', fault: new Fault('RECORD_UNDECODABLE', { at: record, detail: envelope.problem }) };
    case 'change': {
      const { topic, partition, offset } = record;
      return { kind: 'change', change: { ...envelope.change, position: { topic, partition, offset }, key } };
    }
  }
}

function envelopeIn(value: Json, appendedAt: Instant): Envelope {
  if (value === null) return { kind: 'ignored', what: 'tombstone' };
  if (!isJsonObject(value)) return { kind: 'undecodable', problem: 'the value is no JSON object' };
  const { schema, payload } = value;
  if (isJsonObject(schema) && payload !== undefined) {
    const upkeep = upkeepOf(typeof schema.name === 'string' ? schema.name : '');
    if (payload === null) return { kind: 'ignored', what: 'tombstone' };
    return upkeep === null
      ? envelopeOf(rowOf(withSchema(payload, schema)), appendedAt)
      : { kind: 'ignored', what: upkeep };
  }
  const upkeep = upkeepByShape(value);
  if (upkeep !== null) return { kind: 'ignored', what: upkeep };
  if (isWrapped(value)) return { kind: 'undecodable', problem: wrapped };
  const { before = null, after = null, ...others } = value;
  const fields = { ...(others as Row), before: withoutSchema(before), after: withoutSchema(after) };
  // What is not there must not seem to be: it tells what the value is.
  return envelopeOf(Object.fromEntries(Object.entries(fields).filter(([name]) => name in value)), appendedAt);
}

const wrapped =
  "its values are wrapped with the names of their types, as kafka-avro-console-consumer writes them: Avro's types alone do not tell a decimal or a date; read Kafka itself, or give an Avro container file";

/** `{"string": "MB1"}`, or the row in its record's name. */
function isWrapped({ after, before }: { readonly [name: string]: Json }): boolean {
  return [after, before].some(image => {
    if (!isJsonObject(image)) return false;
    const [name = '', ...others] = Object.keys(image);
    return others.length === 0 && name.endsWith('.Value') && isJsonObject(image[name]);
  });
}

/** Heartbeats and the borders of transactions, where no schema names them. */
function upkeepByShape(value: { readonly [name: string]: Json }): 'heartbeat' | 'transaction' | null {
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === 'ts_ms') return 'heartbeat';
  return names.includes('status') && names.includes('event_count') && names.includes('id') ? 'transaction' : null;
}

/** A plain key, or the only field of a record: as the connector reads them. */
function keyText(key: Json): string | null {
  if (typeof key === 'string' || typeof key === 'bigint') return String(key);
  if (!isJsonObject(key)) return null;
  const values = Object.values(key);
  const [only = null] = values;
  return values.length === 1 && (typeof only === 'string' || typeof only === 'bigint') ? String(only) : null;
}

/** JSON tools write 64-bit numbers as texts too. */
function wholeNumber(json: Json | undefined): bigint | null {
  if (typeof json === 'bigint') return json;
  return typeof json === 'string' && /^\d{1,19}$/.test(json) ? BigInt(json) : null;
}

function rowOf(value: ReturnType<typeof withSchema>): Row {
  return typeof value === 'object' && value !== null ? (value as Row) : {};
}
