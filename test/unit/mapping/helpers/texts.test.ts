import { assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dayShift,
  daysBetween,
  pickText,
  strings,
  truncate,
  urlEncode,
} from '../../../../connector/mapping/helpers/texts.ts';
import { anyText } from '../mappings.ts';

describe('pickText', () => {
  const both = { zh_HK: '中電', en_US: 'CLP Power' };

  it.each([
    [both, 'zh_HK', '中電'],
    [both, 'en_US', 'CLP Power'],
    [{ zh_HK: '中電' }, 'en_US', '中電'],
    [{ en_US: 'CLP' }, 'zh_HK', 'CLP'],
    [{ zh: '中電', en: 'CLP' }, 'zh_HK', '中電'],
    [{ 'zh-HK': '中電', zh: '中电' }, 'zh_HK', '中電'],
    [{ zh_HK: '', en_US: 'CLP' }, 'zh_HK', 'CLP'],
    [{ zh_HK: null, en_US: 'CLP' }, 'zh_HK', 'CLP'],
    [{ ja_JP: '電力' }, 'zh_HK', null],
    [{}, 'zh_HK', null],
    ['plain', 'zh_HK', 'plain'],
    [new Map([['en_US', 'CLP']]), 'en_US', 'CLP'],
  ])('of %j in %s', (texts, language, expected) => expect(pickText(texts, language)).toBe(expected));

  it('takes the fallback before English and Chinese', () => {
    expect(pickText({ ja_JP: '電力', en_US: 'CLP' }, 'zh_HK', 'ja_JP')).toBe('電力');
  });

  it('looks at no inherited member', () => expect(pickText({}, 'constructor')).toBeNull());

  it('refuses what is no text', () => expect(() => pickText({ zh_HK: 5n }, 'zh_HK')).toThrow('is a whole number'));
});

describe('days between', () => {
  const at = (text: string) => Date.parse(text);

  it.each([
    ['2026-11-23T14:30:00Z', 'Asia/Hong_Kong', '2026-11-23T18:30:00Z', 'Asia/Tokyo', 1],
    ['2026-11-23T14:30:00Z', 'Asia/Hong_Kong', '2026-11-23T14:45:00Z', 'Asia/Hong_Kong', 0],
    // Eastward over the date line: the landing is on the day before.
    ['2026-11-23T12:00:00Z', 'Pacific/Auckland', '2026-11-23T21:00:00Z', 'Pacific/Honolulu', -1],
    ['2026-11-23T12:00:00Z', 'Asia/Hong_Kong', '2026-11-25T12:00:00Z', 'Asia/Hong_Kong', 2],
  ])('%s %s and %s %s', (from, fromZone, to, toZone, days) => {
    expect(daysBetween(at(from), fromZone, at(to), toZone)).toBe(days);
  });

  it.each([
    [0, 'zh_HK', ''],
    [1, 'zh_HK', '+1天'],
    [1, 'en_US', '+1Day'],
    [2, 'zh_HK', '+2天'],
    [-1, 'en_US', '-1Day'],
  ])('%i in %s', (days, language, text) => expect(dayShift(days, language)).toBe(text));
});

describe('strings', () => {
  it('are the texts of a list, or of one value', () => {
    expect(strings(['A1', 12n, null, true])).toEqual(['A1', '12', 'true']);
    expect(strings('A1')).toEqual(['A1']);
    expect(strings([])).toEqual([]);
  });

  it.each([[[1.5]], [[{}]], [[['A1']]], [new Date(0)]])('refuse %j', value => {
    expect(() => strings(value)).toThrow('a member of the list is');
  });
});

describe('urlEncode', () => {
  it('encodes what has a meaning in a URL', () => expect(urlEncode('a b/c?d=é&')).toBe('a%20b%2Fc%3Fd%3D%C3%A9%26'));
  it('refuses half of a surrogate pair', () => expect(() => urlEncode('\ud800')).toThrow('surrogate'));
});

describe('truncate', () => {
  it.each([
    ['The Hobbit', 6, '…', 'The H…'],
    ['The Hobbit', 10, '…', 'The Hobbit'],
    ['花樣年華', 3, '', '花樣年'],
    ['👩🏽‍🚀 in space', 2, '', '👩🏽'],
    ['abc', 1, '...', 'a'],
    ['abc', 0, '…', ''],
  ])('%s to %i', (text, length, ending, expected) => expect(truncate(text, length, ending)).toBe(expected));

  it('refuses a negative length', () => expect(() => truncate('abc', -1, '')).toThrow('negative'));

  it('never gives more code points than asked for, nor breaks one', () => {
    assert(
      property(anyText, nat(20), integer({ min: 0, max: 2 }), (text, length, dots) => {
        const cut = truncate(text, length, '.'.repeat(dots));
        expect(Array.from(cut).length).toBeLessThanOrEqual(length);
        expect(cut.isWellFormed()).toBe(true);
        if (Array.from(text).length <= length) expect(cut).toBe(text);
      }),
    );
  });
});
