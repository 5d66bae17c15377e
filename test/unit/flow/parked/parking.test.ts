import { beforeEach, describe, expect, it } from 'vitest';
import { type Entry, entryOf, type Lane } from '../../../../connector/flow/lane/lane.ts';
import type { Carried } from '../../../../connector/flow/lane/lane-worker.ts';
import type { ParkingOptions } from '../../../../connector/flow/parked/parking.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { type CardChange, merchantBizNo } from '../../../../connector/order/change.ts';
import { evolve, initialState } from '../../../../connector/order/state.ts';
import { aChange, anAnswer, aPolicy, aRecord, dawn, lsnAt } from '../../../support/builders.ts';
import { RecordingJournal, RecordingMeter, SteppedClock, sinceStart } from '../../../support/flow-world.ts';
import { sent, skipped } from '../../order/given.ts';
import { keptWith } from '../kept.ts';
import { anOwed, timesOf } from '../owed.ts';
import { key } from '../pipeline-world.ts';

const order = merchantBizNo('A-1');

describe('Parking', () => {
  let clock: SteppedClock;
  let journal: RecordingJournal;
  let meter: RecordingMeter;
  let partition: PartitionFlow;
  let kept: ReturnType<typeof keptWith>;

  const given = (options: Partial<ParkingOptions> = {}) => {
    kept = keptWith({ clock, journal, meter, ...options });
    return kept.parking;
  };

  beforeEach(() => {
    clock = new SteppedClock();
    journal = new RecordingJournal(clock);
    meter = new RecordingMeter();
    partition = new PartitionFlow(key(0));
    partition.restore({ begin: 0n, end: 0n });
    given();
  });

  const taken = (change: CardChange = aChange({ n: 3 })): Entry => {
    const entry = entryOf(change, aRecord(change.position), partition);
    partition.frontier.accept(change.position.offset, entry.record.timestamp);
    partition.received++;
    kept.load.add(entry.record);
    return entry;
  };
  /** It stands in its lane and was sent, to no avail. */
  const failed = (entry: Entry): { readonly lane: Lane; readonly carried: Carried } => {
    const { lane } = kept.lanes.of(entry.change.merchantBizNo);
    lane.push(entry, true);
    lane.state = 'running';
    const { request } = anOwed({ n: Number(entry.change.position.offset) });
    entry.pending ??= { request, heals: 0 };
    entry.attempts++;
    entry.firstAttemptAt ??= dawn;
    return { lane, carried: { request, answer: anAnswer('UNKNOWN_EXCEPTION'), verdict: { kind: 'accepted' } } };
  };
  const putOwed = (name: string, dueMs = 0, of = partition) =>
    kept.parked.put(merchantBizNo(name), anOwed({ order: name, dueMs }), of, timesOf(anOwed({ dueMs })));

  describe('is for', () => {
    it.each([
      [29_999, false],
      [30_000, true],
    ])('a wait of %i ms: %s', (delay, expected) => {
      expect(given({ parkFromMs: 30_000 }).isFor(taken(), delay)).toBe(expected);
    });

    it('one more wait than may be in memory', () => {
      const parking = given({ waitingMax: 1 });
      expect(parking.isFor(taken(), 1)).toBe(false);
      kept.lanes.makeWaiting(kept.lanes.of(merchantBizNo('B')).lane, sinceStart(0));
      expect(parking.isFor(taken(aChange({ n: 4 })), 1)).toBe(true);
    });

    it('what is owed already, however short the wait', () => {
      expect(given().isFor({ ...taken(), parked: true }, 1)).toBe(true);
    });
  });

  it('is full at its limit, but not for what is parked already', () => {
    const parking = given({ parkedMax: 1 });
    const entry = taken();
    expect(parking.isFullFor(entry)).toBe(false);
    putOwed('B');
    expect([parking.isFullFor(entry), parking.isFullFor({ ...entry, parked: true })]).toEqual([true, false]);
  });

  it('accounts for the offset once the journal has what is owed, and not before', async () => {
    const parking = given();
    const entry = taken();
    entry.failures = 4;
    const { lane, carried } = failed(entry);
    const parked = parking.park(lane, entry, carried, 600_000);
    await clock.pass(1);
    expect([partition.frontier.unsettled, partition.parked, lane.length]).toEqual([1, 0, 1]);
    await clock.pass(1);
    await parked;
    expect([partition.frontier.committable, partition.parked, lane.length, kept.load.records]).toEqual([4n, 1, 0, 0]);
    expect([meter.parkings, meter.settledRecords, kept.parking.size]).toEqual([1, 0, 1]);
    const { request } = carried;
    const owed = { request, heals: 0, attempts: 1, failures: 4, firstAttemptAt: dawn, dueAt: dawn + 600_000 };
    expect(journal.entries).toMatchObject([
      { event: 'parked', detail: 'UNKNOWN_EXCEPTION', requestId: request.requestId, owed },
    ]);
    // Nobody knows whether it was taken.
    expect(journal.entries[0]?.state).toMatchObject({ through: entry.change.position, bizDate: request.bizDate });
  });

  it('keeps the request that was tried last, and its heals', async () => {
    const parking = given();
    const entry = taken();
    const { request } = anOwed({ n: 3 });
    entry.pending = { request: { ...request, requestId: 'healed', command: 'SEND' }, heals: 1 };
    const { lane, carried } = failed(entry);
    const parked = parking.park(lane, entry, carried, 600_000);
    await clock.pass(2);
    await parked;
    expect(kept.parked.get(order, partition)?.owed).toMatchObject({ request: { requestId: 'healed' }, heals: 1 });
  });

  it('parks what was owed already again: its offset and its parking are counted once', async () => {
    putOwed('A-1');
    kept.parking.release();
    const { lane } = kept.lanes.of(order);
    const { head } = lane;
    if (head === undefined) throw new Error('it was not released');
    const carried = {
      request: anOwed().request,
      answer: anAnswer('UNKNOWN_EXCEPTION'),
      verdict: { kind: 'accepted' },
    } as const;
    const parked = kept.parking.park(lane, head, carried, 900_000);
    await clock.pass(2);
    await parked;
    expect(journal.entries).toMatchObject([{ event: 'retried', owed: { dueAt: dawn + 900_000 } }]);
    expect([partition.parked, kept.parked.released, meter.parkings, lane.length]).toEqual([1, 0, 0, 0]);
  });

  it('keeps bytes of its own, not the fetch answer they were cut from', async () => {
    const parking = given();
    const fetched = new Uint8Array(1_000);
    const entry = taken();
    entry.record = { ...entry.record, value: fetched.subarray(10, 20) };
    const { lane, carried } = failed(entry);
    const parked = parking.park(lane, entry, carried, 600_000);
    await clock.pass(2);
    await parked;
    expect(kept.parked.get(order, partition)?.owed.record.value?.buffer.byteLength).toBe(10);
  });

  it('parks nothing of a partition that is lost before the journal has it', async () => {
    journal.blocked = true;
    const parking = given();
    const entry = taken();
    const { lane, carried } = failed(entry);
    const parked = parking.park(lane, entry, carried, 600_000);
    await clock.pass(10);
    partition.revoke();
    await parked;
    expect([kept.parking.size, partition.parked, partition.frontier.unsettled]).toEqual([0, 0, 1]);
    expect([lane.length, kept.load.records]).toEqual([0, 0]);
  });

  describe('releases', () => {
    it('a delivery that is due into a lane, with its request and its story', async () => {
      putOwed('A-1', 100);
      kept.parking.release();
      expect(kept.lanes.ready).toBe(0);
      await clock.pass(100);
      kept.parking.release();
      const head = kept.lanes.takeReady()?.head;
      const { request } = anOwed();
      expect(head).toMatchObject({ parked: true, counted: false, attempts: 5, failures: 4, pending: { request } });
      expect([kept.load.records, kept.parked.released]).toEqual([0, 1]);
    });

    it.each([
      [4, 1],
      [8, 2],
      [1, 1],
    ])('at most a quarter of %i in flight, one at least: %i', (inFlightMax, most) => {
      const parking = given({ inFlightMax });
      for (let n = 0; n < 5; n++) putOwed(`A-${n}`);
      parking.release();
      parking.release();
      expect([kept.lanes.ready, kept.parked.released]).toEqual([most, most]);
    });

    it('none whose order has something in its lane, nor before its partition is read up', async () => {
      const unread = new PartitionFlow(key(1));
      putOwed('A');
      putOwed('B', 0, unread);
      kept.lanes.of(merchantBizNo('A'));
      kept.parking.release(10);
      expect(kept.lanes.ready).toBe(0);
      unread.restore({ begin: 4n, end: 5n });
      await clock.pass(1_000);
      kept.parking.release(10);
      expect(kept.lanes.ready).toBe(0);
      unread.frontier.accept(4n, dawn);
      await clock.pass(1_000);
      kept.parking.release(10);
      expect(kept.lanes.takeReady()?.order).toBe('B');
    });
  });

  describe('decides of what is owed', () => {
    const decided = (owed = anOwed({ n: 3 })) => {
      kept.parked.put(order, owed, partition, timesOf(owed));
      kept.parking.release();
      const head = kept.lanes.of(order).lane.head;
      if (head === undefined) throw new Error('it was not released');
      return kept.parking.decide(head);
    };

    it('the same request again, though the order has gone through it', () => {
      kept.book.set(order, evolve(initialState, skipped(aChange({ n: 3 }))), dawn);
      expect(decided()).toEqual({
        kind: 'deliver',
        request: anOwed({ n: 3 }).request,
        cardExpected: true,
        makesCard: true,
        after: null,
      });
    });

    it('nothing where the order has gone on', () => {
      kept.book.set(order, evolve(initialState, sent(aChange({ n: 4 }))), dawn);
      expect(decided()).toEqual({ kind: 'skip', reason: 'superseded' });
    });

    it('that it goes where nobody can tell which is later: positions that mean nothing to each other', () => {
      const bothLater = { kind: 'time', committedAt: lsnAt(3).committedAt } as const;
      kept.book.set(order, evolve(initialState, skipped(aChange({ n: 4, source: bothLater }))), dawn);
      expect(decided().kind).toBe('deliver');
    });

    it('nothing where its card would be over on arrival', () => {
      expect(decided(anOwed({ n: 3, endDate: instant(dawn + 100) })).kind).toBe('deliver');
    });

    it('nothing any more once its card would be over', async () => {
      await clock.pass(200);
      expect(decided(anOwed({ n: 3, dueMs: 100, endDate: instant(dawn + 200) }))).toMatchObject({ reason: 'expired' });
    });
  });

  describe('a newer change whose turn has come', () => {
    it('takes the place of what is owed, over what may have been sent of it, and waits until that is written', async () => {
      putOwed('A-1', 600_000);
      partition.recalled = 1;
      const newer = taken(aChange({ n: 5 }));
      kept.parking.supersede(newer, aPolicy());
      expect(newer.doubt).toMatchObject({ position: { offset: 1n }, bizDate: dawn + 1 });
      expect([kept.parking.size, partition.parked, partition.settled.superseded]).toEqual([0, 0, 1]);
      expect(journal.lines).toEqual([]);
      await clock.pass(2);
      await newer.noted;
      expect(journal.entries).toMatchObject([{ event: 'superseded', position: { offset: 1n }, owed: null }]);
    });

    it('leaves what is owed where it is not later: a repetition of the source', () => {
      putOwed('A-1', 600_000);
      kept.parking.supersede(taken(aChange({ n: 9, source: lsnAt(1) })), aPolicy());
      expect(kept.parking.size).toBe(1);
    });

    it('of another order leaves it too', () => {
      putOwed('A-1', 600_000);
      kept.parking.supersede(taken(aChange({ n: 9, order: 'B' })), aPolicy());
      expect(kept.parking.size).toBe(1);
    });
  });

  describe('takes in what the journal remembers', () => {
    const state = evolve(initialState, sent(aChange({ n: 3 })));
    const restore = (known: Parameters<typeof kept.parking.restore>[1]['known'], of = partition) =>
      kept.parking.restore(of, { order, known });

    it('the state, and what is owed; the last word counts', () => {
      restore({ state, owed: anOwed({ n: 3, dueMs: 500 }), at: dawn });
      expect([kept.book.get(order), kept.parking.size, partition.parked, partition.recalled]).toEqual([state, 1, 1, 1]);
      restore({ state, owed: anOwed({ n: 3, dueMs: 900 }), at: dawn });
      expect([kept.parked.get(order, partition)?.owed.dueAt, partition.parked, partition.recalled]).toEqual([
        dawn + 900,
        1,
        1,
      ]);
      restore({ state, owed: null, at: dawn });
      expect([kept.book.size, kept.parking.size, partition.parked, partition.recalled]).toEqual([1, 0, 0, 0]);
    });

    it('a tombstone: nothing is known, nothing is owed', () => {
      restore({ state, owed: anOwed({ n: 3 }), at: dawn });
      restore(null);
      expect([kept.book.size, kept.parking.size, partition.parked, partition.recalled]).toEqual([0, 0, 0, 0]);
    });

    it('of another partition touches nothing that this one owes', () => {
      const other = new PartitionFlow(key(1));
      restore({ state, owed: anOwed({ n: 3 }), at: dawn });
      restore(null, other);
      restore({ state: evolve(initialState, sent(aChange({ n: 2, partition: 1 }))), owed: null, at: dawn }, other);
      expect([kept.book.get(order), partition.parked, partition.recalled, other.recalled]).toEqual([state, 1, 1, 0]);
    });
  });
});
