import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPattern, formatMoment } from '../../../../connector/mapping/helpers/moment-format.ts';

const at = Date.parse('2026-11-03T21:05:09.042Z');

describe('formatMoment', () => {
  it.each([
    ['yyyy-MM-dd HH:mm:ss', 'UTC', 'en_US', '2026-11-03 21:05:09'],
    ['yyyy-MM-dd HH:mm:ss', 'Asia/Hong_Kong', 'en_US', '2026-11-04 05:05:09'],
    ['yyyy/MM/dd (EEEE)', 'Asia/Hong_Kong', 'zh_HK', '2026/11/04 (星期三)'],
    ['yyyy/MM/dd (EEEE)', 'Asia/Hong_Kong', 'en_US', '2026/11/04 (Wednesday)'],
    ['EEE d MMM', 'UTC', 'en_US', 'Tue 3 Nov'],
    ['M月d日 EEE', 'UTC', 'zh_HK', '11月3日 週二'],
    ['MMMM d, yyyy', 'UTC', 'en_US', 'November 3, 2026'],
    ['H:mm:ss.SSS', 'UTC', 'en_US', '21:05:09.042'],
    ["HH'h'mm", 'UTC', 'en_US', '21h05'],
    ["''yyyy''", 'UTC', 'en_US', "'2026'"],
    ['yyyy年MM月dd日', 'UTC', 'zh_HK', '2026年11月03日'],
    ['', 'UTC', 'en_US', ''],
  ])('writes %j in %s, %s', (pattern, zone, language, text) => {
    expect(formatMoment(at, pattern, zone, language)).toBe(text);
  });

  it('writes a year of few digits with four', () => {
    expect(formatMoment(Date.parse('0812-06-01T00:00:00Z'), 'yyyy-MM-dd', 'UTC', 'en_US')).toBe('0812-06-01');
  });

  it('writes what Intl writes, at any time in any zone', () => {
    const zones = constantFrom(
      'Asia/Hong_Kong',
      'Europe/London',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    );
    const languages = constantFrom('zh_HK', 'en_US');
    const moments = integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2060, 0, 1) });
    assert(
      property(moments, zones, languages, (moment, timeZone, language) => {
        const tag = language.replace('_', '-');
        const iso = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(
          moment,
        );
        const weekday = new Intl.DateTimeFormat(tag, { timeZone, weekday: 'long' }).format(moment);
        const month = new Intl.DateTimeFormat(tag, { timeZone, month: 'short' }).format(moment);
        expect(formatMoment(moment, 'yyyy-MM-dd HH:mm:ss|EEEE|MMM', timeZone, language)).toBe(
          `${iso}|${weekday}|${month}`,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('refuses a zone or language that there is not', () => {
    expect(() => formatMoment(at, 'yyyy', 'Asia/HongKong', 'en_US')).toThrow('not a time zone');
    expect(() => formatMoment(at, 'EEEE', 'UTC', 'Cantonese, please')).toThrow('the language is not one');
  });
});

describe('checkPattern', () => {
  it.each(['yyy', 'YYYY', 'DD', 'hh:mm', 'EE', 'yyyy-MM-ddTHH:mm', 'MMMMM', 'week'])('refuses %j', pattern => {
    expect(() => checkPattern(pattern)).toThrow('the pattern may hold yyyy');
  });

  it('refuses a quote that is not closed', () => {
    expect(() => checkPattern("HH 'h mm")).toThrow('not closed');
  });
});
