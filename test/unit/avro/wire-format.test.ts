import { describe, expect, it } from 'vitest';
import { frameBytes, schemaIdOf } from '../../../connector/avro/wire-format.ts';

describe('the wire format', () => {
  it('has the id behind a zero byte', () => {
    expect(schemaIdOf(Uint8Array.of(0, 1, 2, 3, 4, 9))).toBe(0x01020304);
    expect(schemaIdOf(Uint8Array.of(0, 0, 0, 0, 1))).toBe(1);
    expect(frameBytes).toBe(5);
  });

  it('is read where the bytes are part of a larger buffer', () => {
    expect(schemaIdOf(Uint8Array.of(9, 9, 0, 0, 0, 0, 7).subarray(2))).toBe(7);
  });

  it.each([
    ['nothing', []],
    ['another first byte', [1, 0, 0, 0, 7]],
    ['too few bytes', [0, 0, 0, 7]],
    ['the id 0', [0, 0, 0, 0, 0]],
    ['a negative id', [0, 0xff, 0xff, 0xff, 0xff]],
  ])('is not %s', (_, bytes) => {
    expect(schemaIdOf(Uint8Array.from(bytes))).toBeNull();
  });
});
