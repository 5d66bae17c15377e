import { Environment } from '@marcbachmann/cel-js';
import { assert, bigInt, double, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../connector/mapping/bounds/budget.ts';
import {
  readCents,
  readCurrency,
  readId,
  readMoment,
  readText,
  readTruth,
  readUserId,
  toJson,
} from '../../../connector/mapping/card-values.ts';
import { anyText } from './mappings.ts';

const limit = 2n ** 53n;

const json = (value: unknown) => toJson(value, new Budget());

describe('toJson', () => {
  it.each([
    ['text', 'text'],
    [12n, 12],
    [limit - 1n, Number.MAX_SAFE_INTEGER],
    [-limit + 1n, Number.MIN_SAFE_INTEGER],
    [1.5, 1.5],
    [true, true],
    [null, null],
    [
      ['a', 1n],
      ['a', 1],
    ],
    [
      { a: 1n, b: null, c: { d: null } },
      { a: 1, c: {} },
    ],
    [new Map([['a', 1n]]), { a: 1 }],
    [new Environment().evaluate('7u'), 7],
  ])('of %o', (value, expected) => expect(json(value)).toEqual(expected));

  it.each([
    [limit, 'too large for JSON'],
    [-limit, 'too large for JSON'],
    [Number.NaN, 'not a finite number'],
    [Number.POSITIVE_INFINITY, 'not a finite number'],
    ['a\ud800', 'surrogate'],
    [{ '\udc00': 1n }, 'surrogate'],
    [new Date(0), 'is a timestamp; write it with format('],
    [new Uint8Array(2), 'is bytes'],
    [[null], 'a list may not hold null'],
    [new Map([[1n, 'a']]), "a map's keys must be text"],
    [new Environment().evaluate('duration("1s")'), 'cannot be written as JSON'],
    [new Environment().evaluate('type(1)'), 'cannot be written as JSON'],
    [undefined, 'cannot be written as JSON'],
    [Symbol('x'), 'cannot be written as JSON'],
  ])('refuses %o', (value, text) => expect(() => json(value)).toThrow(text));

  it('keeps what JSON can hold as it is', () => {
    const nullFree = jsonValue().filter(value => !JSON.stringify(value).includes('null'));
    assert(
      property(nullFree, value => {
        if (!JSON.stringify(value).isWellFormed()) return;
        expect(JSON.parse(JSON.stringify(json(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is exact or refuses, for any whole number', () => {
    assert(
      property(bigInt(-(2n ** 63n), 2n ** 63n), value => {
        if (value < limit && value > -limit) expect(BigInt(json(value) as number)).toBe(value);
        else expect(() => json(value)).toThrow('too large');
      }),
    );
  });

  it('is exact for any finite float', () => {
    assert(
      property(double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(JSON.parse(JSON.stringify(json(value))) + 0).toBe(value + 0);
      }),
    );
  });

  it('is exact or refuses, for any text', () => {
    assert(
      property(anyText, string(), (value, other) => {
        expect(json([value, other])).toEqual([value, other]);
      }),
    );
  });
});

describe('the readers', () => {
  it('readTruth takes true and false only', () => {
    expect([readTruth(true), readTruth(false)]).toEqual([true, false]);
    for (const value of [null, 'true', 1n]) expect(() => readTruth(value)).toThrow('must be true or false');
  });

  it('readText takes text and whole numbers; empty is none', () => {
    expect([readText('a'), readText(12n), readText(''), readText(null)]).toEqual(['a', '12', null, null]);
    for (const value of [1.5, true, new Date(0), {}]) expect(() => readText(value)).toThrow('must be text');
    expect(() => readText('\ud800')).toThrow('surrogate');
  });

  it('readId cannot do without', () => {
    expect(readId(7n)).toBe('7');
    for (const value of ['', null]) expect(() => readId(value)).toThrow('is null or empty');
  });

  it('readId takes text of 256 characters and refuses a longer one', () => {
    const longest = 'x'.repeat(256);
    expect(readId(longest)).toBe(longest);
    expect(() => readId(`${longest}x`)).toThrow('longer than 256');
    expect(() => readId('')).toThrow('is null or empty');
  });

  it.each(['A1 ', ' A1', 'A1\t', '\u3000A1'])('readId refuses %j and says to trim', text => {
    expect(() => readId(text)).toThrow('has blanks around it, as values of a char(n) column have; add .trim()');
  });

  it.each(['A\u00001', 'A\n1', 'A\u007f1', 'A\u00851'])('readId refuses %j for its control character', text => {
    expect(() => readId(text)).toThrow('has a control character');
  });

  it('readId takes blanks within the text', () => expect(readId('A 1/字')).toBe('A 1/字'));

  it('readUserId takes 16 digits and refuses anything else', () => {
    expect([readUserId('2160000000000001'), readUserId(2188000000000001n)]).toEqual([
      '2160000000000001',
      '2188000000000001',
    ]);
    for (const text of ['216000000000001', '21600000000000011', '216000000000000x', '２160000000000001']) {
      expect(() => readUserId(text)).toThrow('is not 16 digits');
    }
  });

  it('readCents refuses a negative amount', () => {
    expect(readCents(0n)).toBe(0);
    expect(() => readCents(-1n)).toThrow('is negative');
  });

  it('readCents takes whole numbers only', () => {
    expect([readCents(1250n), readCents(null)]).toEqual([1250, null]);
    for (const value of ['12.50', 12.5]) expect(() => readCents(value)).toThrow('must be cents, a whole number');
    expect(() => readCents(limit)).toThrow('too large');
  });

  it('readCurrency knows two', () => {
    expect([readCurrency('HKD'), readCurrency('CNY'), readCurrency(null)]).toEqual(['HKD', 'CNY', null]);
    for (const value of ['USD', 'hkd', 'HKD ']) expect(() => readCurrency(value)).toThrow('neither HKD nor CNY');
  });

  it('readMoment takes timestamps and epoch milliseconds, not seconds', () => {
    const now = 1_795_419_161_397;
    expect([readMoment(new Date(now)), readMoment(BigInt(now)), readMoment(null)]).toEqual([now, now, null]);
    for (const value of [1_795_419_161n, new Date(0), -1n, 10n ** 18n]) {
      expect(() => readMoment(value)).toThrow('is it seconds?');
    }
    for (const value of ['2026-11-23', 1.5, new Date(Number.NaN)])
      expect(() => readMoment(value)).toThrow('must be a timestamp');
  });
});
