import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoment } from '../../../../connector/mapping/helpers/moment-format.ts';
import { fromLocal, laterBy, readMoment, readSpan } from '../../../../connector/mapping/helpers/read-moment.ts';

const iso = (ms: number) => new Date(ms).toISOString();

describe('readMoment', () => {
  it.each([
    ['2026-11-23', 'Asia/Hong_Kong', '2026-11-22T16:00:00.000Z'],
    ['2026-11-23 19:30', 'Asia/Hong_Kong', '2026-11-23T11:30:00.000Z'],
    ['2026-11-23T19:30:05', 'UTC', '2026-11-23T19:30:05.000Z'],
    ['2026-11-23 19:30:05.1239', 'UTC', '2026-11-23T19:30:05.123Z'],
    ['2026-11-23T19:30:05Z', 'Asia/Hong_Kong', '2026-11-23T19:30:05.000Z'],
    ['2026-11-23T19:30:05+08:00', 'UTC', '2026-11-23T11:30:05.000Z'],
    ['2026-11-23T19:30:05-0330', 'UTC', '2026-11-23T23:00:05.000Z'],
    ['2026-11-23 19:30:05+08', 'UTC', '2026-11-23T11:30:05.000Z'],
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z'],
  ])('reads %s in %s', (text, zone, expected) => expect(iso(readMoment(text, zone))).toBe(expected));

  it.each([
    // London's clocks skip 01:00 to 02:00 on the 29th of March 2026, and show 01:00 to 02:00 twice on the 25th of October.
    ['2026-03-29 01:30:00', '2026-03-29T01:30:00.000Z'],
    ['2026-03-29 00:59:59', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29 02:00:00', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25 01:30:00', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25 02:00:00', '2026-10-25T02:00:00.000Z'],
  ])('reads %s in London, around the clock changes', (text, expected) => {
    expect(iso(readMoment(text, 'Europe/London'))).toBe(expected);
  });

  it.each([
    '',
    'today',
    '2026-1-2',
    '2026-11-23 7:00',
    '23/11/2026',
    '2026-11-23 19:30:05+8',
    '20261123',
    '2026-11-23T',
  ])('refuses %j', text => expect(() => readMoment(text, 'UTC')).toThrow('not a time such as'));

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-11-23 24:00',
    '2026-11-23 19:60',
    '2026-11-23 19:30:60',
  ])('refuses %s, which there is not', text => expect(() => readMoment(text, 'UTC')).toThrow('no such day or time'));

  it('refuses years outside 1 to 9999', () => {
    expect(() => readMoment('0000-01-01', 'Asia/Hong_Kong')).toThrow('years 1 to 9999');
    expect(() => readMoment('9999-12-31', 'Asia/Hong_Kong')).toThrow('years 1 to 9999');
  });

  it('reads what format writes', () => {
    const zones = constantFrom(
      'Asia/Hong_Kong',
      'Europe/London',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Tokyo',
    );
    const seconds = integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2050, 0, 1) / 1000 });
    assert(
      property(zones, seconds, (zone, second) => {
        const text = formatMoment(second * 1000, 'yyyy-MM-dd HH:mm:ss', zone, 'en_US');
        const read = readMoment(text, zone);
        // Of a time that comes twice the first is meant; either way the clock shows the same.
        expect(formatMoment(read, 'yyyy-MM-dd HH:mm:ss', zone, 'en_US')).toBe(text);
        expect(read).toBeLessThanOrEqual(second * 1000);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('fromLocal', () => {
  it('is the moment at which the clocks show it', () => {
    expect(iso(fromLocal(Date.parse('2026-11-23T19:30:00Z'), 'Asia/Hong_Kong'))).toBe('2026-11-23T11:30:00.000Z');
  });
});

describe('spans', () => {
  it.each([
    ['90m', 5_400_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['-1d', -86_400_000],
    ['1d2h3m4s', 93_784_000],
    ['0s', 0],
  ])('%s', (text, ms) => expect(readSpan(text)).toBe(ms));

  it.each(['', '-', '5', 'm', '1.5h', '5 m', '1m1h', '1w', '+1d'])('refuse %j', text => {
    expect(() => readSpan(text)).toThrow('not a span');
  });

  it('move a moment, but not past the calendar', () => {
    expect(laterBy(new Date(1000), -500)).toEqual(new Date(500));
    expect(() => laterBy(new Date(8.64e15), 1)).toThrow('past the end of the calendar');
  });
});
