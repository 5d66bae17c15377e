import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';

import type { CardChange, Command } from '../../../connector/order/change.ts';
import { againRequest, healedRequest, isExpired } from '../../../connector/order/decide.ts';
import type { OrderEvent } from '../../../connector/order/event.ts';
import { type RequestIdForm, requestId } from '../../../connector/order/request-id.ts';
import { evolve, initialState } from '../../../connector/order/state.ts';
import { aCard, aChange, aPolicy, dawn, lsnAt, sourceTopic } from '../../support/builders.ts';

import { deadLettered, ended, given, hours, sent, skipped, unconfirmed, updated } from './given.ts';

describe('an order that nothing is known of', () => {
  it('whose row is made: SEND', () => {
    expect(given().when(aChange({ creates: true })).brief).toBe('SEND');
  });

  it('whose row was there before: SEND', () => {
    expect(given().when(aChange()).brief).toBe('SEND');
  });

  it('that ends: UPDATE, for a card may show', () => {
    expect(given().when(aChange({ ends: true })).brief).toBe('UPDATE');
  });

  it('whose row is made in its end status: there is no card to end', () => {
    expect(given().when(aChange({ ends: true, creates: true })).brief).toBe('ended');
  });
});

describe('an order with a card', () => {
  const one = aChange({ n: 1, text: 'one' });
  const two = aChange({ n: 2, text: 'two' });

  it('that changes: UPDATE', () => {
    expect(given(sent(one)).when(two).brief).toBe('UPDATE');
  });

  it('whose card would look the same: unchanged', () => {
    expect(given(sent(one)).when(aChange({ n: 2, text: 'one' })).brief).toBe('unchanged');
  });

  it('whose card looks the same as before the last change: UPDATE', () => {
    expect(given(sent(one), updated(two)).when(aChange({ n: 3, text: 'one' })).brief).toBe('UPDATE');
  });

  it('that ends: UPDATE', () => {
    expect(given(sent(one)).when(aChange({ n: 2, ends: true })).brief).toBe('UPDATE');
  });

  it('whose record is read again: duplicate', () => {
    expect(given(sent(two)).when(two).brief).toBe('duplicate');
    expect(given(sent(two)).when(one).brief).toBe('duplicate');
  });

  it('whose older change was left out, and is read again: duplicate', () => {
    const three = aChange({ n: 3 });
    expect(given(sent(one), skipped(three)).when(two).brief).toBe('duplicate');
    expect(given(sent(one), deadLettered(three)).when(three).brief).toBe('duplicate');
  });

  it('whose topic was made anew, so that its offsets begin again: told by the later place in the database', () => {
    const anew = aChange({ n: 9, offset: 0n, source: lsnAt(9) });
    expect(given(sent(two)).when(anew).brief).toBe('UPDATE');
    const again = { kind: 'time', committedAt: lsnAt(9).committedAt } as const;
    expect(given(sent(two)).when(aChange({ n: 9, offset: 0n, source: again })).brief).toBe('duplicate');
  });

  it('whose older change the database repeats at a new offset: stale', () => {
    const repeated = aChange({ n: 9, source: lsnAt(1), text: 'one' });
    expect(given(sent(one), updated(two)).when(repeated).brief).toBe('stale');
  });

  it('whose changes come from another partition: compared by the database, not by the offset', () => {
    expect(given(sent(two)).when(aChange({ n: 3, partition: 1, offset: 0n })).brief).toBe('UPDATE');
    expect(given(sent(two)).when(aChange({ n: 1, partition: 1, offset: 9n })).brief).toBe('stale');
  });

  it('whose dead letter is redriven: tried again, unless a later change was handled', () => {
    const repeated = aChange({ n: 9, source: lsnAt(2), text: 'two' });
    const redriven = { ...repeated, redriven: true } as const;
    expect(given(sent(one), deadLettered(two)).when(redriven).brief).toBe('UPDATE');
    expect(given(sent(one), deadLettered(two)).when(repeated).brief).toBe('UPDATE');
    const three = aChange({ n: 3 });
    for (const later of [updated(three), deadLettered(three), skipped(three)]) {
      expect(given(sent(one), deadLettered(two), later).when(redriven).brief).toBe('stale');
    }
    for (const later of [updated(three), deadLettered(three), skipped(three)]) {
      const same = { ...later, source: two.source } as OrderEvent;
      const copy = { ...redriven, origin: two.position.offset };
      expect(given(sent(one), deadLettered(two)).when(copy).brief).toBe('UPDATE');
      expect(given(sent(one), deadLettered(two), same).when(copy).brief).toBe('stale');
    }
    // Twice: the second time the card shows it already.
    expect(given(sent(one), updated({ ...redriven, position: two.position })).when(redriven).brief).toBe('unchanged');
  });

  it('whose dead letter is redriven, of a database without a log position: the same time may be that of a later change', () => {
    const source = { kind: 'time', committedAt: lsnAt(2).committedAt } as const;
    const repeated = aChange({ n: 9, source, text: 'two' });
    expect(given(sent(one), deadLettered({ ...two, source })).when({ ...repeated, redriven: true }).brief).toBe(
      'stale',
    );
    // One that comes by itself is taken for later (source-position).
    expect(given(sent(one), deadLettered({ ...two, source })).when(repeated).brief).toBe('UPDATE');
  });

  it('whose dead letter of another log is redriven: a later commit counts, as always', () => {
    const source = { ...lsnAt(5), lsn: 0n } as const;
    const redriven = aChange({ n: 9, source, text: 'five', redriven: true });
    expect(given(sent(one), updated(two)).when(redriven).brief).toBe('UPDATE');
  });

  it('that a dead letter left as it was: the same card is still unchanged', () => {
    expect(given(sent(one), deadLettered(two)).when(aChange({ n: 3, text: 'one' })).brief).toBe('unchanged');
  });
});

