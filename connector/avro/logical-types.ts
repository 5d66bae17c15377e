import type { RowValue } from '../kernel/row-change.ts';
import type { Annotation } from './annotated-type.ts';
import { decimalText } from './decimal.ts';
import { dateOfDays, momentOf, momentOfText, timeOfDay, withoutZone } from './moments.ts';

// The semantic types of Debezium (io.debezium), Kafka Connect (org.apache.kafka.connect) and Avro, by the Avro type that
// carries them. A name that is not here, or stands on another Avro type than here, changes nothing: the plain value is the
// value. So do, on purpose:
//   texts      io.debezium.data.{Json,Enum,EnumSet,Uuid,Xml,Ltree,TsVector}, io.debezium.time.{ZonedTime,Interval}
//   integers   io.debezium.time.{Year,MicroDuration,NanoDuration}
//   bytes      io.debezium.data.Bits, the lowest byte first
//   records    io.debezium.data.geometry.*
// and what decimal.handling.mode makes: texts with `string`, numbers with `double`.

type Conversion<Raw> = (raw: Raw, annotation: Annotation) => RowValue;
type Conversions<Raw> = Readonly<Record<string, Conversion<Raw>>>;

const days: Conversion<number> = raw => dateOfDays(raw);
const msOfDay: Conversion<number> = raw => timeOfDay(BigInt(raw), 3);
const usOfDay: Conversion<bigint> = raw => timeOfDay(raw, 6);
const msOfEpoch: Conversion<bigint> = raw => momentOf(raw, 1n);
const usOfEpoch: Conversion<bigint> = raw => momentOf(raw, 1_000n);
const nsOfEpoch: Conversion<bigint> = raw => momentOf(raw, 1_000_000n);
const decimal: Conversion<Uint8Array> = (raw, { scale }) => decimalText(raw, scale) ?? raw;

/** What is made of an `int`. */
export const ofInt: Conversions<number> = {
  'io.debezium.time.Date': days,
  'org.apache.kafka.connect.data.Date': days,
  date: days,
  'io.debezium.time.Time': msOfDay,
  'org.apache.kafka.connect.data.Time': msOfDay,
  'time-millis': msOfDay,
};

/** What is made of a `long`. */
export const ofLong: Conversions<bigint> = {
  'io.debezium.time.Timestamp': msOfEpoch,
  'org.apache.kafka.connect.data.Timestamp': msOfEpoch,
  'timestamp-millis': msOfEpoch,
  'local-timestamp-millis': msOfEpoch,
  'io.debezium.time.MicroTimestamp': usOfEpoch,
  'timestamp-micros': usOfEpoch,
  'local-timestamp-micros': usOfEpoch,
  'io.debezium.time.NanoTimestamp': nsOfEpoch,
  'timestamp-nanos': nsOfEpoch,
  'local-timestamp-nanos': nsOfEpoch,
  'io.debezium.time.MicroTime': usOfDay,
  'time-micros': usOfDay,
  'io.debezium.time.NanoTime': raw => timeOfDay(raw, 9),
};

/** What is made of a `string`. */
export const ofText: Conversions<string> = {
  'io.debezium.time.ZonedTimestamp': momentOfText,
  'io.debezium.time.IsoTimestamp': momentOfText,
  'io.debezium.time.IsoDate': withoutZone,
  'io.debezium.time.IsoTime': withoutZone,
};

/** What is made of `bytes` and `fixed`. */
export const ofBytes: Conversions<Uint8Array> = {
  'org.apache.kafka.connect.data.Decimal': decimal,
  decimal,
  uuid: raw => uuidText(raw) ?? raw,
};

/** What is made of a `record` whose fields are read. */
export const ofRecord: Conversions<Readonly<Record<string, RowValue>>> = {
  'io.debezium.data.VariableScaleDecimal': raw =>
    raw.value instanceof Uint8Array ? (decimalText(raw.value, Number(raw.scale)) ?? raw) : raw,
};

/** The conversion that a table has for an annotation. */
export function conversionIn<Raw>(
  table: Conversions<Raw>,
  annotation: Annotation | undefined,
): ((raw: Raw) => RowValue) | undefined {
  const name = annotation?.names.find(name => Object.hasOwn(table, name));
  const conversion = name === undefined ? undefined : table[name];
  return annotation && conversion && (raw => conversion(raw, annotation));
}

/** Avro 1.12 has UUIDs in 16 bytes. */
function uuidText(bytes: Uint8Array): string | null {
  if (bytes.length !== 16) return null;
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
