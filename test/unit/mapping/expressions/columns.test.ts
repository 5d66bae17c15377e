import { describe, expect, it } from 'vitest';
import { columnsIn } from '../../../../connector/mapping/expressions/columns.ts';
import { openEnvironment } from '../../../../connector/mapping/expressions/expression.ts';

function used(expression: string) {
  const { columns, asMap } = columnsIn(openEnvironment().cel.parse(expression).ast);
  return [...columns].map(([name, { guarded }]) => `${name}${guarded ? '?' : ''}`).join(' ') + (asMap ? ' *' : '');
}

describe('the columns of an expression', () => {
  it('are found wherever they stand', () => {
    expect(used('row.a')).toBe('a');
    expect(used('row["a b"] + string(row.n + 1)')).toBe('a b n');
    expect(used('json(row.details).a[row.n] == {"x": [row.m]}.x[0]')).toBe('details n m');
    expect(used('row.a ? row.b : row.c || !row.d')).toBe('a b c d');
    expect(used('row.a.startsWith(row.b)')).toBe('a b');
    expect(used('"row.a" + op')).toBe('');
  });

  it('are guarded where the expression copes with their absence', () => {
    expect(used('has(row.a) ? row.a : ""')).toBe('a?');
    expect(used('default(row.a, row.b)')).toBe('b a?');
    expect(used('default(text(json(row.a), "zh_HK"), "x")')).toBe('a?');
    expect(used('"a" in row && row.a != null')).toBe('a? *');
  });

  it('may be any where the row is used as a whole', () => {
    expect(used('row.map(name, row[name])')).toBe(' *');
    expect(used('row[op]')).toBe(' *');
    expect(used('size(row) > 1')).toBe(' *');
  });
});
