import { randomUUID } from 'node:crypto';
import type { IHeaders } from 'kafkajs';

/** The header of the records that stand for those of an unreadable batch. A producer cannot know its name. */
const problemHeader = `unreadable-${randomUUID()}`;

/** A header of a record batch has so many bytes before its records (Kafka protocol, "Record Batch"). */
const headerBytes = 61;
const [lengthAt, magicAt, lastOffsetDeltaAt, countAt] = [8, 16, 23, 57];

/** kafkajs spreads a batch's records over the arguments of one call, which has room for some 120,000. */
const standInsMax = 100_000;

/** What a record batch's header says. */
interface BatchHeader {
  readonly baseOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly records: number;
}

/**
 * The header of the batch that compressed bytes are the records of. kafkajs gives a codec the records alone, as a view of the fetch's
 * answer (recordBatch/v0/decoder.js), so the header lies before them. Null where it does not, as in Kafka's formats before 0.11.
 */
function headerBefore(compressed: Buffer): BatchHeader | null {
  const start = compressed.byteOffset - headerBytes;
  if (start < 0) return null;
  const header = Buffer.from(compressed.buffer, start, headerBytes);
  if (header[magicAt] !== 2) return null;
  const behindLength = headerBytes - lengthAt - 4 + compressed.length;
  if (header.readInt32BE(lengthAt) !== behindLength) return null;
  return {
    baseOffset: header.readBigInt64BE(0),
    lastOffsetDelta: header.readInt32BE(lastOffsetDeltaAt),
    records: header.readInt32BE(countAt),
  };
}

/** Throws where decompressed bytes do not have the records that their batch's header counts: kafkajs would read past their end. */
export function assertRecords(compressed: Buffer, decompressed: Buffer): void {
  const count = headerBefore(compressed)?.records ?? 0;
  let at = 0;
  for (let record = 0; record < count; record++) {
    let zigzag = 0;
    let shift = 0;
    let byte: number | undefined;
    do {
      byte = decompressed[at++];
      if (byte === undefined || shift > 28) throw new Error(`it has ${record} of ${count} records`);
      zigzag += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80);
    if (zigzag % 2 !== 0) throw new Error(`the length of record ${record} is negative`);
    at += zigzag / 2;
    if (at > decompressed.length) throw new Error(`it has ${record} of ${count} records`);
  }
}

/**
 * Records in place of those of a batch that cannot be read, as many as it has, at the offsets that it has: without key and value, with
 * the problem in a header that {@link problemIn} finds. Where the batch is in an older format or has more than 100,000 records, throws
 * an error instead.
 */
export function unreadableRecords(compressed: Buffer, problem: string): Buffer {
  const header = headerBefore(compressed);
  if (header === null) throw new Error(problem);
  const { records, lastOffsetDelta, baseOffset } = header;
  if (records > standInsMax || records > lastOffsetDelta + 1) {
    throw new Error(`the batch at offset ${baseOffset} says that it has ${records} records; ${problem}`);
  }
  const [name, value] = [Buffer.from(problemHeader), Buffer.from(problem)];
  const headers = Buffer.concat([varint(1), varint(name.length), name, varint(value.length), value]);
  const standIns = Array.from({ length: records }, (_, index) => {
    // Of a compacted batch only the last offset is known: it must be that of the last record.
    const offsetDelta = index === records - 1 ? lastOffsetDelta : index;
    // No attributes, the batch's first time, neither key nor value.
    const body = Buffer.concat([Buffer.from([0, 0]), varint(offsetDelta), varint(-1), varint(-1), headers]);
    return Buffer.concat([varint(body.length), body]);
  });
  return Buffer.concat(standIns);
}

/** Why a record cannot be read, of one that {@link unreadableRecords} made; undefined of any other. */
export function problemIn(headers: IHeaders | undefined): string | undefined {
  return headers === undefined || !Object.hasOwn(headers, problemHeader) ? undefined : String(headers[problemHeader]);
}

/** Zigzag, as Protocol Buffers have it. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
