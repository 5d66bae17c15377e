import { describe, expect, it } from 'vitest';
import { aChange, leastMapping, leastRow, mappingOf, problemsOfRow, problemsShowing } from '../mappings.ts';

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
