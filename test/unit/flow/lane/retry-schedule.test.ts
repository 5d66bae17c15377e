import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDelay, trafficDelay } from '../../../../connector/flow/lane/retry-schedule.ts';

const schedules = fc.array(fc.integer({ min: 1, max: 1_800_000 }), { maxLength: 8 });
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('nextDelay', () => {
  it("follows AlipayHK's advice, pause by pause, then gives up", () => {
    const advice = [2_000, 2_000, 2_000, 600_000, 1_800_000];
    const middle = { next: () => 0.5 };
    expect([1, 2, 3, 4, 5, 6, 7].map(failures => nextDelay(advice, failures, null, middle))).toEqual([
      ...advice,
      null,
      null,
    ]);
  });

  it('gives as many pauses as the schedule has, each within a tenth of it', () => {
    fc.assert(
      fc.property(schedules, chances, (delays, chance) => {
        for (const [index, delay] of delays.entries()) {
          const pause = nextDelay(delays, index + 1, null, { next: () => chance });
          expect(Math.abs((pause ?? Number.NaN) - delay)).toBeLessThanOrEqual(delay * 0.1 + 0.5);
        }
        expect(nextDelay(delays, delays.length + 1, null, { next: () => chance })).toBeNull();
      }),
    );
  });

  it('spreads orders that failed together to both sides', () => {
    expect(nextDelay([1000], 1, null, { next: () => 0 })).toBe(900);
    expect(nextDelay([1000], 1, null, { next: () => 0.999_999 })).toBe(1100);
  });

  it('never comes back before the platform asked for it, and never for Retry-After alone', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(3_600_000),
        chances,
        (delays, failures, afterMs, chance) => {
          const random = { next: () => chance };
          const plain = nextDelay(delays, failures, null, random);
          const asked = nextDelay(delays, failures, afterMs, random);
          expect(asked).toBe(plain === null ? null : Math.max(plain, afterMs));
        },
      ),
    );
  });
});

describe('trafficDelay', () => {
  const middle = { next: () => 0.5 };

  it('doubles up to a minute, and never ends', () => {
    const delays = [1, 2, 3, 6, 7, 1_000].map(refusals => trafficDelay(2_000, refusals, null, middle));
    expect(delays).toEqual([2_000, 4_000, 8_000, 60_000, 60_000, 60_000]);
  });

  it('is as long as the platform asks for, and never nothing', () => {
    expect(trafficDelay(2_000, 1, 90_000, middle)).toBe(90_000);
    expect(trafficDelay(0, 1, null, middle)).toBe(1_000);
    expect(trafficDelay(1_000, 1, null, { next: () => 1 })).toBe(1_100);
  });
});