describe('an order whose card has expired', () => {
  const one = aChange({ n: 1, text: 'one' });
  const later = { now: hours(25) };

  it('SEND, for an UPDATE would be ignored in silence', () => {
    expect(given(sent(one)).when(aChange({ n: 2 }), later).brief).toBe('SEND');
  });

  it('SEND also when it would look the same', () => {
    expect(given(sent(one)).when(aChange({ n: 2, text: 'one' }), later).brief).toBe('SEND');
  });

  it('SEND already a minute before', () => {
    const justBefore = { now: instant(hours(24) - 30_000) };
    expect(given(sent(one)).when(aChange({ n: 2 }), justBefore).brief).toBe('SEND');
    expect(given(sent(one)).when(aChange({ n: 2 }), { now: instant(hours(24) - 60_000) }).brief).toBe('SEND');
    expect(given(sent(one)).when(aChange({ n: 2 }), { now: instant(hours(24) - 60_001) }).brief).toBe('UPDATE');
  });

  it('still has a card to end in that minute, and none after it', () => {
    const end = aChange({ n: 2, ends: true });
    expect(given(sent(one)).when(end, { now: instant(hours(24) - 30_000) }).brief).toBe('UPDATE');
    expect(given(sent(one)).when(end, { now: hours(24) }).brief).toBe('ended');
  });

  it("is not made to live longer by an UPDATE: 24 hours count from the card's making", () => {
    const second = updated(aChange({ n: 2 }), hours(20));
    expect(given(sent(one), second).when(aChange({ n: 3 }), later).brief).toBe('SEND');
  });

  it('lives as long as its endDate says', () => {
    const long = sent(aChange({ n: 1, endDate: hours(48) }));
    expect(given(long).when(aChange({ n: 2 }), later).brief).toBe('UPDATE');
    expect(given(long).when(aChange({ n: 2 }), { now: hours(48) }).brief).toBe('SEND');
  });
});

describe('a card that would be over on arrival', () => {
  it('is left out', () => {
    expect(given().when(aChange({ n: 1, endDate: dawn })).brief).toBe('expired');
  });

  it('is told where a card shows that does not know it yet', () => {
    expect(given(sent(aChange({ n: 1 }))).when(aChange({ n: 2, endDate: dawn })).brief).toBe('UPDATE');
  });

  it('of a snapshot: the default 24 hours count from its bizDate', () => {
    const row = aChange({ n: 1, snapshot: true, creates: true });
    expect(given().when(row, { now: hours(25) }).brief).toBe('expired');
    expect(given().when(row, { now: hours(23) }).brief).toBe('SEND');
    expect(given().when({ ...row, snapshot: false }, { now: hours(25) }).brief).toBe('SEND');
  });
});

describe('an order that has ended', () => {
  const end = aChange({ n: 2, ends: true });

  it('has no card to end again', () => {
    expect(given(ended(end)).when(aChange({ n: 3, ends: true })).brief).toBe('ended');
  });

  it('gets a new card when it goes on', () => {
    expect(given(ended(end)).when(aChange({ n: 3 })).brief).toBe('SEND');
  });
});

