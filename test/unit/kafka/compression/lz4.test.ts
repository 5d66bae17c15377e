import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressLz4 } from '../../../../connector/kafka/compression/lz4.ts';
import { expand, type Sequence, sequences } from './sequences.ts';

const magic = [0x04, 0x22, 0x4d, 0x18];
const independent = 0x60;
const endMark = Buffer.alloc(4);

function le32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

/** The bytes of a length past 15 (or 19): 255 as often as needed, and the rest. */
function more(length: number): number[] {
  return length < 15 ? [] : [...Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
}

function pair(literal: Buffer, repetition: { distance: number; length: number } | null): Buffer {
  const length = repetition === null ? 0 : repetition.length - 4;
  const token = (Math.min(literal.length, 15) << 4) | Math.min(length, 15);
  const head = Buffer.from([token, ...more(literal.length)]);
  if (repetition === null) return Buffer.concat([head, literal]);
  const { distance } = repetition;
  return Buffer.concat([head, literal, Buffer.from([distance & 0xff, distance >> 8, ...more(length)])]);
}

function blockOf(all: readonly Sequence[]): Buffer {
  const pairs: Buffer[] = [];
  let literal = Buffer.alloc(0);
  for (const sequence of all) {
    if ('literal' in sequence) literal = Buffer.concat([literal, sequence.literal]);
    else {
      pairs.push(pair(literal, sequence));
      literal = Buffer.alloc(0);
    }
  }
  return Buffer.concat([...pairs, pair(literal, null)]);
}

interface FrameOptions {
  readonly blockChecksums?: boolean;
  readonly contentSize?: boolean;
  readonly contentChecksum?: boolean;
}

function frameOf(
  blocks: readonly Buffer[],
  { blockChecksums, contentSize, contentChecksum }: FrameOptions = {},
): Buffer {
  const flags = independent | (blockChecksums ? 0x10 : 0) | (contentSize ? 8 : 0) | (contentChecksum ? 4 : 0);
  const head = Buffer.from([...magic, flags, 0x70, ...(contentSize ? [1, 2, 3, 4, 5, 6, 7, 8] : []), 0xcc]);
  const body = blocks.flatMap(block => [block, blockChecksums ? Buffer.from('abcd') : Buffer.alloc(0)]);
  return Buffer.concat([head, ...body, endMark, contentChecksum ? Buffer.from('efgh') : Buffer.alloc(0)]);
}

function compressed(all: readonly Sequence[]): Buffer {
  const block = blockOf(all);
  return Buffer.concat([le32(block.length), block]);
}

function uncompressed(all: readonly Sequence[]): Buffer {
  const bytes = expand(all);
  return Buffer.concat([le32(bytes.length + 0x8000_0000), bytes]);
}

describe('LZ4', () => {
  it('is decompressed: a frame by hand', () => {
    // "ababababab!": a literal "ab", a repetition of 8 from 2 back, a literal "!".
    const block = Buffer.from([0x24, 0x61, 0x62, 2, 0, 0x10, 0x21]);
    expect(decompressLz4(frameOf([Buffer.concat([le32(block.length), block])])).toString()).toBe('ababababab!');
    expect(decompressLz4(frameOf([]))).toEqual(Buffer.alloc(0));
  });

  it('is decompressed whatever its sequences, blocks and checksums are', () => {
    const options = fc.record({
      blockChecksums: fc.boolean(),
      contentSize: fc.boolean(),
      contentChecksum: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(sequences, fc.boolean()), { maxLength: 3 }), options, (blocks, how) => {
        const whole = Buffer.concat(blocks.map(([all]) => expand(all)));
        const bytes = blocks.map(([all, asItIs]) => (asItIs ? uncompressed(all) : compressed(all)));
        expect(decompressLz4(frameOf(bytes, how)).equals(whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is decompressed where a block refers to the one before', () => {
    const first = [{ literal: Buffer.from('abcd') }];
    const second = Buffer.from([0x00, 4, 0, 0x10, 0x21]);
    const linked = Buffer.concat([le32(second.length), second]);
    expect(decompressLz4(frameOf([compressed(first), linked])).toString()).toBe('abcdabcd!');
  });

  const some = compressed([{ literal: Buffer.from('some text') }]);

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /cut off/],
    ['something else', Buffer.from('something else'), /no LZ4 frame/],
    ['an unknown version', Buffer.from([...magic, 0xa0, 0x70, 0]), /unknown version/],
    ['a dictionary', Buffer.from([...magic, 0x61, 0x70, 0]), /dictionary/],
    ['a block that is cut off', frameOf([some]).subarray(0, -6), /cut off/],
    ['no end', frameOf([some]).subarray(0, -4), /cut off/],
    ['a length without end', frameOf([Buffer.concat([le32(3), Buffer.from([0xf0, 255, 255])])]), /cut off/],
    [
      'a repetition from nowhere',
      frameOf([Buffer.concat([le32(4), Buffer.from([0x10, 1, 9, 0])])]),
      /before their beginning/,
    ],
  ])('that is none is refused: %s', (_, bytes, reason) => {
    expect(() => decompressLz4(bytes)).toThrow(reason);
  });

  /** A literal byte, and repetitions of it: some 255 bytes for every one of these. */
  const repeating = (bytes: number) => {
    const block = Buffer.concat([Buffer.from([0x1f, 1, 1, 0]), Buffer.alloc(bytes, 255), Buffer.from([0])]);
    return Buffer.concat([le32(block.length), block]);
  };

  it('is refused when it has more than 128 MiB decompressed', () => {
    // 33 blocks of 4 MB.
    const blocks = Array.from({ length: 33 }, () => repeating(16_448));
    expect(() => decompressLz4(frameOf(blocks))).toThrow(/more than 134217728 bytes/);
  });

  it('is refused when a block has more bytes than its frame allows', () => {
    expect(() => decompressLz4(frameOf([repeating(16_449)]))).toThrow(/larger than its frame says/);
  });

  it('is decompressed up to the end of its last frame, frame by frame', () => {
    const two = Buffer.concat([frameOf([some]), frameOf([some], { contentChecksum: true })]);
    expect(decompressLz4(two).toString()).toBe('some textsome text');
    expect(() => decompressLz4(Buffer.concat([two, Buffer.from('and more')]))).toThrow(/no LZ4 frame/);
  });

  it('is refused when a repetition refers to the frame before', () => {
    const back = Buffer.concat([le32(5), Buffer.from([0x00, 4, 0, 0x10, 0x21])]);
    expect(() => decompressLz4(Buffer.concat([frameOf([some]), frameOf([back])]))).toThrow(/before their beginning/);
  });

  it('is never waited for: any bytes are decompressed or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, framed) => {
        try {
          const length = le32(bytes.length);
          expect(
            decompressLz4(framed ? frameOf([Buffer.concat([length, bytes])]) : bytes).length,
          ).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toHaveProperty(
            'message',
            expect.stringMatching(/compressed bytes|LZ4 (?:frame|block)|when decompressed/),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
