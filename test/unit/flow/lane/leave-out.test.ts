import { beforeEach, describe, expect, it } from 'vitest';
import { type Entry, entryOf, entryOfOwed } from '../../../../connector/flow/lane/lane.ts';
import { leaveOut } from '../../../../connector/flow/lane/leave-out.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { evolve, initialState } from '../../../../connector/order/state.ts';
import { aChange, aRecord, type ChangeParts, dawn } from '../../../support/builders.ts';
import { RecordingJournal, RecordingMeter, SteppedClock } from '../../../support/flow-world.ts';
import { sent } from '../../order/given.ts';
import { keptWith } from '../kept.ts';
import { anOwed, timesOf } from '../owed.ts';
import { key } from '../pipeline-world.ts';

const order = merchantBizNo('A-1');

describe('leaving a change out', () => {
  let clock: SteppedClock;
  let journal: RecordingJournal;
  let meter: RecordingMeter;
  let partition: PartitionFlow;
  let kept: ReturnType<typeof keptWith>;

  beforeEach(() => {
    clock = new SteppedClock();
    journal = new RecordingJournal(clock);
    meter = new RecordingMeter();
    partition = new PartitionFlow(key(0));
    kept = keptWith({ clock, journal, meter });
  });

  const taken = (parts: ChangeParts = {}): Entry => {
    const change = aChange({ n: 3, ...parts });
    const entry = entryOf(change, aRecord(change.position), partition);
    partition.frontier.accept(change.position.offset, entry.record.timestamp);
    kept.load.add(entry.record);
    return entry;
  };
  const isKnown = () => kept.book.set(order, evolve(initialState, sent(aChange({ n: 1 }))), dawn);

  it.each(['unchanged', 'expired', 'ended'] as const)(
    '%s: the order has gone through it once that is noted',
    async reason => {
      isKnown();
      const noted = leaveOut(taken(), reason, kept);
      expect(kept.book.get(order).through).toMatchObject({ offset: 3n });
      expect([noted, partition.frontier.unsettled, journal.lines]).toEqual([expect.any(Promise), 1, []]);
      await clock.pass(2);
      await noted;
      expect(journal.entries).toMatchObject([{ event: 'skipped', detail: reason, state: { through: { offset: 3n } } }]);
      expect([partition.frontier.unsettled, kept.load.records, meter.skips]).toEqual([0, 0, [reason]]);
    },
  );

  it.each(['duplicate', 'stale'] as const)('%s: at once, without a note, for it would be left out again', reason => {
    isKnown();
    expect(leaveOut(taken(), reason, kept)).toBeNull();
    expect([partition.frontier.unsettled, meter.skips]).toEqual([0, [reason]]);
  });

  it('of an order that nothing is known of: at once, too', () => {
    expect(leaveOut(taken({ ends: true }), 'ended', kept)).toBeNull();
    expect([partition.frontier.unsettled, kept.book.size]).toEqual([0, 0]);
  });

  it('waits for what it took the place of, were that in another partition', async () => {
    isKnown();
    const other = Promise.withResolvers<void>();
    for (const reason of ['stale', 'unchanged'] as const) {
      let over = false;
      void leaveOut({ ...taken({ n: reason === 'stale' ? 2 : 3 }), noted: other.promise }, reason, kept)?.then(() => {
        over = true;
      });
      await clock.pass(10);
      expect(over).toBe(false);
    }
    const third = { ...taken({ n: 4 }), noted: other.promise };
    other.resolve();
    await leaveOut(third, 'duplicate', kept);
    expect(partition.frontier.unsettled).toBe(0);
  });

  it('that was sent, to no avail, is noted with what may have come of it', async () => {
    const entry = taken();
    entry.pending = { request: anOwed({ n: 3 }).request, heals: 0 };
    const noted = leaveOut(entry, 'stale', kept);
    await clock.pass(2);
    await noted;
    expect(journal.entries).toMatchObject([{ event: 'skipped', state: { bizDate: dawn + 3 } }]);
  });

  it('that is owed is always noted: nothing is owed any more', async () => {
    const owed = anOwed({ n: 3 });
    partition.recalled++;
    kept.parked.put(order, owed, partition, timesOf(owed));
    const noted = leaveOut(entryOfOwed(owed, partition), 'expired', kept);
    await clock.pass(2);
    await noted;
    expect(journal.entries).toMatchObject([{ event: 'skipped', detail: 'expired', owed: null }]);
    expect([partition.parked, partition.settled.skipped]).toEqual([0, 1]);
  });

  it('ends with its partition', async () => {
    isKnown();
    journal.blocked = true;
    const noted = leaveOut(taken(), 'unchanged', kept);
    await clock.pass(10);
    partition.revoke();
    await noted;
    expect([kept.load.records, meter.settledRecords, journal.lines]).toEqual([0, 0, []]);
  });
});
