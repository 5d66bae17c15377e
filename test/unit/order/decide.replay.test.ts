import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import type { Decision } from '../../../connector/order/decide.ts';
import type { OrderEvent } from '../../../connector/order/event.ts';
import { aChange, type ChangeParts, dawn, lsnAt } from '../../support/builders.ts';
import { deadLettered, ended, given, hours, sent, skipped, unconfirmed, updated } from './given.ts';

describe('an order whose state is put back to be sent again', () => {
  const one = aChange({ n: 1, text: 'one' });
  const two = aChange({ n: 2, text: 'two' });
  const again = (parts: ChangeParts = {}) =>
    aChange({ n: 9, source: lsnAt(2), text: 'two', bizDate: two.bizDate, replays: 1, ...parts });
  const bizDateOf = ({ decision }: { decision: Decision }) => decision.kind === 'deliver' && decision.request.bizDate;

  it('is sent again, though its card shows it, right above the last bizDate', () => {
    const when = given(sent(one), updated(two)).when(again());
    expect([when.brief, bizDateOf(when)]).toEqual(['UPDATE', dawn + 3]);
    const repeated = aChange({ n: 9, source: lsnAt(2), text: 'two' });
    expect(given(sent(one), updated(two)).when(repeated).brief).toBe('unchanged');
  });

  it('is sent once for each time it is put back, each in a request of its own', () => {
    const first = again();
    const shown = { ...updated(two), position: first.position, bizDate: instant(dawn + 3) } as OrderEvent;
    expect(given(sent(one), updated(two), shown).when(first).brief).toBe('duplicate');
    const second = given(sent(one), updated(two), shown).when(again({ offset: 10n }));
    expect([second.brief, bizDateOf(second)]).toEqual(['UPDATE', dawn + 4]);
  });

  it('is left out where a later change was handled, delivered or not', () => {
    const three = aChange({ n: 3 });
    for (const later of [updated(three), deadLettered(three), skipped(three), unconfirmed(three)]) {
      expect(given(sent(one), updated(two), later).when(again()).brief).toBe('stale');
    }
  });

  it('is left out where nobody can tell: without a log position, and in the same millisecond', () => {
    const source = { kind: 'time', committedAt: lsnAt(2).committedAt } as const;
    expect(given(sent({ ...two, source })).when(again({ source })).brief).toBe('stale');
    expect(given(sent({ ...one, source: { ...source, committedAt: dawn } })).when(again({ source })).brief).toBe(
      'UPDATE',
    );
  });

  it('stays below the bizDate of later changes where its order was evicted', () => {
    const evicted = { source: lsnAt(8), bizDate: instant(dawn + 8) };
    const when = given().when(again(), { dropped: { forgotten: null, evicted } });
    expect([when.brief, bizDateOf(when)]).toEqual(['UPDATE', dawn + 3]);
    const change = given().when(aChange({ n: 9, bizDate: two.bizDate }), { dropped: { forgotten: null, evicted } });
    expect([change.brief, bizDateOf(change)]).toEqual(['UPDATE', dawn + 9]);
  });

  it('stays ended where it has ended, whatever its card would be by now', () => {
    const end = aChange({ n: 2, ends: true });
    expect(given(sent(one), ended(end)).when(again()).brief).toBe('ended');
    expect(given(sent(one), ended(end)).when(again({ ends: true })).brief).toBe('ended');
    // Its end was not sent as one.
    expect(given(sent(one), updated(two)).when(again({ ends: true })).brief).toBe('UPDATE');
  });

  it('stands for the change itself where that was never handled: its card is made anew, as it would have been', () => {
    const end = aChange({ n: 1, ends: true });
    expect(given(ended(end)).when(again()).brief).toBe('SEND');
    expect(given(sent(one)).when(again(), { now: hours(25) }).brief).toBe('SEND');
    expect(given(sent(two)).when(again({ source: lsnAt(3) })).brief).toBe('UPDATE');
  });

  it('makes no card anew that has expired', () => {
    const later = { now: hours(25) };
    expect(given(sent(one), updated(two, hours(20))).when(again(), later).brief).toBe('expired');
    // Changed since, but the card was made 24 hours ago.
    const late = again({ bizDate: hours(20) });
    expect(given(sent(one), updated(two, hours(20))).when(late, later).brief).toBe('expired');
    expect(given().when(late, later).brief).toBe('UPDATE');
    expect(given().when(again(), later).brief).toBe('expired');
    expect(given(sent(one), updated(two)).when(again({ endDate: hours(24) }), later).brief).toBe('expired');
  });

  it('is sent where it is not certain that its card is over, within 24 hours of the change', () => {
    const doubtful = given(sent(one), updated(two), unconfirmed(aChange({ n: 3, source: lsnAt(1), endDate: dawn })));
    expect(doubtful.when(again()).brief).toBe('SEND');
    expect(doubtful.when(again(), { now: hours(25) }).brief).toBe('expired');
  });

  it('is sent, as a new card, where its end was a mistake', () => {
    const short = { ...one, card: { ...one.card, endDate: hours(1) } };
    const when = given(sent(short)).when(again({ endDate: hours(48) }), { now: hours(2) });
    expect(when.brief).toBe('SEND');
  });

  it.each([true, false])(
    'is an UPDATE where it was forgotten, right above the bizDate it had: made by it: %s',
    creates => {
      const when = given().when(again({ creates }));
      expect([when.brief, bizDateOf(when)]).toEqual(['UPDATE', dawn + 3]);
      // It was put back before, and that was forgotten too.
      expect(bizDateOf(given().when(again({ creates, replays: 3 })))).toBe(dawn + 5);
    },
  );

  it('is above the bizDate it had also where an older state was put back before it', () => {
    const older = unconfirmed(aChange({ n: 5, source: lsnAt(1), bizDate: one.bizDate }));
    expect(bizDateOf(given(older).when(again()))).toBe(dawn + 3);
  });

  it('is a SEND where its card may be over by what was sent last', () => {
    expect(given(unconfirmed(aChange({ n: 1, ends: true }))).when(again()).brief).toBe('SEND');
  });
});
