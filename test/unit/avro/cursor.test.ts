import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroCursor, MalformedAvro } from '../../../connector/avro/cursor.ts';
import { encoderOf } from '../../support/avro-types.ts';

const on = (...bytes: number[]) => new AvroCursor(Uint8Array.from(bytes), 0);
const long = encoderOf('long');
const int = encoderOf('int');

/** Numbers of every length, for those drawn evenly have 9 or 10 bytes nearly always. */
const longs = fc
  .tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer({ min: 0, max: 63 }))
  .map(([value, shift]) => value >> BigInt(shift));

describe('a long', () => {
  // Avro specification, "Binary Encoding": zig-zag, seven bits a byte, lowest first.
  it.each([
    [[0x00], 0n],
    [[0x01], -1n],
    [[0x02], 1n],
    [[0x7f], -64n],
    [[0x80, 0x01], 64n],
    [[0xfe, 0xff, 0xff, 0xff, 0x0f], 2n ** 31n - 1n],
    [[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], 2n ** 53n - 1n],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], 2n ** 53n],
    [[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 2n ** 63n - 1n],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], -(2n ** 63n)],
  ])('%j is %i', (bytes, value) => {
    expect(on(...bytes).readLong()).toBe(value);
  });

  it('is what avsc wrote, over all 64 bits', () => {
    fc.assert(
      fc.property(longs, value => {
        const cursor = new AvroCursor(long.toBuffer(value), 0);
        expect(cursor.readLong()).toBe(value);
        expect(cursor.left).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has no more than 64 bits', () => {
    const full = Array<number>(9).fill(0xff);
    expect(() => on(...full, 0x02).readLong()).toThrow('a long has more than 64 bits');
    expect(() => on(...full, 0x80, 0x00).readLong()).toThrow('a long has more than 64 bits');
  });
});

describe('an int', () => {
  it('is what avsc wrote, over all 32 bits', () => {
    fc.assert(
      fc.property(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 31 })), ([value, shift]) => {
        const cursor = new AvroCursor(int.toBuffer(value >> shift), 0);
        expect(cursor.readInt()).toBe(value >> shift);
        expect(cursor.left).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has no more than 32 bits', () => {
    expect(on(0xff, 0xff, 0xff, 0xff, 0x0f).readInt()).toBe(-(2 ** 31));
    expect(() => on(0xff, 0xff, 0xff, 0xff, 0x10).readInt()).toThrow('an int has more than 32 bits');
    expect(() => on(0xff, 0xff, 0xff, 0xff, 0x8f, 0x00).readInt()).toThrow('an int has more than 32 bits');
  });
});

describe('other values', () => {
  it('booleans are 0 and 1', () => {
    const cursor = on(0, 1, 2);
    expect([cursor.readBoolean(), cursor.readBoolean()]).toEqual([false, true]);
    expect(() => cursor.readBoolean()).toThrow('a boolean is neither 0 nor 1');
  });

  it('floats and doubles are little-endian', () => {
    expect(on(0x00, 0x00, 0xc0, 0x3f).readFloat()).toBe(1.5);
    expect(on(0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xc0).readDouble()).toBe(-2.25);
  });

  it('texts are UTF-8', () => {
    expect(on(0x0c, 0xe4, 0xb8, 0xad, 0xe9, 0x9b, 0xbb).readText()).toBe('中電');
    expect(on(0x02, 0xff).readText()).toBe('\ufffd');
  });

  it('bytes are of the view that was given, wherever that begins', () => {
    const all = Uint8Array.of(9, 9, 0x04, 1, 2, 9);
    const bytes = new AvroCursor(all.subarray(1), 1).readBytes();
    expect(bytes).toEqual(Uint8Array.of(1, 2));
    expect(bytes.constructor).toBe(Uint8Array);
    expect(new AvroCursor(Buffer.from(all), 3).readFixed(2)).toEqual(Uint8Array.of(1, 2));
  });

  it('an index has its branch', () => {
    expect(on(0x02).readIndex(2)).toBe(1);
    expect(() => on(0x04).readIndex(2)).toThrow('a union or enum has no such branch');
    expect(() => on(0x01).readIndex(2)).toThrow('a union or enum has no such branch');
  });

  it('a block counts its items, and its bytes where the count is negative', () => {
    const cursor = on(0x04, 0x03, 0x08, 0x00, 0x00);
    expect([cursor.readBlockCount(), cursor.readBlockCount(), cursor.readBlockCount()]).toEqual([2, 2, 0]);
  });
});

describe('bytes that end too early', () => {
  it.each<[string, (cursor: AvroCursor) => unknown, number[]]>([
    ['boolean', cursor => cursor.readBoolean(), []],
    ['int', cursor => cursor.readInt(), [0x80]],
    ['long', cursor => cursor.readLong(), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['float', cursor => cursor.readFloat(), [0, 0, 0]],
    ['double', cursor => cursor.readDouble(), [0, 0, 0, 0, 0, 0, 0]],
    ['text', cursor => cursor.readText(), [0x04, 0x41]],
    ['bytes', cursor => cursor.readBytes(), [0x04, 0x41]],
    ['fixed', cursor => cursor.readFixed(2), [0x41]],
    ['array', cursor => cursor.readBlockCount(), [0x04, 0x41]],
    ['endless array', cursor => cursor.readBlockCount(), [0x80, 0xd0, 0xac, 0xf3, 0x0e]],
  ])('%s', (_, read, bytes) => {
    expect(() => read(on(...bytes))).toThrow(new MalformedAvro('the bytes end too early'));
  });

  it('a negative length is no length', () => {
    expect(() => on(0x01).readText()).toThrow('a length is negative');
  });
});
