import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOlder } from '../../../connector/order/source-position.ts';
import { defaultCardLifeMs, evolve, initialState, type OrderState, overAt } from '../../../connector/order/state.ts';
import { aChange, dawn, lsnAt } from '../../support/builders.ts';
import { deadLettered, ended, hours, sent, skipped, unconfirmed, updated } from './given.ts';
import { histories, play } from './histories.ts';

const stateAfter = (...events: Parameters<typeof evolve>[1][]): OrderState => events.reduce(evolve, initialState);
const one = aChange({ n: 1 });
const two = aChange({ n: 2 });

describe('evolve', () => {
  it('a card that was sent lives 24 hours, or till its endDate', () => {
    expect(stateAfter(sent(one))).toEqual({
      kind: 'live',
      through: one.position,
      source: one.source,
      bizDate: one.bizDate,
      hash: one.card.hash,
      expires: dawn + defaultCardLifeMs,
    });
    expect(stateAfter(sent(aChange({ n: 1, endDate: hours(2) })))).toMatchObject({ expires: hours(2) });
  });

  it('an update shows another card and keeps its end, or moves it to a new endDate', () => {
    expect(stateAfter(sent(one), updated(two, hours(5)))).toMatchObject({
      kind: 'live',
      through: two.position,
      bizDate: two.bizDate,
      hash: two.card.hash,
      expires: hours(24),
    });
    expect(stateAfter(sent(one), updated(aChange({ n: 2, endDate: hours(3) })))).toMatchObject({ expires: hours(3) });
  });

  it('keeps the source position of the last record when an earlier record of its partition has one that does not compare', () => {
    const withoutCommitLsn = ({ n = 0 }: { n?: number }) =>
      aChange({ n, source: { kind: 'lsn', lsn: BigInt(n), committedAt: dawn } });
    const [earlier, later] = [withoutCommitLsn({ n: 1 }), withoutCommitLsn({ n: 2 })];
    expect(stateAfter(sent(later), skipped(earlier))).toMatchObject({
      through: later.position,
      source: later.source,
    });
  });

  it('an update that was taken though we thought the card expired: it lives at least now', () => {
    expect(stateAfter(sent(one), updated(two, hours(24)))).toMatchObject({ kind: 'live', expires: hours(48) });
  });

  it('an update of a card that we did not make: it lives at least now', () => {
    expect(stateAfter(updated(two, hours(5)))).toMatchObject({ kind: 'live', expires: hours(29) });
  });

  it('an end hides the card', () => {
    expect(stateAfter(sent(one), ended(two))).toEqual({
      kind: 'ended',
      through: two.position,
      source: two.source,
      bizDate: two.bizDate,
      hash: two.card.hash,
    });
  });

  it.each([
    ['skipped', skipped],
    ['dead-lettered', deadLettered],
  ])('a change that was %s moves on how far was gone through, and nothing else', (_, event) => {
    const { through, source, ...rest } = stateAfter(sent(one));
    expect(stateAfter(sent(one), event(two))).toEqual({ ...rest, through: two.position, source: two.source });
    expect(through).toEqual(one.position);
    expect(source).toEqual(one.source);
  });

  it('a stale change does not take the database back', () => {
    const stale = aChange({ n: 9, source: lsnAt(1) });
    expect(stateAfter(sent(two), skipped(stale))).toMatchObject({ through: stale.position, source: lsnAt(2) });
    expect(stateAfter(sent(two), unconfirmed(stale))).toMatchObject({ through: stale.position, source: lsnAt(2) });
  });

  it('an outcome that is not known leaves a live card live, without knowing what it shows', () => {
    expect(stateAfter(sent(one), unconfirmed(two))).toEqual({
      kind: 'live',
      through: two.position,
      source: two.source,
      bizDate: two.bizDate,
      hash: null,
      expires: hours(24),
    });
  });

  it('an end whose outcome is not known leaves it open whether there is a card', () => {
    const unknown = {
      kind: 'unknown',
      through: two.position,
      source: two.source,
      bizDate: two.bizDate,
      mayExpireAt: null,
    };
    expect(stateAfter(sent(one), unconfirmed({ ...two, card: { ...two.card, ends: true } }))).toEqual({
      ...unknown,
      mayBeEnded: true,
    });
    expect(stateAfter(ended(one), unconfirmed(two))).toEqual({ ...unknown, mayBeEnded: true });
    expect(stateAfter(unconfirmed(two))).toEqual({ ...unknown, mayBeEnded: false });
  });

  it('an endDate whose outcome is not known may be the end, if it is the earlier', () => {
    const short = { ...two, card: { ...two.card, endDate: hours(1) } };
    expect(stateAfter(sent(one), unconfirmed(short))).toMatchObject({ kind: 'live', expires: hours(1) });
    expect(stateAfter(unconfirmed(short))).toMatchObject({ kind: 'unknown', mayBeEnded: false, mayExpireAt: hours(1) });
    const long = { ...two, card: { ...two.card, endDate: hours(48) } };
    expect(stateAfter(sent(one), unconfirmed(long))).toMatchObject({ kind: 'live', expires: hours(24) });
    expect(stateAfter(unconfirmed(short), unconfirmed(long))).toMatchObject({ mayExpireAt: hours(1) });
  });
});

