import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRe2, schemaPattern } from '../../../../connector/mapping/bounds/linear-pattern.ts';

describe('schemaPattern', () => {
  it.each([
    '^[0-9]+$',
    '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$',
    String.raw`^[0-9]{4}/[0-9]{2}/[0-9]{2} ?\(.+\)$`,
    '^https?://',
    '^$|^[+-][0-9]+天$|^[+-][0-9]+Day$',
  ])('leaves %s to V8, which takes time linear in the text', pattern => {
    expect(schemaPattern(pattern)).toBeInstanceOf(RegExp);
  });

  it.each([
    '^(a+)+$',
    '^a*a*$',
    'a+b',
    '^a?a?a?a?a?b$',
    '^a|b$',
    '^[a-z]{1,50}$',
    String.raw`^\p{L}+$`,
    '^(a|b)*$',
    '^[+*]+[a]+$',
  ])('runs %s in RE2', pattern => expect(schemaPattern(pattern)).not.toBeInstanceOf(RegExp));

  it('answers as V8 does', () => {
    const part = constantFrom('a', 'b', '[ab]', '[^a]', String.raw`\d`, '.', '(a|b)', '(ab)', '字');
    const pattern = array(
      array(constantFrom('', '', '?', '*', '+', '{2}', '{1,2}'), { minLength: 1, maxLength: 1 }).chain(([quantifier]) =>
        part.map(text => `${text}${quantifier}`),
      ),
      { maxLength: 4 },
    ).map(parts => parts.join(''));
    const text = string({ unit: constantFrom('a', 'b', '1', '字', '🚆'), maxLength: 8 });
    assert(
      property(pattern, constantFrom('', '^'), constantFrom('', '$'), text, (body, begins, ends, value) => {
        const source = `${begins}${body}${ends}`;
        expect(schemaPattern(source).test(value)).toBe(new RegExp(source, 'u').test(value));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('compileRe2', () => {
  it('counts more steps for a longer text and a longer pattern', () => {
    const steps = (pattern: string, text: string) => {
      const compiled = compileRe2(pattern);
      return typeof compiled === 'string' ? 0 : compiled.stepsFor(text);
    };
    expect(steps('a', 'x'.repeat(1_000))).toBeGreaterThan(steps('a', 'x'));
    expect(steps('(a|b){1,30}', 'x'.repeat(1_000))).toBeGreaterThan(steps('a', 'x'.repeat(1_000)));
  });

  it('says why a pattern is not one of RE2', () => expect(compileRe2('(')).toMatch(/missing closing/));
});
