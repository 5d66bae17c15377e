import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../../connector/mapping/bounds/budget.ts';
import { Refusal, refuse } from '../../../../connector/mapping/expressions/refusal.ts';
import { addHelper, type Helper, helper, signatureOf } from '../../../../connector/mapping/helpers/helper.ts';
import { anyParam, intParam, optional, textParam } from '../../../../connector/mapping/helpers/params.ts';

const text = { does: 'Tests.', example: { expression: '', row: '', gives: '' } };
const seen: unknown[] = [];

const repeat = helper(
  { ...text, name: 'repeat' },
  [
    textParam('word', word => (word === '' ? refuse('is empty') : undefined)),
    intParam('times'),
    optional(textParam('between')),
  ],
  'string',
  (word, times, between = '') => {
    seen.push([word, times, between]);
    if (times < 0n) refuse('times is negative');
    return Array(Number(times)).fill(word).join(between);
  },
);
const first: Helper = {
  ...text,
  name: 'first',
  params: [anyParam('a'), anyParam('b')],
  returns: 'dyn',
  kind: 'first-present',
  run: () => null,
};

const environment = new Environment().registerVariable('row', 'map<string, dyn>');
const budget = new Budget();
addHelper(environment, repeat, budget);
addHelper(environment, first, budget);
const evaluate = (expression: string, row: unknown = {}): unknown => environment.evaluate(expression, { row });
const problem = (expression: string) => {
  const checked = environment.check(expression);
  return checked.valid ? null : checked.error?.message.split('\n')[0];
};

describe('a helper in an expression', () => {
  it('is given its arguments in their forms', () => {
    expect(evaluate('repeat(row.word, 2)', { word: 'ab' })).toBe('abab');
    expect(evaluate('repeat("a", 3, "-")')).toBe('a-a-a');
  });

  it('gives null for null, and is not run', () => {
    seen.length = 0;
    expect(evaluate('repeat(row.word, 2)', { word: null })).toBeNull();
    expect(evaluate('repeat("a", row.times)', { times: null })).toBeNull();
    expect(seen).toEqual([]);
  });

  it('is checked at start: types, literals, number of arguments', () => {
    expect(problem('repeat(1, 2)')).toBe("repeat(word, times[, between]): word must be text, but is 'int'");
    expect(problem('repeat("", 2)')).toBe('repeat(word, times[, between]): word: is empty');
    expect(problem('repeat("a")')).toMatch('found no matching overload');
    expect(problem('repeat(repeat("a", 2), 2)')).toBeNull();
    expect(problem('repeat("a", 1) + 1')).toMatch('no such overload');
  });

  it('refuses values of another form, naming the place and not the value', () => {
    expect(() => evaluate('repeat(row.word, 2)', { word: 4711n })).toThrow(
      new Refusal('repeat(row.word, 2): word must be text, but is a whole number'),
    );
    expect(() => evaluate('repeat("a", row.times)', { times: -1n })).toThrow(
      new Refusal('repeat("a", row.times): times is negative'),
    );
  });

  it('can be part of anything: its null is found at run time', () => {
    expect(evaluate('repeat(row.word, 2) + "!"', { word: 'a' })).toBe('aa!');
    expect(() => evaluate('repeat(row.word, 2) + "!"', { word: null })).toThrow('no such overload');
    expect(evaluate('["a", "b"].map(w, repeat(w, 2))')).toEqual(['aa', 'bb']);
  });
});

describe('first-present', () => {
  it('passes over nulls and missing members, but over no other error', () => {
    expect(evaluate('first(row.a, "b")', { a: 'a' })).toBe('a');
    expect(evaluate('first(row.a, "b")', { a: null })).toBe('b');
    expect(evaluate('first(row.a, "b")')).toBe('b');
    expect(evaluate('first(row.a.b.c, "b")', { a: {} })).toBe('b');
    expect(evaluate('first(row.a, null)')).toBeNull();
    expect(() => evaluate('first(1 / row.zero, "b")', { zero: 0n })).toThrow('division by zero');
    expect(() => evaluate('first(row.a, row.b)')).toThrow('No such key: b');
  });

  it('evaluates no more than it needs', () => {
    seen.length = 0;
    expect(evaluate('first("a", repeat("b", 1))')).toBe('a');
    expect(seen).toEqual([]);
  });
});

describe('signatureOf', () => {
  it('shows optional arguments in brackets', () => expect(signatureOf(repeat)).toBe('repeat(word, times[, between])'));
});
