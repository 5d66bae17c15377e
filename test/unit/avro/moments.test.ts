import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOfDays, momentOf, momentOfText, timeOfDay, withoutZone } from '../../../connector/avro/moments.ts';

const dayMs = 86_400_000;

describe('a date', () => {
  it.each([
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    // 2000-01-01 is day 10,957; 2026 has 26 years and 7 leap days more.
    [10_957, '2000-01-01'],
    [10_957 + 26 * 365 + 7, '2026-01-01'],
    [-719_162, '0001-01-01'],
    [-719_528, '0000-01-01'],
    [2_932_896, '9999-12-31'],
    [2_932_897, '+010000-01-01'],
    [100_000_000, '+275760-09-13'],
  ])('%i days is %s', (days, text) => {
    expect(dateOfDays(days)).toBe(text);
  });

  it('past those of JavaScript is its days', () => {
    expect(dateOfDays(100_000_001)).toBe(100_000_001n);
    expect(dateOfDays(-(2 ** 31))).toBe(-(2n ** 31n));
  });

  it('of a four-digit year is what was written', () => {
    const dates = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, date => {
        const days = Math.floor(date.getTime() / dayMs);
        expect(dateOfDays(days)).toBe(date.toISOString().slice(0, 10));
      }),
    );
  });
});

describe('a moment', () => {
  it.each([
    [0n, 1n, '1970-01-01T00:00:00.000Z'],
    [1_795_419_161_396n, 1n, '2026-11-23T07:32:41.396Z'],
    [1_795_419_161_396_639n, 1_000n, '2026-11-23T07:32:41.396Z'],
    [1_795_419_161_396_639_999n, 1_000_000n, '2026-11-23T07:32:41.396Z'],
    // Cut off towards the past, also before 1970.
    [-1n, 1_000n, '1969-12-31T23:59:59.999Z'],
    [-1_000n, 1_000n, '1969-12-31T23:59:59.999Z'],
    [-1_001n, 1_000n, '1969-12-31T23:59:59.998Z'],
    [8_640_000_000_000_000n, 1n, '+275760-09-13T00:00:00.000Z'],
  ])('%i / %i is %s', (units, perMs, text) => {
    expect(momentOf(units, perMs)).toEqual(new Date(text));
  });

  it('past those of JavaScript is its units', () => {
    expect(momentOf(8_640_000_000_000_001n, 1n)).toBe(8_640_000_000_000_001n);
    // PostgreSQL's infinity, as Debezium 3.7 writes it.
    expect(momentOf(2n ** 63n - 1n, 1_000n)).toBe(2n ** 63n - 1n);
    expect(momentOf(-(2n ** 63n), 1_000n)).toBe(-(2n ** 63n));
  });
});

describe("a moment's text", () => {
  it.each([
    ['2026-11-23T07:32:41.395968Z', '2026-11-23T07:32:41.395Z'],
    ['2026-11-23T07:32:41.1Z', '2026-11-23T07:32:41.100Z'],
    ['2026-11-23T07:32:41Z', '2026-11-23T07:32:41.000Z'],
    ['2026-11-23T07:32Z', '2026-11-23T07:32:00.000Z'],
    ['2026-11-23T19:30:00+08:00', '2026-11-23T11:30:00.000Z'],
    ['2026-11-23T19:30:00.123456789-05:30', '2026-11-24T01:00:00.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    // As Java writes years past 9999 and before 0.
    ['+20000-01-01T00:00:00Z', '+020000-01-01T00:00:00.000Z'],
    ['-0043-03-15T00:00:00Z', '-000043-03-15T00:00:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(momentOfText(text)).toEqual(new Date(moment));
  });

  it.each([
    'infinity',
    '-infinity',
    '+294247-01-01T23:59:59.999999Z',
    '2026-11-23',
    '2026-11-23T07:32:41',
    '2026-13-23T07:32:41Z',
    '-0000-01-01T00:00:00Z',
    'Mon Nov 23 2026',
    '1',
    '',
  ])('that is none stays: %s', text => {
    expect(momentOfText(text)).toBe(text);
  });

  it('is the moment it was written from', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), date => {
        expect(momentOfText(date.toISOString())).toEqual(date);
      }),
    );
  });
});

describe('a time of day', () => {
  it.each([
    [0n, 3, '00:00:00'],
    [70_200_000n, 3, '19:30:00'],
    [70_200_250n, 3, '19:30:00.25'],
    [70_200_000_001n, 6, '19:30:00.000001'],
    [70_200_123_456_789n, 9, '19:30:00.123456789'],
    [86_399_999n, 3, '23:59:59.999'],
    // PostgreSQL has 24:00:00; MySQL's TIME goes from -838:59:59 to 838:59:59.
    [86_400_000_000n, 6, '24:00:00'],
    [-3_020_399_000_000n, 6, '-838:59:59'],
    [3_020_399_000_000n, 6, '838:59:59'],
    [-1n, 6, '-00:00:00.000001'],
  ])('%i at %i digits is %s', (units, digits, text) => {
    expect(timeOfDay(units, digits)).toBe(text);
  });
});

it("a column without a zone has no zone's mark", () => {
  expect(withoutZone('2026-11-23Z')).toBe('2026-11-23');
  expect(withoutZone('19:30:00.5Z')).toBe('19:30:00.5');
  expect(withoutZone('19:30:00+08:00')).toBe('19:30:00+08:00');
});