describe('an order whose last request has an unknown outcome', () => {
  const one = aChange({ n: 1, text: 'one' });
  const two = aChange({ n: 2, text: 'two' });
  const end = aChange({ n: 2, ends: true });

  it('is sent what it had before: the platform may show the other', () => {
    expect(given(sent(one), unconfirmed(two)).when(aChange({ n: 3, text: 'one' })).brief).toBe('UPDATE');
  });

  it('gets a bizDate above the one that may have been taken', () => {
    const { decision } = given(sent(one), unconfirmed(two)).when(aChange({ n: 3, bizDate: two.bizDate }));
    expect(decision).toMatchObject({ request: { bizDate: two.bizDate + 1 } });
    const fresh = given(unconfirmed(two)).when(aChange({ n: 3, bizDate: instant(dawn - 5) }));
    expect(fresh.decision).toMatchObject({ request: { bizDate: two.bizDate + 1 } });
  });

  it('has perhaps a card to end, though its row was only just made', () => {
    const close = aChange({ n: 3, ends: true, creates: true });
    expect(given(unconfirmed({ ...two, creates: true })).when(close).brief).toBe('UPDATE');
    expect(given(unconfirmed(two)).when(close).brief).toBe('UPDATE');
    expect(given(ended(aChange({ n: 1, ends: true })), unconfirmed(two)).when(close).brief).toBe('UPDATE');
  });

  it('has perhaps a card to end, though the one we know of expired: it may have been made anew', () => {
    const end = aChange({ n: 3, ends: true });
    expect(given(sent(one), unconfirmed(two)).when(end, { now: hours(25) }).brief).toBe('UPDATE');
  });

  it('may be ended: SEND, for an UPDATE of a hidden card would be ignored in silence', () => {
    expect(given(sent(one), unconfirmed(end)).when(aChange({ n: 3 })).brief).toBe('SEND');
    expect(given(sent(one), unconfirmed(end), unconfirmed(aChange({ n: 3 }))).when(aChange({ n: 4 })).brief).toBe(
      'SEND',
    );
  });

  it('may have expired by an endDate that was sent: SEND, from then on', () => {
    const short = unconfirmed(aChange({ n: 2, endDate: hours(1) }));
    expect(given(sent(one), short).when(aChange({ n: 3 })).brief).toBe('UPDATE');
    expect(given(sent(one), short).when(aChange({ n: 3 }), { now: hours(2) }).brief).toBe('SEND');
    expect(given(sent(one), short).when(aChange({ n: 3, ends: true }), { now: hours(2) }).brief).toBe('UPDATE');
    const same = unconfirmed(aChange({ n: 2, endDate: hours(24) }));
    expect(given(sent(one), same).when(aChange({ n: 3 })).brief).toBe('UPDATE');
  });

  it('is certain again after the next answer', () => {
    const three = aChange({ n: 3, text: 'three' });
    expect(given(sent(one), unconfirmed(two), updated(three)).when(aChange({ n: 4, text: 'three' })).brief).toBe(
      'unchanged',
    );
  });
});

describe('bizDate', () => {
  const one = aChange({ n: 5 });

  it("is the change's own where it is higher", () => {
    const change = aChange({ n: 6, bizDate: instant(one.bizDate + 10) });
    expect(given(sent(one)).when(change).decision).toMatchObject({ request: { bizDate: one.bizDate + 10 } });
  });

  it.each([
    ['the same millisecond', 0],
    ['a clock that went back', -60_000],
  ])('is one above the last: %s', (_, shift) => {
    const change = aChange({ n: 6, bizDate: instant(one.bizDate + shift) });
    expect(given(sent(one)).when(change).decision).toMatchObject({ request: { bizDate: one.bizDate + 1 } });
  });
});

