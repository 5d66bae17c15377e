import { describe, expect, it } from 'vitest';
import { filterOf } from '../../../../connector/cli/dead-letters/flags.ts';
import { countOf, momentOf, placeOf } from '../../../../connector/cli/terminal/arguments.ts';
import { instant } from '../../../../connector/kernel/time.ts';

const now = instant(Date.UTC(2026, 10, 23, 12));

describe('what stands behind flags', () => {
  it.each([
    ['2026-11-23T08:00:00Z', Date.UTC(2026, 10, 23, 8)],
    ['2026-11-23', Date.UTC(2026, 10, 23)],
    ['30s', now - 30_000],
    ['90m', now - 5_400_000],
    ['2h', now - 7_200_000],
    ['7d', now - 604_800_000],
  ])('read %s as a moment', (text, ms) => {
    expect(momentOf(text, now)).toBe(ms);
  });

  it.each(['', 'yesterday', '2', 'h', '2026-13-45', '1w'])('refuse %j as a moment', text => {
    expect(() => momentOf(text, now)).toThrow(/2026-11-23T08:00:00Z/);
  });

  it('read a place and a count, and refuse others', () => {
    expect(placeOf('3@9007199254740993')).toEqual({ partition: 3, offset: 9_007_199_254_740_993n });
    expect(() => placeOf('3/4')).toThrow(/<partition>@<offset>/);
    expect(countOf('12')).toBe(12);
    for (const text of ['0', '-1', '1.5', 'x']) expect(() => countOf(text)).toThrow(/whole number/);
  });

  it('say only what was given', () => {
    expect(filterOf({})).toEqual({});
    const at = { partition: 1, offset: 2n };
    expect(filterOf({ code: 'X', at })).toEqual({ code: 'X', place: at });
  });
});
