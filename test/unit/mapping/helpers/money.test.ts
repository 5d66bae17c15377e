import { assert, bigInt, integer, nat, property, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../connector/mapping/expressions/refusal.ts';
import { cents, money } from '../../../../connector/mapping/helpers/money.ts';

const largest = BigInt(Number.MAX_SAFE_INTEGER);

describe('cents', () => {
  it.each([
    ['12.50', 1250n],
    ['12.5', 1250n],
    ['12', 1200n],
    ['0.07', 7n],
    ['-0.05', -5n],
    ['-12.30', -1230n],
    ['007.10', 710n],
    ['12.3400', 1234n],
    ['90071992547409.91', largest],
    ['-90071992547409.91', -largest],
  ])('of %s is %s', (text, expected) => expect(cents(text)).toBe(expected));

  it('of whole units is a hundred times as many', () => expect(cents(12n)).toBe(1200n));

  it.each(['', '-', '.5', '5.', '1e3', ' 1', '1 ', '+1', '1,000.00', '١', 'NaN', 'Infinity', '0x10', '1.2.3', '--1'])(
    'refuses %j, which is not plain decimal text',
    text => expect(() => cents(text)).toThrow('not plain decimal text'),
  );

  it.each(['0.001', '12.345', '-1.999', '1.00000000000000000001'])('refuses %s, a fraction of a cent', text =>
    expect(() => cents(text)).toThrow('fractions of a cent'),
  );

  it.each(['90071992547409.92', '-90071992547409.92', '9'.repeat(5000), `${'0'.repeat(30)}1`])(
    'refuses what a JSON number cannot hold: %s',
    text => expect(() => cents(text)).toThrow('out of range'),
  );

  it('refuses whole units that are too many', () => expect(() => cents(largest)).toThrow('out of range'));

  it('is exact: the same as arithmetic on whole numbers', () => {
    const units = bigInt(0n, 90_071_992_547_408n);
    assert(
      property(units, nat(99), nat(4), integer({ min: 0, max: 1 }), (whole, part, zeros, negative) => {
        const text = `${negative === 1 ? '-' : ''}${whole}.${String(part).padStart(2, '0')}${'0'.repeat(zeros)}`;
        const expected = whole * 100n + BigInt(part);
        expect(cents(text)).toBe(negative === 1 ? -expected : expected);
      }),
    );
  });

  it('says nothing of the value it refuses', () => {
    assert(
      property(stringMatching(/^[a-z]{6,12}$/), text => {
        expect(() => cents(text)).toThrow(Refusal);
        try {
          cents(text);
        } catch (error) {
          expect(String(error)).not.toContain(text);
        }
      }),
    );
  });
});

describe('money', () => {
  it.each([
    [1250n, '12.50'],
    [7n, '0.07'],
    [0n, '0.00'],
    [-5n, '-0.05'],
    [-123_456n, '-1234.56'],
  ])('of %s is %s', (amount, text) => expect(money(amount)).toBe(text));

  it('is read back by cents', () => {
    assert(
      property(bigInt(-largest, largest), amount => {
        expect(cents(money(amount))).toBe(amount);
      }),
    );
  });
});
