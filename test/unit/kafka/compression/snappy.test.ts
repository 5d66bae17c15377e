import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressSnappy } from '../../../../connector/kafka/compression/snappy.ts';
import { expand, type Sequence, sequences } from './sequences.ts';

function le(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

function be32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function element(sequence: Sequence): Buffer {
  if ('literal' in sequence) {
    const { literal } = sequence;
    const size = literal.length - 1;
    if (size < 60) return Buffer.concat([le(size << 2, 1), literal]);
    const bytes = size < 256 ? 1 : size < 65_536 ? 2 : 3;
    return Buffer.concat([le((59 + bytes) << 2, 1), le(size, bytes), literal]);
  }
  const { distance, length } = sequence;
  if (length > 64)
    return Buffer.concat([element({ distance, length: 60 }), element({ distance, length: length - 60 })]);
  if (length <= 11 && distance < 2_048)
    return Buffer.from([((distance >> 8) << 5) | ((length - 4) << 2) | 1, distance & 0xff]);
  // The third form reaches further; both may be used for what is near.
  return distance % 2 === 0
    ? Buffer.concat([le(((length - 1) << 2) | 2, 1), le(distance, 2)])
    : Buffer.concat([le(((length - 1) << 2) | 3, 1), le(distance, 4)]);
}

function blockOf(all: readonly Sequence[]): Buffer {
  return Buffer.concat([varint(expand(all).length), ...all.map(element)]);
}

function streamOf(blocks: readonly Buffer[]): Buffer {
  const head = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  return Buffer.concat([head, ...blocks.flatMap(block => [be32(block.length), block])]);
}

describe('Snappy', () => {
  it('is decompressed: the example of its own description', () => {
    expect(decompressSnappy(Buffer.from([0]))).toEqual(Buffer.alloc(0));
    // "xababab": a literal "xab", a repetition of 4 from 2 back.
    expect(decompressSnappy(Buffer.from([7, 2 << 2, 0x78, 0x61, 0x62, 0x01, 2])).toString()).toBe('xababab');
  });

  it('is decompressed whatever its elements are, as a bare block and as a stream of blocks', () => {
    fc.assert(
      fc.property(fc.array(sequences, { maxLength: 3 }), blocks => {
        const whole = Buffer.concat(blocks.map(expand));
        expect(decompressSnappy(streamOf(blocks.map(blockOf))).equals(whole)).toBe(true);
        for (const block of blocks) expect(decompressSnappy(blockOf(block)).equals(expand(block))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /cut off/],
    ['a length without end', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), /a length that is none/],
    ['a literal that is cut off', Buffer.from([5, 4 << 2, 1, 2]), /cut off/],
    ['a repetition of nothing', Buffer.from([4, 0x01, 1]), /before their beginning/],
    ['a repetition from nowhere', Buffer.from([8, 3 << 2, 1, 2, 3, 4, 0x01, 5]), /before their beginning/],
    ['a repetition without distance', Buffer.from([8, 3 << 2, 1, 2, 3, 4, 0x01, 0]), /before their beginning/],
    ['fewer bytes than it says', Buffer.from([5, 3 << 2, 1, 2, 3, 4]), /not as long as it says/],
    ['more bytes than it says', Buffer.from([3, 3 << 2, 1, 2, 3, 4]), /not as long as it says/],
    ['more than may be', Buffer.concat([varint(200_000_000), Buffer.from([0])]), /more than 134217728/],
    ['more than its elements can have', Buffer.concat([varint(1_000), Buffer.from([0])]), /cannot be as long/],
    ['a stream whose block is cut off', streamOf([Buffer.from([1, 0, 7])]).subarray(0, -1), /cut off/],
  ])('that is none is refused: %s', (_, bytes, reason) => {
    expect(() => decompressSnappy(bytes)).toThrow(reason);
  });

  it('is refused when its blocks together have more than 128 MiB decompressed', () => {
    const megabytes = 4;
    // 64 bytes of every repetition.
    const repetitions = Buffer.concat(Array(megabytes * 16_384).fill(Buffer.from([(63 << 2) | 2, 1, 0])));
    const block = Buffer.concat([varint(megabytes * 1_048_576 + 1), Buffer.from([0, 65]), repetitions]);
    expect(decompressSnappy(block).equals(Buffer.alloc(megabytes * 1_048_576 + 1, 65))).toBe(true);
    expect(() => decompressSnappy(streamOf(Array(32).fill(block)))).toThrow(/more than 134217728 bytes/);
  });

  it('is never waited for: any bytes are decompressed or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        try {
          expect(decompressSnappy(bytes).length).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toHaveProperty(
            'message',
            expect.stringMatching(/compressed bytes|Snappy block|when decompressed/),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
