import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerOf, requestTimes, retryAfterMs } from '../../../connector/delivery/headers.ts';
import { instant } from '../../../connector/kernel/time.ts';

const now = instant(Date.UTC(2026, 10, 23, 1, 2, 3, 45));

describe('Request-Time', () => {
  it('is ISO-8601 with an offset and milliseconds', () => {
    const requestTime = requestTimes();
    expect(requestTime(now)).toBe('2026-11-23T01:02:03.045+00:00');
    expect(requestTime(now)).toBe('2026-11-23T01:02:03.045+00:00');
    expect(requestTime(instant(now + 1))).toBe('2026-11-23T01:02:03.046+00:00');
  });
});

describe('a header', () => {
  it('is its first value where it is repeated, and absent where it is absent', () => {
    expect(headerOf({ a: '1' }, 'a')).toBe('1');
    expect(headerOf({ a: ['1', '2'] }, 'a')).toBe('1');
    expect(headerOf({}, 'a')).toBeUndefined();
  });
});

describe('Retry-After', () => {
  it.each([
    ['seconds', '7', 7_000],
    ['a date to come', 'Mon, 23 Nov 2026 01:02:13 GMT', 9_955],
    ['more than an hour', '86400', 3_600_000],
    ['a date next year', 'Tue, 23 Nov 2027 01:02:13 GMT', 3_600_000],
  ])('is the wait it asks for, at most an hour: %s', (_, header, wait) => {
    expect(retryAfterMs(header, undefined, now)).toBe(wait);
  });

  it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
    'is as long as the answer says by its own Date, where our wall clock is off by %d ms',
    off => {
      const [header, date] = ['Mon, 23 Nov 2026 01:02:13 GMT', 'Mon, 23 Nov 2026 01:02:03 GMT'];
      expect(retryAfterMs(header, date, instant(now + off))).toBe(10_000);
    },
  );

  it('is compared with our wall clock where the Date of the answer is none', () => {
    expect(retryAfterMs('Mon, 23 Nov 2026 01:02:13 GMT', 'soon', now)).toBe(9_955);
  });

  it.each([
    ['absent', undefined],
    ['no time', '0'],
    ['a date gone by', 'Sun, 22 Nov 2026 01:02:03 GMT'],
    ['a negative number', '-5'],
    ['a fraction', '1.5'],
    ['a number out of all reason', '9'.repeat(400)],
    ['neither', 'soon'],
    ['nothing', ''],
  ])('makes no wait where it makes no sense: %s', (_, header) => {
    expect(retryAfterMs(header, undefined, now)).toBeNull();
  });

  it('is a positive wait of at most an hour, or null, whatever it says', () => {
    const anything = fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String));
    fc.assert(
      fc.property(anything, header => {
        const wait = retryAfterMs(header, undefined, now);
        expect(wait === null || (wait > 0 && wait <= 3_600_000)).toBe(true);
      }),
    );
  });
});
