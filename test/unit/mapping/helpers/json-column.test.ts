import {
  array,
  assert,
  bigInt,
  boolean,
  constant,
  dictionary,
  double,
  jsonValue,
  letrec,
  oneof,
  property,
  string,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../../connector/mapping/bounds/budget.ts';
import { readJson } from '../../../../connector/mapping/helpers/json-column.ts';

const read = (text: string) => readJson(text, new Budget());

describe('readJson', () => {
  it.each([
    ['{"a": 1, "b": [2, -3]}', { a: 1n, b: [2n, -3n] }],
    ['12.50', '12.50'],
    ['{"price": 12.50, "seats": 2}', { price: '12.50', seats: 2n }],
    ['[9007199254740993, -9223372036854775808]', [9_007_199_254_740_993n, -9_223_372_036_854_775_808n]],
    ['[9223372036854775808]', ['9223372036854775808']],
    ['[1e3, 1.0, -0]', [1000n, 1n, 0n]],
    ['[1e400, 1e-7]', ['1e400', '0.0000001']],
    ['1.23456785E7', '12345678.5'],
    ['-1.5e-3', '-0.0015'],
    ['[1e18, 1.5E19, 9.5e0]', [10n ** 18n, '15000000000000000000', '9.5']],
    ['null', null],
    ['"text"', 'text'],
    ['{"a": {"b": {"c": 1.10}}}', { a: { b: { c: '1.10' } } }],
  ])('reads %s', (text, value) => expect(read(text)).toEqual(value));

  it('keeps a member called __proto__ a member', () => {
    const found = read('{"__proto__": {"n": 1}, "m": 2}') as object;
    expect(Object.keys(found)).toEqual(['__proto__', 'm']);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });

  it('gives an object with a member called constructor as a Map, for the CEL library would not know it', () => {
    const expected = [
      new Map<string, unknown>([
        ['constructor', 'Ferrari'],
        ['n', 1n],
      ]),
    ];
    expect(read('[{"constructor": "Ferrari", "n": 1}]')).toEqual(expected);
    expect(read('[{"constructor": "Ferrari", "n": 1}, 1.5]')).toEqual([...expected, '1.5']);
  });

  it.each(['', '{', '{a: 1}', 'undefined', "{'a': 1}"])('refuses %j', text => {
    expect(() => read(text)).toThrow('the text is not JSON');
  });

  it('reads any JSON as JSON.parse does, but for its numbers', () => {
    assert(
      property(jsonValue(), value => {
        const text = JSON.stringify(value);
        const numbersAsText = (_: string, member: unknown) =>
          typeof member === 'number' || typeof member === 'bigint' ? Number(member) : member;
        const found = JSON.parse(JSON.stringify(read(text), numbersAsText));
        const expected = JSON.parse(text, (_, member) =>
          typeof member === 'number' && !Number.isSafeInteger(member) ? String(member) : member,
        );
        expect(looselyNumeric(found)).toEqual(looselyNumeric(expected));
      }),
    );
  });

  it('reads whole numbers of 64 bits exactly, wherever they stand', () => {
    const { tree } = letrec<{ tree: unknown }>(tie => ({
      tree: oneof(
        { depthSize: 'small' },
        bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        string(),
        boolean(),
        constant(null),
        array(tie('tree'), { maxLength: 4 }),
        dictionary(string(), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    assert(
      property(tree, double({ noNaN: true, noDefaultInfinity: true }), (value, noise) => {
        const text = `{"tree": ${written(value)}, "noise": ${JSON.stringify(noise)}}`;
        expect((read(text) as { tree: unknown }).tree).toEqual(value);
      }),
    );
  });
});

/** JSON with bigints as whole numbers. */
function written(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${written(member)}`);
  return `{${members.join(',')}}`;
}

/** Numbers and the texts of numbers alike: 1e21 and "1e+21" are one. */
function looselyNumeric(value: unknown): unknown {
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value) + 0;
  if (typeof value === 'number') return value + 0;
  if (Array.isArray(value)) return value.map(looselyNumeric);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, looselyNumeric(member)]));
}
