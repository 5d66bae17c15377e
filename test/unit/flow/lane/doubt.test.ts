import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubtOf, mergedDoubt } from '../../../../connector/flow/lane/doubt.ts';
import { type Instant, instant } from '../../../../connector/kernel/time.ts';
import { decide } from '../../../../connector/order/decide.ts';
import { evolve, initialState, type OrderState } from '../../../../connector/order/state.ts';
import { aChange, aPolicy, dawn } from '../../../support/builders.ts';
import { sent } from '../../order/given.ts';

describe('doubtOf', () => {
  const change = aChange({ n: 3, ends: true, endDate: instant(dawn + 300) });
  const { position, source } = change;

  it('takes the bizDate of the change where nothing is known of a request', () => {
    const told = { position, source, bizDate: change.bizDate, count: 1, ends: true, endDate: dawn + 300 };
    expect(doubtOf(change, null)).toEqual({ kind: 'delivery-unconfirmed', ...told });
  });

  it('takes the bizDate as it was sent', () => {
    const live = evolve(initialState, sent(aChange({ n: 2, bizDate: instant(dawn + 70) })));
    const decision = decide(live, change, aPolicy());
    if (decision.kind === 'skip') throw new Error('nothing to send');
    expect(doubtOf(change, decision.request).bizDate).toBe(dawn + 71);
  });
});

describe('mergedDoubt', () => {
  const earlier = doubtOf(aChange({ n: 3 }), null);

  it('of one doubt is that one', () => {
    expect(mergedDoubt(null, null)).toBeNull();
    expect(mergedDoubt(earlier, null)).toBe(earlier);
    expect(mergedDoubt(null, earlier)).toBe(earlier);
  });

  it('stands where the later one does', () => {
    const later = doubtOf(aChange({ n: 7 }), null);
    const { position, source } = later;
    expect(mergedDoubt(earlier, later)).toMatchObject({ position, source, bizDate: later.bizDate, count: 2 });
  });

  it('holds the earlier endDate, and an end if there was any', () => {
    const at = (ms: number | null) =>
      doubtOf(aChange({ n: 4, endDate: ms === null ? null : instant(dawn + ms) }), null);
    expect(mergedDoubt(at(300), at(200))?.endDate).toBe(dawn + 200);
    expect(mergedDoubt(at(200), at(300))?.endDate).toBe(dawn + 200);
    expect(mergedDoubt(at(null), at(300))?.endDate).toBe(dawn + 300);
    expect(mergedDoubt(at(200), at(null))?.endDate).toBe(dawn + 200);
    expect(mergedDoubt(doubtOf(aChange({ n: 4, ends: true }), null), at(null))?.ends).toBe(true);
    expect(mergedDoubt(at(null), at(null))?.ends).toBe(false);
  });

  const changes = fc.array(fc.record({ skew: fc.integer({ min: -20, max: 20 }), ends: fc.boolean() }), {
    minLength: 1,
    maxLength: 6,
  });
  const before = fc.option(fc.integer({ min: -30, max: 30 }));

  // Each of them may have been sent one millisecond above the one before, and the next must outdo them all.
  it('is outdone by no change that it stands for, were all of them sent one after the other', () => {
    fc.assert(
      fc.property(before, changes, (last, list) => {
        const start = last === null ? initialState : stateAt(instant(dawn + last));
        const doubts = list.map(({ skew, ends }, n) =>
          doubtOf(aChange({ n: n + 2, ends, bizDate: instant(dawn + skew) }), null),
        );
        const merged = doubts.reduce<ReturnType<typeof mergedDoubt>>(mergedDoubt, null);
        if (merged === null) throw new Error('one doubt at least');
        const oneByOne = doubts.reduce<OrderState>(evolve, start);
        expect(evolve(start, merged).bizDate).toBeGreaterThanOrEqual(oneByOne.bizDate ?? 0);
        expect(evolve(start, merged).through).toEqual(oneByOne.through);
      }),
      { numRuns: 500 },
    );
  });
});

/** A live card whose last bizDate was this. */
function stateAt(bizDate: Instant): OrderState {
  return evolve(initialState, sent(aChange({ n: 1, bizDate })));
}
