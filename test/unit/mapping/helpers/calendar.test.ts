import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { civilFromDays, dayMs, daysFromCivil, daysInMonth } from '../../../../connector/mapping/helpers/calendar.ts';

// The built-in Date is the oracle: it knows the same proleptic Gregorian calendar.
const anyDay = integer({ min: -1_000_000, max: 3_000_000 });

describe('the calendar', () => {
  it('gives the day that Date gives', () => {
    assert(
      property(anyDay, days => {
        const date = new Date(days * dayMs);
        const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
        expect(civilFromDays(days)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts back to the same day', () => {
    assert(
      property(anyDay, days => {
        const { year, month, day } = civilFromDays(days);
        expect(daysFromCivil(year, month, day)).toBe(days);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [2024, 2, 29],
    [2023, 2, 28],
    [1900, 2, 28],
    [2000, 2, 29],
    [2026, 4, 30],
    [2026, 12, 31],
  ])('knows the days of %i-%i', (year, month, days) => expect(daysInMonth(year, month)).toBe(days));
});
