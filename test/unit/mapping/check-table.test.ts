import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ColumnKind } from '../../../connector/kernel/row-change.ts';
import { checkTable } from '../../../connector/mapping/check-table.ts';
import { exampleMappings, knownTemplates, leastMapping, openTemplate } from './mappings.ts';

const least = { no: 'text', user: 'text', status: 'text' } as const;

function check(files: Readonly<Record<string, unknown>>, columns: Readonly<Record<string, ColumnKind>>) {
  const documents = Object.entries(files).map(([file, content]) => ({ file, content }));
  const options = { templates: [...knownTemplates, openTemplate], languageBusinessInfo: 'string' } as const;
  return checkTable(documents, options, 'public.orders', new Map(Object.entries(columns)));
}

const problemOf = (change: object, columns: Readonly<Record<string, ColumnKind>> = {}) =>
  check({ 'a.yaml': { ...leastMapping, ...change } }, { ...least, ...columns }).problems;

describe('a table and its mappings', () => {
  it('fit where every column is there, of a type that the expression takes', () => {
    const others = { 'b.yaml': { ...leastMapping, table: 'public.others', when: 'row.nope' } };
    expect(check({ 'a.yaml': { ...leastMapping, onDelete: 'CLOSED' }, ...others }, least)).toEqual({
      mappings: [{ file: 'a.yaml', template: 'OPEN', endsOnDelete: true }],
      columns: new Set(['no', 'user', 'status']),
      problems: [],
    });
  });

  it('of the examples fit a table like the demo’s', () => {
    const texts = 'merchant_biz_no kind status user_id currency details amount pay_amount due_on'.split(' ');
    const moments = ['starts_at', 'ends_at', 'updated_at', 'created_at'];
    const columns = Object.fromEntries<ColumnKind>([
      ...texts.map(name => [name, 'text'] as const),
      ...moments.map(name => [name, 'moment'] as const),
    ]);
    const files = Object.entries(exampleMappings).map(([name, text]) => [name, parse(text) as unknown] as const);
    const { mappings, problems } = check(Object.fromEntries(files), columns);
    expect(problems).toEqual([]);
    expect(mappings).toHaveLength(5);
  });

  it('do not where a column is not there; what is meant is guessed', () => {
    expect(problemOf({ when: 'row.kynd == "bill"', bizDate: 'row.kynd' }, { kind: 'text' })).toEqual([
      {
        ...{ file: 'a.yaml', path: 'when', kind: 'missing' },
        ...{ problem: 'the table has no column "kynd"', hint: 'did you mean kind?' },
      },
      {
        ...{ file: 'a.yaml', path: 'bizDate', kind: 'missing' },
        ...{ problem: 'the table has no column "kynd"', hint: 'did you mean kind?' },
      },
    ]);
  });

  it('are told apart where the expression copes with its absence', () => {
    expect(problemOf({ userId: 'default(row.nick, row.user)' })).toMatchObject([{ path: 'userId', kind: 'guarded' }]);
  });

  it('do not where an expression cannot take the column’s values', () => {
    const data = { amount: 'cents(row.amount)', amountCurrency: '"HKD"' };
    expect(problemOf({ data }, { amount: 'float' })).toEqual([
      {
        ...{ file: 'a.yaml', path: 'data.amount', kind: 'type' },
        problem: expect.stringContaining("amount must be decimal text or a whole number, but is 'double'"),
      },
    ]);
    expect(problemOf({ bizDate: 'row.at' }, { at: 'text' })).toMatchObject([{ path: 'bizDate', kind: 'type' }]);
    expect(problemOf({ data, bizDate: 'row.at' }, { at: 'moment', amount: 'text' })).toEqual([]);
    expect(problemOf({ data, when: 'row.x == null' }, { x: 'text', amount: 'integer' })).toEqual([]);
  });

  it('are not judged by an expression that takes the row as a whole', () => {
    expect(problemOf({ when: 'row.exists(name, name == "x")' })).toEqual([]);
    expect(problemOf({ when: '"x" in row && row.x == "y"' })).toMatchObject([{ kind: 'guarded' }]);
  });
});