describe('the request', () => {
  /** Named after the record's place and the commit's time: in a topic that is made anew, the offsets come again. */
  const idOf = ({ position, source, card }: CardChange, command: Command, form: RequestIdForm, more = '') =>
    requestId(position, command, form, `of/${source.committedAt}/card/${card.hash}${more}`);
  const change = aChange({ n: 7, order: 'R-7', text: '到了 "now"' });

  it('is the JSON of requestId, command, bizDate and the card, the card byte for byte', () => {
    const { decision } = given().when(change);
    const body = decision.kind === 'deliver' ? decision.request.body : '';
    expect(body.endsWith(`,${change.card.members}}`)).toBe(true);
    expect(JSON.parse(body)).toEqual({
      requestId: idOf(change, 'SEND', 'uuid'),
      command: 'SEND',
      bizDate: change.bizDate,
      merchantBizNo: 'R-7',
      orderStatus: 'PENDING',
      productTemplateCode: 'RIDE_HAILING_DEFAULT',
      syncDataInfo: { languageBusinessInfo: '到了 "now"' },
      userId: '2160000000000001',
    });
  });

  it('has another id where the mapping made another card of the same change', () => {
    const other = { ...change, card: aCard({ order: 'R-7', text: 'the new wording' }) };
    const ids = [change, other]
      .map(one => given().when(one).decision)
      .map(d => d.kind === 'deliver' && d.request.requestId);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('takes the id in the form that the settings ask for', () => {
    expect(given().when(change, { requestIdForm: 'hex' }).decision).toMatchObject({
      request: { requestId: idOf(change, 'SEND', 'hex') },
    });
  });

  it('healed: the other command and its own id, the same bizDate and card', () => {
    const { decision } = given(sent(aChange({ n: 7 }))).when(aChange({ n: 8, bizDate: dawn }));
    if (decision.kind !== 'deliver') throw new Error('nothing to heal');
    const healed = healedRequest(decision.request, 'SEND', aPolicy());
    expect(healed).toMatchObject({
      command: 'SEND',
      bizDate: decision.request.bizDate,
      change: decision.request.change,
    });
    // Its bizDate is not the change's own: the id says so.
    const { change, bizDate } = decision.request;
    expect(healed.requestId).toBe(idOf(change, 'SEND', 'uuid', `/at/${bizDate}`));
    expect(JSON.parse(healed.body)).toEqual({
      ...JSON.parse(decision.request.body),
      command: 'SEND',
      requestId: healed.requestId,
    });
  });
});

describe('a request that goes back to the command that was tried first', () => {
  const change = aChange({ n: 8, bizDate: dawn });
  const { decision } = given(sent(aChange({ n: 7 }))).when(change);
  if (decision.kind !== 'deliver') throw new Error('nothing to send');
  const { request, after } = decision;

  it('has an id that names the last change of the card: what was refused before it may be remembered', () => {
    const again = againRequest(request, 'UPDATE', aPolicy(), after);
    const distinction = `of/${change.source.committedAt}/card/${change.card.hash}/at/${request.bizDate}/again/${sourceTopic}/0@7`;
    expect(again.requestId).toBe(requestId(change.position, 'UPDATE', 'uuid', distinction));
    expect(again).toMatchObject({ command: 'UPDATE', bizDate: request.bizDate, change });
    expect(JSON.parse(again.body)).toEqual({ ...JSON.parse(request.body), requestId: again.requestId });
  });

  it('is the same whenever it is made, and another than the first one, the healed one, and one after another card', () => {
    const requests = [
      request,
      healedRequest(request, 'SEND', aPolicy()),
      againRequest(request, 'UPDATE', aPolicy(), after),
      againRequest(request, 'UPDATE', aPolicy(), { topic: sourceTopic, partition: 0, offset: 6n }),
      againRequest(request, 'UPDATE', aPolicy(), null),
    ];
    expect(new Set(requests.map(one => one.requestId)).size).toBe(requests.length);
    expect(againRequest(request, 'UPDATE', aPolicy({ now: hours(9) }), after)).toEqual(requests[2]);
  });

  it('takes its id in the form that the settings ask for', () => {
    expect(againRequest(request, 'UPDATE', aPolicy({ requestIdForm: 'hex' }), after).requestId).toMatch(
      /^[0-9a-f]{32}$/,
    );
  });
});

describe('what a decision tells of the card', () => {
  const two = aChange({ n: 2 });

  it('one that is known: it is expected, and its last change is named', () => {
    const one = aChange({ n: 1 });
    expect(given(sent(one)).when(two).decision).toMatchObject({ cardExpected: true, after: one.position });
  });

  it('none is known: it is expected only where the change may be a repetition', () => {
    expect(given().when(two).decision).toMatchObject({ cardExpected: false, after: null });
    expect(given().when(two, { mayBeRepeat: true }).decision).toMatchObject({ cardExpected: true, after: null });
    expect(given(ended(aChange({ n: 1, ends: true }))).when(two).decision).toMatchObject({
      cardExpected: false,
      after: null,
    });
  });
});

describe('isExpired', () => {
  const short = aChange({ n: 2, endDate: hours(1) });
  const unknown = initialState;
  const live = evolve(initialState, sent(aChange({ n: 1 })));

  it('from the end date on', () => {
    expect(isExpired(unknown, short, instant(hours(1) - 1))).toBe(false);
    expect(isExpired(unknown, short, hours(1))).toBe(true);
  });

  it('never where a card shows that does not know it yet', () => {
    expect(isExpired(live, short, hours(2))).toBe(false);
    // That card is over, or as good as.
    expect(isExpired(live, short, instant(hours(24) - 60_000))).toBe(true);
  });

  it('never of an end: it hides what may show', () => {
    expect(isExpired(unknown, aChange({ n: 2, ends: true, endDate: hours(1) }), hours(2))).toBe(false);
  });

  it('without an end date only of a snapshot, a day after its bizDate', () => {
    expect(isExpired(unknown, aChange({ n: 2 }), hours(99))).toBe(false);
    expect(isExpired(unknown, aChange({ n: 2, snapshot: true, bizDate: dawn }), hours(24))).toBe(true);
    expect(isExpired(unknown, aChange({ n: 2, snapshot: true, bizDate: dawn }), hours(23))).toBe(false);
  });
});
