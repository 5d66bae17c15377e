import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Row } from '../../../../connector/kernel/row-change.ts';
import { compileExpression, openEnvironment } from '../../../../connector/mapping/expressions/expression.ts';
import { places } from '../../../../connector/mapping/expressions/places.ts';
import { Scope } from '../../../../connector/mapping/expressions/scope.ts';
import { signatureOf } from '../../../../connector/mapping/helpers/helper.ts';
import { helpers } from '../../../../connector/mapping/helpers/table.ts';
import { timeHelpers } from '../../../../connector/mapping/helpers/time-helpers.ts';

const environment = openEnvironment();
const readme = join(import.meta.dirname, '../../../../config/mappings/README.md');

/** Rows and results of the documentation's examples are YAML: whole numbers are bigint, ISO times are timestamps. */
const fromYaml = (text: string): unknown => parse(text, { intAsBigInt: true, customTags: ['timestamp'] });

function evaluate(expression: string, row: unknown): unknown {
  const compiled = compileExpression(environment, expression, 'test', places.any, []);
  if (compiled.kind === 'problem') throw new Error(compiled.problem);
  return compiled.source.evaluate(new Scope(row as Row, 'update'));
}

describe('every helper', () => {
  it.each(helpers)('$name does what its example says', ({ example, name }) => {
    expect(example.expression).toContain(`${name}(`);
    expect(evaluate(example.expression, fromYaml(example.row))).toEqual(fromYaml(example.gives));
  });

  it.each(helpers)('$name gives null for null', of => {
    const least = of.params.filter(param => param.optional !== true).length;
    const nulls = Array(least).fill('null').join(', ');
    expect(evaluate(`${of.name}(${nulls})`, {})).toBeNull();
  });

  it('has a name of its own and a text', () => {
    expect(new Set(helpers.map(({ name }) => name)).size).toBe(helpers.length);
    expect(helpers.filter(({ does }) => !/^[A-Z].+\.$/.test(does))).toEqual([]);
  });

  it('about time is in the table', () => {
    expect(timeHelpers.length).toBeGreaterThan(5);
    expect(timeHelpers.filter(of => !helpers.includes(of))).toEqual([]);
  });

  it('can be shown with its arguments', () => {
    expect(helpers.map(signatureOf)).toEqual(
      expect.arrayContaining([
        'cents(amount)',
        'format(moment, pattern, zone[, language])',
        'default(value, fallback[, next])',
      ]),
    );
  });
});

describe('optional arguments', () => {
  it.each([
    ['format("2026-11-23", "EEEE", "UTC")', 'Monday'],
    ['format("2026-11-23", "EEEE", "UTC", "zh_HK")', '星期一'],
    ['text({"ja_JP": "電力"}, "zh_HK", "ja_JP")', '電力'],
    ['truncate("abc", 2)', 'ab'],
    ['default(row.a, row.b, "c")', 'c'],
  ])('%s', (expression, expected) => expect(evaluate(expression, {})).toBe(expected));
});

describe('config/mappings/README.md', () => {
  it('lists every helper with its example', () => {
    const cell = (text: string) => text.replaceAll('|', '\\|');
    const lines = helpers.map(
      of =>
        `| \`${signatureOf(of)}\` | ${cell(of.does)} | \`${cell(of.example.expression)}\` of \`${cell(of.example.row)}\` is \`${cell(of.example.gives)}\` |`,
    );
    // The formatter aligns the columns.
    const spaced = (line: string) => line.replaceAll(/ +/g, ' ');
    const rows = readFileSync(readme, 'utf8')
      .split('\n')
      .filter(line => /^\| `\w+\(/.test(line));
    expect(rows.map(spaced)).toEqual(lines.map(spaced));
  });
});