describe('what is handled late', () => {
  it('leaves the order where it is in its partition: what was parked is delivered after more was gone through', () => {
    expect(stateAfter(skipped(two), updated(one))).toMatchObject({
      kind: 'live',
      through: two.position,
      source: two.source,
    });
    expect(stateAfter(sent(two), deadLettered(one))).toMatchObject({ through: two.position });
  });

  it('is believed where it comes from another partition or topic: positions do not compare', () => {
    const elsewhere = aChange({ n: 1, partition: 1 });
    expect(stateAfter(sent(two), skipped(elsewhere)).through).toEqual(elsewhere.position);
    const renamed = { ...one, position: { ...one.position, topic: 'shop.public.returns' } };
    expect(stateAfter(sent(two), skipped(renamed)).through).toEqual(renamed.position);
  });
});

describe('doubts that stand for several changes', () => {
  const several = (count: number, n = 9) =>
    ({ ...unconfirmed(aChange({ n })), count }) as ReturnType<typeof unconfirmed>;

  it('are outdone were each sent one millisecond above the one before', () => {
    // The last one's own bizDate is lower than what its three forerunners may have come to.
    expect(stateAfter(sent(aChange({ n: 8 })), several(3)).bizDate).toBe(dawn + 11);
    expect(stateAfter(sent(aChange({ n: 5 })), several(3)).bizDate).toBe(dawn + 9);
  });

  it('count from their own bizDate where nothing was sent before', () => {
    expect(stateAfter(several(3)).bizDate).toBe(dawn + 9);
  });
});

describe('overAt', () => {
  const at = hours(1);

  it('is the end of a card that lives', () => {
    expect(overAt(stateAfter(sent(one)), at)).toBe(hours(24));
    expect(overAt(stateAfter(sent(aChange({ n: 1, endDate: hours(2) }))), at)).toBe(hours(2));
  });

  it('is when the last change was handled, where the card was over by then', () => {
    expect(overAt(stateAfter(sent(one), ended(two)), at)).toBe(at);
    expect(overAt(stateAfter(sent(one)), hours(30))).toBe(hours(30));
  });

  it("is a card's longest life after that where it is not known whether there is one", () => {
    expect(overAt(stateAfter(unconfirmed(two)), at)).toBe(at + defaultCardLifeMs);
  });
});

describe('over any history, the state', () => {
  const told = histories.map(play);
  const runs = { numRuns: 500 };

  it("never goes back in the database's log", () => {
    fc.assert(
      fc.property(told, list => {
        for (const { before, after } of list) {
          if (before.source !== null && after.source !== null) expect(isOlder(after.source, before.source)).toBe(false);
          if (before.source !== null) expect(after.source).not.toBeNull();
        }
      }),
      runs,
    );
  });

  it('never goes back in the partition', () => {
    fc.assert(
      fc.property(told, list => {
        for (const { before, after } of list) {
          if (before.through !== null) expect(after.through?.offset).toBeGreaterThanOrEqual(before.through.offset);
        }
      }),
      runs,
    );
  });

  it('never lowers the bizDate, and forgets none', () => {
    fc.assert(
      fc.property(told, list => {
        for (const { before, after } of list) {
          if (before.bizDate !== null) expect(after.bizDate).toBeGreaterThanOrEqual(before.bizDate);
        }
      }),
      runs,
    );
  });

  it('goes through every change that was handled', () => {
    fc.assert(
      fc.property(told, list => {
        for (const { events, change, after } of list) {
          if (events.length > 0) expect(after.through).toEqual(change.position);
        }
      }),
      runs,
    );
  });
});
