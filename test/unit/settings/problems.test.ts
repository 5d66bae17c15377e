import { describe, expect, it } from 'vitest';
import { shown } from '../../../connector/settings/problems.ts';

describe('a value in a problem', () => {
  it.each([
    ['x', '"x"'],
    ['x'.repeat(80), `"${'x'.repeat(80)}"`],
    ['x'.repeat(81), 'a text of 81 characters'],
    ['joe:hunter2@host', 'a text of 16 characters'],
    ['-----BEGIN KEY', 'a text of 14 characters'],
    [1.5, '1.5'],
    [false, 'false'],
    [null, 'nothing'],
    [[1], 'a list'],
    [{ a: 1 }, 'a section'],
  ])('%j is shown as %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});
