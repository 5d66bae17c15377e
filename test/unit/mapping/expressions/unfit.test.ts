import { describe, expect, it } from 'vitest';
import { checkTable } from '../../../../connector/mapping/check-table.ts';
import {
  aChange,
  leastMapping,
  leastRow,
  mappingOf,
  membersOf,
  openTemplate,
  problemsOf as problemsOfFiles,
  problemsOfRow,
  showing,
} from '../mappings.ts';

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
    const [problem] = problemsOfFiles({
      'a.yaml': { ...leastMapping, languages: { each: { shown: expression }, zh_HK: {} } },
    });
    expect(problem).toMatchObject({ path: 'languages.each.shown', problem: expect.stringMatching(says) });
  });
});

describe('a comparison of types that are never equal', () => {
  const columns = new Map([
    ['paid', 'truth'],
    ['count', 'integer'],
    ['kind', 'text'],
    ['at', 'moment'],
  ] as const);
  const problemsOf = (expression: string) => {
    const documents = [{ file: 'a.yaml', content: { ...leastMapping, when: expression } }];
    const all = new Map([...columns, ...['no', 'user', 'status'].map(name => [name, 'text'] as const)]);
    return checkTable(documents, { templates: [openTemplate], languageBusinessInfo: 'string' }, 'public.orders', all)
      .problems;
  };

  it.each([
    ['row.paid == 1', 'true or false is never equal to a number'],
    ['1 != row.paid', 'no such overload: int != dyn<bool>'],
    ['row.paid in [0, 1]', 'true or false is never equal to a number'],
    ['row.paid == "t"', 'true or false is never equal to text'],
    ['row.count == "1"', 'a number is never equal to text'],
    ['row.kind == 1', 'text is never equal to a number'],
    ['row.at == "2026-11-23"', 'a timestamp is never equal to text'],
  ])('%s is a type problem where the columns are known', (expression, says) => {
    expect(problemsOf(expression)).toEqual([
      expect.objectContaining({ path: 'when', kind: 'type', problem: expect.stringContaining(says) }),
    ]);
  });

  it.each([
    'row.paid == true',
    'row.count == 1',
    'row.count == 1.0',
    'row.kind == "bill"',
    'row.paid == null',
    'row.kind in ["bill", "ride"]',
    'row.at == timestamp(0)',
  ])('%s is none', expression => expect(problemsOf(expression)).toEqual([]));

  it('refuses a row whose boolean is compared with a number, instead of skipping it', () => {
    const mapping = mappingOf({ 'a.yaml': { ...leastMapping, when: 'row.paid == 1' } });
    expect(problemsOfRow(mapping.mapChange(aChange({ ...leastRow, paid: true })))).toEqual([
      'a.yaml: when: row.paid == 1: true or false is never equal to a number; compare with true or false',
    ]);
    expect(mapping.mapChange(aChange({ ...leastRow, paid: 1n })).kind).toBe('change');
    expect(mapping.mapChange(aChange({ ...leastRow, paid: null })).kind).toBe('skipped');
  });
});
