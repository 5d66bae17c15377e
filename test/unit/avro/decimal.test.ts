import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText } from '../../../connector/avro/decimal.ts';
import { decimalBytes } from '../../support/debezium-records.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('a decimal', () => {
  it.each([
    ['00', 0, '0'],
    ['00', 2, '0.00'],
    ['05', 2, '0.05'],
    ['fb', 2, '-0.05'],
    ['64', 2, '1.00'],
    ['ff9c', 2, '-1.00'],
    // 123456789012
    ['1cbe991a14', 2, '1234567890.12'],
    // 2^47 - 1 and -2^47: the widest that are read as doubles; then 2^48, which is not.
    ['7fffffffffff', 0, '140737488355327'],
    ['800000000000', 0, '-140737488355328'],
    ['01000000000000', 3, '281474976710.656'],
    // MySQL's largest unsigned bigint.
    ['00ffffffffffffffff', 0, '18446744073709551615'],
    ['ffffffffffffffffff', 4, '-0.0001'],
    ['0c', -3, '12000'],
    ['00', -3, '0'],
  ])('%s with scale %i is %s', (hex, scale, text) => {
    expect(decimalText(bytes(hex), scale)).toBe(text);
  });

  it('is exact to its last digit, of any size and scale', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }),
        fc.nat(40),
        fc.nat(200),
        (digits, scale, shift) => {
          const unscaled = digits >> BigInt(shift);
          const text = decimalText(decimalBytes(String(unscaled), 0), scale);
          // Without the point it is the integer again, and so many digits follow the point.
          expect(BigInt(text?.replace('.', '') ?? 'none')).toBe(unscaled);
          expect(text?.split('.')[1]?.length ?? 0).toBe(scale);
        },
      ),
    );
  });

  it('is read from its view only', () => {
    expect(decimalText(bytes('7f0102').subarray(1, 2), 0)).toBe('1');
    expect(decimalText(bytes('7f0102030405060708').subarray(1, 8), 0)).toBe(String(0x01020304050607n));
  });
});

describe('bytes that are no decimal, or larger than a declared one of any database,', () => {
  it.each([
    ['no bytes', new Uint8Array(0), 2],
    ['1,025 bytes', new Uint8Array(1_025), 2],
    ['a scale of 1,001', bytes('01'), 1_001],
    ['a scale of -1,001', bytes('01'), -1_001],
    ['half a scale', bytes('01'), 0.5],
    ['no scale', bytes('01'), Number.NaN],
  ])('are none: %s', (_, unscaled, scale) => {
    expect(decimalText(unscaled, scale)).toBeNull();
  });

  it("are none, but PostgreSQL's widest declared numeric is one", () => {
    const widest = 10n ** 1_000n - 1n;
    expect(decimalText(decimalBytes(String(widest), 0), 1_000)).toBe(`0.${'9'.repeat(1_000)}`);
    expect(decimalText(bytes('01'), -1_000)).toHaveLength(1_001);
    expect(decimalText(new Uint8Array(1_024).fill(1), 0)).toHaveLength(2_464);
  });
});
