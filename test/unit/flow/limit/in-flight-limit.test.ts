import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  halvingPauseMs,
  holdMsMax,
  InFlightLimit,
  type Refusal,
} from '../../../../connector/flow/limit/in-flight-limit.ts';
import { sinceStart } from '../../../support/flow-world.ts';

const at = sinceStart;
const refusal = (ms: number, over: Partial<Refusal> = {}): Refusal => ({
  now: at(ms),
  startedAt: at(ms),
  inFlight: 1_000,
  retryAfterMs: null,
  ...over,
});
const serve = (limit: InFlightLimit, times: number) => {
  for (let n = 0; n < times; n++) limit.served();
};

describe('InFlightLimit', () => {
  it('is halved by a refusal, once a second at most', () => {
    const limit = new InFlightLimit(64);
    limit.refused(refusal(0));
    limit.refused(refusal(halvingPauseMs - 1));
    expect(limit.value).toBe(32);
    limit.refused(refusal(halvingPauseMs));
    expect(limit.value).toBe(16);
  });

  it('is not halved again by what was started before it was', () => {
    const limit = new InFlightLimit(64);
    limit.refused(refusal(0));
    limit.refused(refusal(9_000, { startedAt: at(-1) }));
    expect(limit.value).toBe(32);
  });

  it('halves what was in flight, where that was less', () => {
    const limit = new InFlightLimit(64);
    limit.refused(refusal(0, { inFlight: 10 }));
    expect(limit.value).toBe(5);
  });

  it('never falls below 1, and creeps back by one each so many successes', () => {
    const limit = new InFlightLimit(4);
    for (let n = 0; n < 10; n++) limit.refused(refusal(n * 2_000));
    expect(limit.value).toBe(1);
    serve(limit, 1);
    expect(limit.value).toBe(2);
    serve(limit, 1);
    expect(limit.value).toBe(2);
    serve(limit, 1);
    expect(limit.value).toBe(3);
    serve(limit, 3);
    expect(limit.value).toBe(4);
    serve(limit, 100);
    expect(limit.value).toBe(4);
  });

  it('holds everything back until Retry-After, a minute at most, whatever came after', () => {
    const limit = new InFlightLimit(4);
    limit.refused(refusal(0, { retryAfterMs: 5_000 }));
    limit.refused(refusal(10, { retryAfterMs: 1_000 }));
    expect(limit.heldUntil(at(10))).toBe(at(5_000));
    expect(limit.heldUntil(at(5_000))).toBeNull();
    limit.refused(refusal(6_000, { retryAfterMs: 86_400_000 }));
    expect(limit.heldUntil(at(6_000))).toBe(at(6_000 + holdMsMax));
  });

  it('stays within its bounds whatever happens, and recovers', () => {
    const event = fc.oneof(
      fc.constant('served' as const),
      fc.record({
        pause: fc.integer({ min: 0, max: 3_000 }),
        age: fc.integer({ min: 0, max: 20_000 }),
        inFlight: fc.integer({ min: 1, max: 100 }),
        retryAfterMs: fc.option(fc.integer({ min: 0, max: 200_000 })),
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(event, { maxLength: 100 }), (most, events) => {
        const limit = new InFlightLimit(most);
        let now = 0;
        for (const happened of events) {
          const before = limit.value;
          if (happened === 'served') limit.served();
          else {
            now += happened.pause;
            limit.refused({ ...happened, now: at(now), startedAt: at(now - happened.age) });
          }
          expect(limit.value).toBeGreaterThanOrEqual(1);
          expect(limit.value).toBeLessThanOrEqual(happened === 'served' ? Math.min(most, before + 1) : before);
          const held = limit.heldUntil(at(now));
          if (held !== null) expect(held - at(now)).toBeLessThanOrEqual(holdMsMax);
        }
        serve(limit, (most * (most + 1)) / 2);
        expect(limit.value).toBe(most);
        expect(limit.heldUntil(at(now + holdMsMax))).toBeNull();
      }),
    );
  });
});
