import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../connector/kernel/row-change.ts';
import { compileExpression, openEnvironment } from '../../../../connector/mapping/expressions/expression.ts';
import { places } from '../../../../connector/mapping/expressions/places.ts';
import { Scope } from '../../../../connector/mapping/expressions/scope.ts';

const environment = openEnvironment();
const names = ['row', 'op', 'details'];

const compiled = (text: string, place: keyof typeof places = 'any') =>
  compileExpression(environment, text, 'data.amount', places[place], names);

function evaluate(text: string, row: Row = {}): unknown {
  const found = compiled(text);
  if (found.kind === 'problem') throw new Error(found.problem);
  return found.source.evaluate(new Scope(row, 'update'));
}

describe('an expression', () => {
  it.each([
    ['row.a', { a: 'x' }, 'x'],
    ['row["in"]', { in: 'x' }, 'x'],
    ['op', {}, 'update'],
    ['cents(row.a) + 1', { a: '0.01' }, 2n],
    ['row.kind == "bill" && row.n > 2', { kind: 'bill', n: 3n }, true],
    ['row.a == null', { a: null }, true],
    ['has(row.a)', {}, false],
    ['[row.a, 1, "b"]', { a: true }, [true, 1n, 'b']],
    ['{"HK": "a"}[row.city]', { city: 'HK' }, 'a'],
    ['row.constructor + json(row.d).constructor', { constructor: 'a', d: '{"constructor": "b"}' }, 'ab'],
    ['row.at + duration("1h")', { at: new Date(0) }, new Date(3_600_000)],
  ])('%s', (text, row, expected) => expect(evaluate(text, row)).toEqual(expected));

  it('knows whether it depends on the language', () => {
    const inLanguage = { ...environment, cel: environment.cel.clone().registerVariable('language', 'string') };
    const uses = (text: string) => {
      const found = compileExpression(inLanguage, text, '', places.any, names);
      return found.kind === 'compiled' && found.source.usesLanguage;
    };
    expect([uses('text(row.a, language)'), uses('row.a'), uses('row.languages'), uses('row.language')]).toEqual([
      true,
      false,
      false,
      // A column of that name: once too often evaluated does no harm.
      true,
    ]);
  });
});

describe('the type of a place', () => {
  it.each([
    ['cents', 'cents(row.a)'],
    ['cents', 'row.a'],
    ['cents', '12'],
    ['text', 'row.a'],
    ['text', '"a"'],
    ['text', 'text(row.a, "zh_HK")'],
    ['truth', 'row.a == 1'],
    ['moment', 'moment(row.a, "UTC")'],
    ['moment', 'millis(row.a)'],
    ['json', 'strings(row.a)'],
    ['json', '{"a": 1.5}'],
  ] as const)('%s takes %s', (place, text) => expect(compiled(text, place).kind).toBe('compiled'));

  it.each([
    ['cents', 'money(1)', "must be cents, a whole number, but is 'string'", 'cents(…) reads decimal text exactly'],
    ['cents', '12.5', "must be cents, a whole number, but is 'double'", 'cents(…) reads decimal text exactly'],
    ['truth', 'cents("1")', "must be true or false, but is 'int'", 'compare, e.g. row.kind == "bill"'],
    ['text', 'moment("2026-11-23", "UTC")', 'must be text, but is a timestamp', 'string(…) makes text of a number'],
    ['text', '["a"]', "must be text, but is 'list'", 'string(…) makes text of a number'],
    [
      'moment',
      '"2026-11-23"',
      "must be a timestamp or epoch milliseconds, but is 'string'",
      'moment(…, "Asia/Hong_Kong") reads text',
    ],
    [
      'json',
      'moment(row.a, "UTC")',
      'must be text, a number, true or false, a list or a map, but is a timestamp',
      places.json.hint,
    ],
    ['json', 'b"a"', "must be text, a number, true or false, a list or a map, but is 'bytes'", places.json.hint],
  ] as const)('%s refuses %s at start', (place, text, problem, hint) => {
    expect(compiled(text, place)).toEqual({ kind: 'problem', problem, hint });
  });
});

describe('what is wrong with an expression', () => {
  it.each([
    ['detials.a', 'Unknown variable: detials (at character 1)', 'did you mean details?'],
    [
      'amount',
      'Unknown variable: amount (at character 1)',
      `variables are row, op, details; a column is row.amount; text stands in quotes: "'amount'"`,
    ],
    ['language', 'Unknown variable: language (at character 1)', 'language is known under languages only'],
    ['cent(row.a)', "found no matching overload for 'cent(dyn)' (at character 1)", 'did you mean cents?'],
    [
      'format(row.a, "yyyy")',
      "found no matching overload for 'format(dyn, string)' (at character 1)",
      'it is called so: format(moment, pattern, zone[, language])',
    ],
    ['frobnicate(1)', "found no matching overload for 'frobnicate(int)' (at character 1)", undefined],
    ['row.a +', 'Unexpected token: EOF (at character 8)', undefined],
    ['"a" + 1', 'no such overload: string + int (at character 1)', undefined],
    [
      'format(row.a, "YYYY", "UTC")',
      "format(moment, pattern, zone[, language]): pattern: the pattern may hold yyyy MM M MMM MMMM dd d EEE EEEE HH H mm ss SSS, and 'text' (at character 15)",
      undefined,
    ],
    [
      'inZone(row.a, "Hong Kong")',
      'inZone(moment, zone): zone: not a time zone of the IANA list, such as "Asia/Hong_Kong" (at character 15)',
      undefined,
    ],
  ])('%s', (text, problem, hint) => {
    expect(compiled(text)).toEqual({ kind: 'problem', problem, ...(hint === undefined ? {} : { hint }) });
  });
});
