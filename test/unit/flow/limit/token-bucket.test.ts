import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../../connector/flow/limit/token-bucket.ts';
import { type MonotonicMs, monotonic } from '../../../../connector/kernel/time.ts';
import { sinceStart } from '../../../support/flow-world.ts';

const at = sinceStart;
const rates = fc.double({ min: 0.01, max: 5_000, noNaN: true });

/** Starts whatever it may, whenever it is looked at. */
function startsOf(bucket: TokenBucket, moments: Iterable<MonotonicMs>, atOnce: number): MonotonicMs[] {
  const starts: MonotonicMs[] = [];
  for (const now of moments) {
    for (let n = 0; n < atOnce && bucket.nextAt(now) === null; n++) {
      bucket.take(now, 1);
      starts.push(now);
    }
  }
  return starts;
}

describe('TokenBucket', () => {
  it('lets a tenth of a second start at once, then so many a second', () => {
    const bucket = new TokenBucket(20);
    expect(startsOf(bucket, [at(0), at(49), at(50), at(99), at(100)], 9).map(start => start - at(0))).toEqual([
      0, 0, 50, 100,
    ]);
    expect(bucket.nextAt(at(100))).toBe(at(150));
    expect(bucket.tokensAt(at(1_000_000))).toBe(2);
  });

  it('has a whole token at first, however low the rate', () => {
    const bucket = new TokenBucket(0.5);
    expect(bucket.nextAt(at(0))).toBeNull();
    bucket.take(at(0), 1);
    expect(bucket.nextAt(at(0))).toBe(at(2_000));
  });

  it('makes up for what was taken ahead of its time, and takes back what was not used', () => {
    const bucket = new TokenBucket(10);
    bucket.take(at(0), 1);
    bucket.take(at(0), 3);
    expect(bucket.tokensAt(at(0))).toBe(-3);
    expect(bucket.nextAt(at(0))).toBe(at(400));
    bucket.take(at(0), -2);
    expect(bucket.nextAt(at(0))).toBe(at(200));
    bucket.take(at(0), -50);
    expect(bucket.tokensAt(at(0))).toBe(1);
  });

  it('never lets more start in any span than its rate and its burst', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 80 }), (rate, pauses) => {
        const bucket = new TokenBucket(rate);
        let now = 0;
        const starts = startsOf(
          bucket,
          pauses.map(pause => {
            now += pause;
            return at(now);
          }),
          30,
        );
        // For every span from the i-th start to the j-th: j - i + 1 - span * rate, of which only the largest is asked for.
        let [most, least] = [0, Number.POSITIVE_INFINITY];
        for (const [index, start] of starts.entries()) {
          const due = index - (start * rate) / 1000;
          least = Math.min(least, due);
          most = Math.max(most, due + 1 - least);
        }
        expect(most).toBeLessThanOrEqual(bucket.burst + 1e-6);
      }),
    );
  });

  it('has a token when it said it would have one, and not a millisecond before', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 40 }), (rate, taken) => {
        const bucket = new TokenBucket(rate);
        bucket.take(at(0), taken);
        const next = bucket.nextAt(at(0));
        fc.pre(next !== null);
        // A rounding of the last bit is worth a millisecond.
        expect((bucket.nextAt(next) ?? next) - next).toBeLessThanOrEqual(1);
        if (next > at(1)) expect(bucket.nextAt(monotonic(next - 1))).not.toBeNull();
      }),
    );
  });
});
