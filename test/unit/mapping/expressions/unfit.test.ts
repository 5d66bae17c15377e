import { describe, expect, it } from 'vitest';
import { aChange, leastMapping, leastRow, membersOf, problemsOf, showing } from '../mappings.ts';

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
