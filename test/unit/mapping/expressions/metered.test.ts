import { describe, expect, it } from 'vitest';
import {
  aChange,
  changeOf,
  leastMapping,
  leastRow,
  listOf,
  mappingOf,
  problemsOfRow,
  problemsShowing,
  showing,
} from '../mappings.ts';

// Work is counted, never timed: without bounds these rows cost seconds to hours.

describe('the steps of the expressions', () => {
  it.each([
    ['nested quantifiers', 'row.list.all(x, row.list.exists(y, row.list.all(z, z >= 0) && y == x))'],
    ['nested maps', 'row.list.map(x, row.list.map(y, row.list.map(z, z)))'],
    ['membership in a long list', 'row.long.all(x, x in row.long)'],
    ['membership that an error hides', 'row.long.all(x, x in row.long) || true'],
    ['texts that grow', 'row.list.map(x, row.text + string(x)).join("")'],
    ['lists that grow', 'row.long.map(x, row.long + [x])'],
    ['search in a long text', 'row.long.exists(x, row.text.contains("b"))'],
    ['a search that backtracks', '(row.text + row.text).contains(row.text.substring(1) + "b")'],
    ['moments on clocks of time zones', 'row.long.map(x, format(timestamp(x * 86400), "yyyy", "Asia/Hong_Kong"))'],
    ['hours on the clock of a time zone', 'row.long.map(x, timestamp(x * 86400).getHours("Asia/Hong_Kong"))'],
    ['errors that a quantifier hides', 'row.long.exists(x, row.none == x)'],
    ['errors that || hides', 'row.long.map(x, row.none == x || true)'],
    ['missing members in default', 'row.long.map(x, default(row.none, x))'],
    ['parsing JSON again and again', 'row.long.map(x, json(row.json))'],
  ])('stops %s', (_name, expression) => {
    const row = { list: listOf(400), long: listOf(20_000), text: 'a'.repeat(100_000), json: `[${'1,'.repeat(999)}1]` };
    expect(problemsShowing(expression, row)).toEqual([
      'a.yaml: languages.each.shown: the mapping takes more than 1000000 steps for this row (mapping.stepsMax)',
    ]);
  });

  it('accepts comprehensions over the lists of an order', () => {
    const row = { list: listOf(100) };
    expect(problemsShowing('row.list.filter(x, row.list.exists(y, y == x)).map(x, string(x))', row)).toEqual([]);
  });

  it('counts anew for each change', () => {
    const mapping = showing('row.list.map(x, x)');
    for (let i = 0; i < 100; i++) {
      expect(mapping.mapChange(aChange({ ...leastRow, list: listOf(20_000) })).kind).toBe('change');
    }
  });

  it('tells the bound of a deleted row whose order number costs too much, and skips no end', () => {
    const mapping = mappingOf({
      'a.yaml': { ...leastMapping, onDelete: 'CLOSED', merchantBizNo: 'string(row.long.all(x, x in row.long))' },
    });
    const mapped = mapping.mapChange(aChange({ ...leastRow, long: listOf(20_000) }, { op: 'delete', key: 'A1' }));
    expect(problemsOfRow(mapped)[0]).toMatch(/merchantBizNo: .*1000000 steps/);
  });

  it('ends the card of a deleted row without what costs too much', () => {
    const mapping = mappingOf({
      'a.yaml': {
        ...leastMapping,
        onDelete: 'CLOSED',
        languages: { each: { shown: 'row.long.all(x, x in row.long)' }, zh_HK: {} },
      },
    });
    const mapped = mapping.mapChange(aChange({ ...leastRow, long: listOf(20_000) }, { op: 'delete' }));
    expect(changeOf(mapped).card.status).toBe('CLOSED');
  });
});
