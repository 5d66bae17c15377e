import { describe, expect, it } from 'vitest';
import type { Row } from '../../../connector/kernel/row-change.ts';
import {
  aChange,
  changeOf,
  exampleMappings,
  leastMapping,
  leastRow,
  mappingOf,
  membersOf,
  problemsOf,
  problemsOfRow,
} from './mappings.ts';

// Past a bound a row is a dead letter whose text names the bound. Work is counted, never timed: these rows cost seconds to hours without bounds.

const ride = (details: string): Row => ({
  merchant_biz_no: 'A1',
  kind: 'ride',
  status: 'booked',
  user_id: '2160000000000001',
  amount: '1.00',
  pay_amount: null,
  currency: 'HKD',
  due_on: null,
  starts_at: new Date(1_800_000_000_000),
  ends_at: null,
  details,
  updated_at: new Date(1_800_000_000_000),
});

const showing = (expression: string, more: object = {}) =>
  mappingOf({ 'a.yaml': { ...leastMapping, ...more, languages: { each: { shown: expression }, zh_HK: {} } } });
const problemsShowing = (expression: string, row: Row = {}, more: object = {}) =>
  problemsOfRow(showing(expression, more).mapChange(aChange({ ...leastRow, ...row })));

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const listOf = (length: number) => Array.from({ length }, (_, index) => BigInt(index));

describe('the depth of a value', () => {
  it('refuses a JSON column of 4,500 levels through the shipped ride mapping', () => {
    const row = ride(`{"detail_url": ${nested(4_500)}}`);
    const [problem] = problemsOfRow(mappingOf(exampleMappings).mapChange(aChange(row)));
    expect(problem).toMatch(/^ride-hailing.yaml: let.details: .*nested deeper than 64 levels/);
  });

  it('accepts a JSON column of 60 levels and refuses one of 65', () => {
    expect(problemsShowing('json(row.d)', { d: nested(60) })).toEqual([]);
    expect(problemsShowing('json(row.d)', { d: nested(65) })).toEqual([
      expect.stringMatching(/nested deeper than 64 levels/),
    ]);
  });

  it('refuses a column whose value nests deeper than 64 levels', () => {
    let value: Row[string] = 'x';
    for (let level = 0; level < 5_000; level++) value = [value];
    expect(problemsShowing('row.tree', { tree: value })).toEqual([
      'a.yaml: languages.each.shown: nested deeper than 64 levels',
    ]);
  });
});

describe('the size of a card', () => {
  it('refuses a description of 430,000 quotes', () => {
    expect(problemsShowing('row.text', { text: '"'.repeat(430_000) })).toEqual([
      expect.stringMatching(/the card is larger than 262144 bytes \(mapping.cardBytesMax\)/),
    ]);
  });

  it('refuses a card that only its escapes make too large', () => {
    expect(problemsShowing('row.text', { text: '"'.repeat(130_000) })).toEqual([
      expect.stringMatching(/the card is larger than 262144 bytes \(mapping.cardBytesMax\)/),
    ]);
  });

  it('counts bytes of UTF-8, not characters', () => {
    expect(problemsShowing('row.text', { text: '字'.repeat(80_000) })).toEqual([]);
    expect(problemsShowing('row.text', { text: '字'.repeat(90_000) })).toEqual([expect.stringMatching(/cardBytesMax/)]);
  });

  it('takes the bound from the settings', () => {
    const limits = { stepsMax: 1_000_000, cardBytesMax: 300, jsonCharactersMax: 1_000 };
    const mapping = mappingOf({ 'a.yaml': leastMapping }, { limits });
    expect(mapping.mapChange(aChange(leastRow)).kind).toBe('change');
    const row = { ...leastRow, no: 'A'.repeat(250) };
    expect(problemsOfRow(mapping.mapChange(aChange(row)))).toEqual([expect.stringMatching(/larger than 300 bytes/)]);
  });

  it('stops texts that double in each let before they fill the memory', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`t${index}`, index === 0 ? 'row.no' : `t${index - 1} + t${index - 1}`]),
    );
    expect(problemsShowing('t39', {}, { let: lets })).toEqual([expect.stringMatching(/1000000 steps/)]);
  });

  it('stops texts that a helper makes longer in each let', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `t${i}`,
        i === 0
          ? 'row.no'
          : `join([${Array(20)
              .fill(`t${i - 1}`)
              .join(', ')}], "")`,
      ]),
    );
    expect(problemsShowing('t11', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
  });

  it('stops lists that hold one another twice in each let', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`t${i}`, i === 0 ? '["a"]' : `[t${i - 1}, t${i - 1}]`]),
    );
    expect(problemsShowing('t40', {}, { let: lets })).toEqual([expect.stringMatching(/cardBytesMax/)]);
    expect(problemsShowing('t40 == t39', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
    expect(problemsShowing('t40 in [t40 + []]', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
  });
});

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

describe('a JSON column', () => {
  it('is refused unread where it is longer than its bound', () => {
    expect(problemsShowing('json(row.d)', { d: `"${'x'.repeat(4_194_304)}"` })).toEqual([
      expect.stringMatching(/the JSON text is longer than 4194304 characters \(mapping.jsonCharactersMax\)/),
    ]);
  });

  it('is refused where it holds more values than the mapping has steps', () => {
    expect(problemsShowing('json(row.d)', { d: `[${'[],'.repeat(1_100_000)}0]` })).toEqual([
      expect.stringMatching(/1000000 steps/),
    ]);
    expect(problemsShowing('json(row.d)', { d: `[${'0.5,'.repeat(300_000)}0.5]` })).toEqual([
      expect.stringMatching(/1000000 steps/),
    ]);
  });
});

describe('the problems of a row', () => {
  it('lists 20 of them and says that there are more', () => {
    const each = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`m${index}`, `row.none${index}`]));
    const mapping = mappingOf({ 'a.yaml': { ...leastMapping, languages: { each, zh_HK: {}, en_US: {} } } });
    const problems = problemsOfRow(mapping.mapChange(aChange(leastRow)));
    expect(problems).toHaveLength(21);
    expect(problems[20]).toBe('further problems are not listed');
  });

  it('cuts a problem that names a long member', () => {
    const name = 'n'.repeat(100_000);
    const [problem = ''] = problemsShowing('json(row.d)[row.n]', { d: '{}', n: name });
    expect(problem.length).toBeLessThanOrEqual(500);
  });
});

describe('matches', () => {
  it('answers in linear time where a backtracking engine would not end', () => {
    const mapped = showing('row.text.matches("^(a+)+$")').mapChange(
      aChange({ ...leastRow, text: `${'a'.repeat(35)}!` }),
    );
    expect(Object(membersOf(mapped).syncDataInfo).languageBusinessInfo).toEqual({ zh_HK: { shown: false } });
  });

  it.each([
    ['row.text.matches(row.pattern)', /must be a text, not an expression/],
    ['row.text.matches("a" + "b")', /must be a text, not an expression/],
    [String.raw`row.text.matches("(a)\\1")`, /RE2/],
    ['row.text.matches("(?=a)")', /RE2/],
    ['row.text.matches("(")', /RE2/],
    ['row.list.exists(x, x.matches(row.pattern))', /must be a text, not an expression/],
  ])('refuses the pattern of %s when the mapping is compiled', (expression, says) => {
    const [problem] = problemsOf({
      'a.yaml': { ...leastMapping, languages: { each: { shown: expression }, zh_HK: {} } },
    });
    expect(problem).toMatchObject({ path: 'languages.each.shown', problem: expect.stringMatching(says) });
  });
});
