import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZone, momentRange, offsetAt } from '../../../../connector/mapping/helpers/time-zone.ts';

const minute = 60_000;
const hour = 60 * minute;

// Zones with summer time on both hemispheres, with half and quarter hours, that crossed the date line, or changed at odd minutes.
const zones = [
  'UTC',
  'Asia/Hong_Kong',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Africa/Casablanca',
];

/** What Intl says, asked anew. */
function oracle(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find(part => part.type === type)?.value);
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return local - Math.floor(at / 1000) * 1000;
}

describe('offsetAt', () => {
  it.each([
    ['Asia/Hong_Kong', '2026-11-23T00:00:00Z', 8 * hour],
    ['Asia/Kathmandu', '2026-11-23T00:00:00Z', 5.75 * hour],
    // The clocks of London go forward at 01:00 UTC, and back at 01:00 UTC.
    ['Europe/London', '2026-03-29T00:59:59.999Z', 0],
    ['Europe/London', '2026-03-29T01:00:00Z', hour],
    ['Europe/London', '2026-10-25T00:59:59.999Z', hour],
    ['Europe/London', '2026-10-25T01:00:00Z', 0],
    // Newfoundland changed its clocks at 00:01 until 2011.
    ['America/St_Johns', '2010-03-14T03:30:59.999Z', -3.5 * hour],
    ['America/St_Johns', '2010-03-14T03:31:00Z', -2.5 * hour],
    // Samoa left out the 30th of December 2011.
    ['Pacific/Apia', '2011-12-30T09:59:59Z', -10 * hour],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', 14 * hour],
  ])('%s at %s', (zone, at, offset) => expect(offsetAt(zone, Date.parse(at))).toBe(offset));

  it('is what Intl says, at any time', () => {
    const moment = integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2060, 0, 1) });
    assert(
      property(constantFrom(...zones), moment, (zone, at) => {
        expect(offsetAt(zone, at)).toBe(oracle(zone, at));
      }),
      { numRuns: 1000 },
    );
  });

  it('is what Intl says around clock changes, asked in any order', () => {
    // Hours around the change days of 2026, on which the cache has two offsets for one day.
    const changes = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2026-03-22'];
    const around = integer({ min: -30 * 60, max: 54 * 60 });
    assert(
      property(constantFrom(...zones), constantFrom(...changes), around, (zone, day, minutes) => {
        const at = Date.parse(`${day}T00:00:00Z`) + minutes * minute;
        expect(offsetAt(zone, at)).toBe(oracle(zone, at));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses unknown zones, and years without four digits', () => {
    expect(() => offsetAt('Asia/HongKong', 0)).toThrow('not a time zone');
    expect(() => offsetAt('UTC', momentRange.max + 1)).toThrow('years 1 to 9999');
    expect(() => offsetAt('UTC', momentRange.min - 1)).toThrow('years 1 to 9999');
    expect(() => offsetAt('UTC', Number.NaN)).toThrow('years 1 to 9999');
  });

  it('forgets the oldest answers rather than growing without end, and still answers right', () => {
    for (let day = 0; day < 6000; day += 1) offsetAt('Asia/Tokyo', day * 24 * hour);
    expect(offsetAt('Asia/Tokyo', 6000 * 24 * hour)).toBe(9 * hour);
    expect(offsetAt('Asia/Tokyo', 0)).toBe(9 * hour);
  });
});

describe('isZone', () => {
  it('knows the names of the IANA list', () => {
    expect(zones.filter(zone => !isZone(zone))).toEqual([]);
    expect(['Hong Kong', 'HKT+8', '', 'Mars/Olympus'].filter(isZone)).toEqual([]);
  });
});
