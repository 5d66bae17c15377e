import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import kafkajs, { type Batch, type KafkaMessage } from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerCodecs } from '../../../../connector/kafka/compression/codecs.ts';
import { sourceRecordOf } from '../../../../connector/kafka/source-record.ts';

const { CompressionTypes: types } = kafkajs;

interface Decoder {
  readonly offset: number;
}
type Decode = (decoder: Decoder) => Promise<readonly KafkaMessage[]>;

// kafkajs reads the records of one partition of a fetch's answer with these.
const load = createRequire(import.meta.url);
const DecoderOf = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => Decoder;
const decodeMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as Decode;

const texts = Array.from({ length: 20 }, (_, n) => `${'v'.repeat(50)}${n}`);
const records = Buffer.concat(texts.map((text, n) => recordOf(n, text)));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function recordOf(offsetDelta: number, text: string): Buffer {
  const value = Buffer.from(text);
  const parts = [Buffer.from([0, 0]), varint(offsetDelta), varint(-1), varint(value.length), value, varint(0)];
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(body.length), body]);
}

/** A record batch (Kafka protocol, "Record Batch") that begins at offset 700. */
function batchOf(codec: number, compressed: Buffer, count = texts.length, lastOffsetDelta = count - 1): Buffer {
  const batch = Buffer.alloc(61 + compressed.length);
  batch.writeBigInt64BE(700n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(codec, 21);
  batch.writeInt32BE(lastOffsetDelta, 23);
  batch.writeBigInt64BE(1_795_420_800_080n, 27);
  batch.writeInt32BE(count, 57);
  compressed.copy(batch, 61);
  return batch;
}

/** What the connector reads of batches that a fetch's answer has one after another. */
async function readBatches(...batches: readonly Buffer[]) {
  const bytes = Buffer.concat(batches);
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  const messages = await decodeMessages(new DecoderOf(Buffer.concat([size, bytes])));
  return messages.map(message => sourceRecordOf({ topic: 'orders', partition: 3 } as Batch, message));
}

const frames = (count: number) => {
  const bytes = Math.ceil(records.length / count);
  return Array.from({ length: count }, (_, n) => zstdCompressSync(records.subarray(n * bytes, (n + 1) * bytes)));
};

function le32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

/** An LZ4 frame with one block that is not compressed. */
function lz4Frame(bytes: Buffer): Buffer {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]);
  return Buffer.concat([head, le32(bytes.length + 0x8000_0000), bytes, le32(0)]);
}

/** A Snappy stream as Java writes it, with one block of literal bytes. */
function snappyStream(bytes: Buffer): Buffer {
  const size = Buffer.from([61 << 2, (bytes.length - 1) & 0xff, (bytes.length - 1) >> 8]);
  const block = Buffer.concat([Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]), size, bytes]);
  const head = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
  head.writeUInt32BE(block.length, 16);
  return Buffer.concat([head, block]);
}

const halves = [records.subarray(0, 600), records.subarray(600)];
const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

beforeAll(registerCodecs);

describe('a compressed batch', () => {
  it.each<[string, number, Buffer]>([
    ['one Zstandard frame', types.ZSTD, zstdCompressSync(records)],
    ['two Zstandard frames', types.ZSTD, Buffer.concat(frames(2))],
    ['a Zstandard frame for every 4 records', types.ZSTD, Buffer.concat(frames(5))],
    ['a skippable and a Zstandard frame', types.ZSTD, Buffer.concat([skippable, zstdCompressSync(records)])],
    ['two gzip members', types.GZIP, Buffer.concat(halves.map(half => gzipSync(half)))],
    ['two LZ4 frames', types.LZ4, Buffer.concat(halves.map(lz4Frame))],
    ['a skippable and two LZ4 frames', types.LZ4, Buffer.concat([skippable, ...halves.map(lz4Frame)])],
    ['two Snappy streams', types.Snappy, Buffer.concat(halves.map(snappyStream))],
  ])('is read whole: %s', async (_, codec, compressed) => {
    const read = await readBatches(batchOf(codec, compressed));
    expect(read.map(({ offset, value }) => [offset, String(value)])).toEqual(
      texts.map((text, n) => [700n + BigInt(n), text]),
    );
  });

  const bad = Buffer.from('no compressed bytes at all');
  const bomb = Buffer.alloc(140_000_000);

  it.each<[string, number, Buffer, RegExp]>([
    ['other bytes as gzip', types.GZIP, bad, /compressed with gzip and cannot be read: incorrect header check/],
    ['other bytes as Snappy', types.Snappy, bad, /compressed with Snappy and cannot be read: compressed bytes that/],
    ['other bytes as LZ4', types.LZ4, bad, /compressed with LZ4 and cannot be read: no LZ4 frame/],
    ['other bytes as Zstandard', types.ZSTD, bad, /compressed with Zstandard and cannot be read/],
    ['a frame that is cut off', types.ZSTD, zstdCompressSync(records).subarray(0, -3), /unexpected end of file/],
    ['fewer records than counted', types.ZSTD, zstdCompressSync(records.subarray(0, 700)), /it has 12 of 20 records/],
    ['a record of negative length', types.ZSTD, zstdCompressSync(Buffer.from([1])), /record 0 is negative/],
    ['a length without end', types.ZSTD, zstdCompressSync(Buffer.alloc(9, 255)), /it has 0 of 20 records/],
    ['too many bytes as gzip', types.GZIP, gzipSync(bomb), /more than 134217728 bytes when/],
    ['too many bytes as Zstandard', types.ZSTD, zstdCompressSync(bomb), /more than 134217728 bytes when/],
    ['too many frames', types.ZSTD, Buffer.concat(Array(1_025).fill(zstdCompressSync(bad))), /more than 1024 Zstan/],
  ])('becomes records that say why it cannot be read, each at its offset: %s', async (_, codec, compressed, reason) => {
    const read = await readBatches(batchOf(codec, compressed), batchOf(types.ZSTD, zstdCompressSync(records)));
    expect(read.length).toBe(40);
    for (const [n, record] of read.slice(0, 20).entries()) {
      expect(record).toMatchObject({ topic: 'orders', partition: 3, offset: 700n + BigInt(n), key: null, headers: [] });
      expect(record.timestamp).toBe(1_795_420_800_080);
      expect(record.value).toEqual(Buffer.alloc(0));
      expect(record.unreadable).toMatch(reason);
    }
    expect(read.slice(20).every(({ unreadable }) => unreadable === undefined)).toBe(true);
  });

  it('keeps its last offset when it is compacted and cannot be read', async () => {
    const read = await readBatches(batchOf(types.LZ4, bad, 3, 50));
    expect(read.map(({ offset }) => offset)).toEqual([700n, 701n, 750n]);
  });

  it.each([
    ['more records than offsets', 20, 5],
    ['more records than kafkajs can hold', 200_000, 199_999],
  ])('names its offset in an error when its header is corrupt: %s', async (_, count, lastOffsetDelta) => {
    await expect(readBatches(batchOf(types.LZ4, bad, count, lastOffsetDelta))).rejects.toThrow(
      `the batch at offset 700 says that it has ${count} records; the batch is compressed with LZ4`,
    );
  });
});
