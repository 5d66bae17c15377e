import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../connector/kernel/row-change.ts';
import { compileExpression, openEnvironment } from '../../../../connector/mapping/expressions/expression.ts';
import { places } from '../../../../connector/mapping/expressions/places.ts';
import {
  explain,
  isMissingMember,
  kindOf,
  nodeText,
  Refusal,
  refuse,
} from '../../../../connector/mapping/expressions/refusal.ts';
import { Scope } from '../../../../connector/mapping/expressions/scope.ts';

const environment = openEnvironment();

/** What is said of an expression that fails for a row. */
function explained(text: string, row: Row): string {
  const compiled = compileExpression(environment, text, '', places.any, []);
  if (compiled.kind === 'problem') throw new Error(compiled.problem);
  try {
    compiled.source.evaluate(new Scope(row, 'update'));
  } catch (error) {
    return explain(error, row);
  }
  throw new Error(`${text} did not fail`);
}

describe('explain', () => {
  it.each([
    ['row.amout', { amount: '1' }, 'the row has no column "amout"; did you mean amount?'],
    ['row["amout"]', { amount: '1' }, 'the row has no column "amout"; did you mean amount?'],
    ['row.amout', { b: '1' }, 'the row has no column "amout"'],
    ['json(row.a).b.c', { a: '{"b": {}}' }, 'json(row.a).b has no member "c"'],
    ['json(row.a).b.c', { a: '{"b": null}' }, 'json(row.a).b has no member "c"'],
    ['has(row.a.b)', {}, 'the row has no column "a"'],
    ['cents(row.a)', { a: 'secret' }, 'cents(row.a): the amount is not plain decimal text, such as "12.50"'],
    [
      'cents(row.a)',
      { a: 1.5 },
      'cents(row.a): amount must be decimal text or a whole number, but is a floating-point number',
    ],
    ['row.a + 1', { a: 'secret' }, 'row.a + 1: no such overload: dyn<string> + int'],
    ['row.a ? 1 : 2', { a: 'secret' }, "row.a: Ternary condition must be bool, got 'string'"],
    ['int(row.a)', { a: 'secret' }, 'int(row.a): int() type error: cannot convert to int'],
    ['1 / row.a', { a: 0n }, '1 / row.a: division by zero'],
  ])('%s', (text, row, expected) => expect(explained(text, row)).toBe(expected));

  // Texts of the CEL library that quote the value, or the key that it was looked up by.
  it.each([
    ['bool(row.secret)'],
    ['duration(row.secret)'],
    ['{"a": 1}[row.secret]'],
    ['json(row.members)[row.secret]'],
    ['row.int * row.int * row.int * row.int'],
    ['[1][row.int]'],
    ['row.strange.a'],
    ['timestamp(row.secret)'],
  ])('%s tells nothing of the row', text => {
    const strange = { constructor: { name: 'Taipei-4711' } };
    const row = { secret: 'Taipei-4711', pattern: '(Taipei-4711', members: '{}', int: 47_114_711_471_147n, strange };
    const said = explained(text, row);
    expect(said).not.toMatch(/Taipei|4711/);
    expect(said).not.toBe('');
  });

  it('says nothing of an error that it does not know', () => {
    expect(explain(new RangeError('secret'), {})).toBe('cannot be evaluated for this row');
    expect(explain('secret', {})).toBe('cannot be evaluated for this row');
    expect(explain(undefined, {})).toBe('cannot be evaluated for this row');
  });

  it('repeats a refusal', () => expect(explain(new Refusal('is null'), {})).toBe('is null'));
});

describe('kindOf', () => {
  it.each([
    [null, 'null'],
    [undefined, 'null'],
    ['a', 'text'],
    [1n, 'a whole number'],
    [1, 'a floating-point number'],
    [true, 'true or false'],
    [[], 'a list'],
    [{}, 'a map'],
    [new Map(), 'a map'],
    [new Date(0), 'a timestamp'],
    [new Date(Number.NaN), 'an invalid timestamp'],
    [new Uint8Array(1), 'bytes'],
  ])('%o is %s', (value, kind) => expect(kindOf(value)).toBe(kind));
});

describe('the rest', () => {
  it('refuse throws a refusal', () => expect(() => refuse('no')).toThrow(new Refusal('no')));

  it('isMissingMember tells a missing column from other errors', () => {
    const failure = (text: string, row: Row) => {
      try {
        return environment.cel.evaluate(text, { row });
      } catch (error) {
        return error;
      }
    };
    expect(isMissingMember(failure('row.a', {}))).toBe(true);
    expect(isMissingMember(failure('1 / row.a', { a: 0n }))).toBe(false);
    expect(isMissingMember(new Error('No such key'))).toBe(false);
  });

  it('nodeText is the part of the source', () => {
    expect(nodeText(environment.cel.parse('row.a + 12').ast)).toBe('row.a + 12');
    expect(nodeText(undefined)).toBe('');
  });
});
