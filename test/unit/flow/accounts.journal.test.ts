import { beforeEach, describe, expect, it } from 'vitest';
import type { Note } from '../../../connector/flow/accounts.ts';
import { type Entry, entryOf, entryOfOwed } from '../../../connector/flow/lane/lane.ts';
import { PartitionFlow } from '../../../connector/flow/partition/partition-flow.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { evolve, initialState } from '../../../connector/order/state.ts';
import { aChange, aRecord, type ChangeParts, dawn, lsnAt } from '../../support/builders.ts';
import { RecordingJournal, RecordingMeter, SteppedClock } from '../../support/flow-world.ts';
import { sent, skipped } from '../order/given.ts';
import { keptWith } from './kept.ts';
import { anOwed, timesOf } from './owed.ts';
import { key } from './pipeline-world.ts';

const order = merchantBizNo('A-1');
const note: Note = { event: 'updated', request: null, detail: 'SUCCESS' };

describe('Accounts with a journal', () => {
  let clock: SteppedClock;
  let journal: RecordingJournal;
  let meter: RecordingMeter;
  let partition: PartitionFlow;
  let progress: number;
  let failures: unknown[];
  let kept: ReturnType<typeof keptWith>;

  beforeEach(() => {
    clock = new SteppedClock();
    journal = new RecordingJournal(clock);
    meter = new RecordingMeter();
    partition = new PartitionFlow(key(0));
    progress = 0;
    failures = [];
    const onProgress = () => void progress++;
    kept = keptWith({ clock, journal, meter, onProgress, fail: error => failures.push(error) });
  });

  const taken = (parts: ChangeParts = {}): Entry => {
    const change = aChange(parts);
    const entry = entryOf(change, aRecord(change.position), partition);
    partition.frontier.accept(change.position.offset, entry.record.timestamp);
    kept.load.add(entry.record);
    return entry;
  };
  const wasSent = (entry: Entry) => {
    entry.pending = { request: anOwed({ n: Number(entry.change.position.offset) }).request, heals: 0 };
    return entry;
  };

  /** Over a journal that acknowledges each entry when the test says so. */
  const slowly = () => {
    const acknowledge: (() => void)[] = [];
    const append = () => new Promise<void>(resolve => acknowledge.push(resolve));
    const { accounts } = keptWith({ clock, meter, load: kept.load, journal: { append, forget: append } });
    return { accounts, acknowledge };
  };

  it('tells what happened, with all that is known of the order then', async () => {
    const entry = taken({ n: 4 });
    entry.attempts = 2;
    await clock.pass(50);
    kept.accounts.remember(entry, sent(entry.change));
    const { request } = anOwed({ n: 4 });
    const concluded = kept.accounts.conclude(entry, { event: 'sent', request, detail: 'SUCCESS' }, 'delivered');
    await clock.pass(2);
    await concluded;
    expect(journal.entries).toEqual([
      {
        partition: key(0),
        order,
        event: 'sent',
        position: entry.change.position,
        at: dawn + 50,
        requestId: request.requestId,
        command: request.command,
        attempts: 2,
        detail: 'SUCCESS',
        state: evolve(initialState, sent(entry.change)),
        owed: null,
      },
    ]);
  });

  it('accounts for a change once the journal has it, and not before', async () => {
    journal.blocked = true;
    const concluded = kept.accounts.conclude(taken({ n: 4 }), note, 'delivered');
    await clock.pass(1_000);
    expect([partition.frontier.committable, meter.settledRecords, kept.load.records, progress]).toEqual([4n, 0, 1, 0]);
    journal.blocked = false;
    await clock.pass(2);
    await concluded;
    expect([partition.frontier.committable, meter.settledRecords, kept.load.records, progress]).toEqual([5n, 1, 0, 1]);
  });

  it('accounts for nothing of a partition that is lost before the journal has it', async () => {
    journal.blocked = true;
    const concluded = kept.accounts.conclude(taken({ n: 4 }), note, 'delivered');
    await clock.pass(10);
    partition.revoke();
    await concluded;
    expect([journal.lines, meter.settledRecords, kept.load.records, progress]).toEqual([[], 0, 0, 1]);
  });

  it('nor where the journal had it all the same: it is accounted for by its next owner', async () => {
    const { accounts, acknowledge } = slowly();
    const concluded = accounts.conclude(taken({ n: 4 }), note, 'delivered');
    partition.revoke();
    acknowledge[0]?.();
    await concluded;
    expect([partition.frontier.unsettled, meter.settledRecords, kept.load.records]).toEqual([1, 0, 0]);
  });

  it('writes nothing of a partition that is lost', async () => {
    const { accounts, acknowledge } = slowly();
    const entry = taken({ n: 4 });
    partition.revoke();
    await accounts.conclude(entry, note, 'delivered');
    expect([acknowledge.length, meter.settledRecords, kept.load.records]).toEqual([0, 0, 0]);
  });

  it('fails on a journal that gives up though the partition is ours', async () => {
    const broken = { append: () => Promise.reject(new Error('gave up')), forget: async () => {} };
    const { accounts } = keptWith({ clock, journal: broken, load: kept.load });
    await expect(accounts.conclude(taken(), note, 'delivered')).rejects.toThrow('gave up');
    expect([partition.frontier.unsettled, accounts.isWritten]).toEqual([1, true]);
  });

  it('writes no note of what would be left out again: it is accounted for at once', () => {
    kept.accounts.skip(taken({ n: 4 }), 'stale');
    expect([partition.frontier.committable, kept.accounts.isWritten]).toEqual([5n, true]);
  });

  it('knows when all is written that was told', async () => {
    const { accounts, acknowledge } = slowly();
    await accounts.written();
    void accounts.conclude(taken({ n: 1 }), note, 'delivered');
    void accounts.conclude(taken({ n: 2, order: 'B' }), note, 'delivered');
    let written = 0;
    for (let i = 0; i < 2; i++) void accounts.written().then(() => written++);
    acknowledge[1]?.();
    await clock.runDry();
    expect([accounts.isWritten, written]).toEqual([false, 0]);
    acknowledge[0]?.();
    await clock.runDry();
    expect([accounts.isWritten, written]).toEqual([true, 2]);
  });

  it('takes what is given up with its partition for written', async () => {
    journal.blocked = true;
    void kept.accounts.conclude(taken(), note, 'delivered');
    const written = kept.accounts.written();
    await clock.pass(10);
    partition.revoke();
    await written;
    expect(kept.accounts.isWritten).toBe(true);
  });

  describe('what is owed of an order', () => {
    const owed = anOwed({ n: 3, dueMs: 600_000 });

    it('stays owed whatever else is noted of the order', async () => {
      kept.parked.put(order, owed, partition, timesOf(owed));
      void kept.accounts.leaveOut(taken({ n: 4 }), 'unchanged');
      await clock.pass(2);
      expect(journal.entries).toMatchObject([{ event: 'skipped', detail: 'unchanged', owed }]);
      expect(kept.parked.size).toBe(1);
    });

    it("is another partition's to note", async () => {
      kept.parked.put(order, owed, new PartitionFlow(key(1)), timesOf(owed));
      void kept.accounts.leaveOut(taken({ n: 4 }), 'unchanged');
      await clock.pass(2);
      expect(journal.entries).toMatchObject([{ owed: null }]);
    });

    it('is owed no more when it is concluded; its offset is not settled again', async () => {
      kept.parked.put(order, owed, partition, timesOf(owed));
      const concluded = kept.accounts.conclude(entryOfOwed(owed, partition), note, 'delivered');
      // At once: a newer change of the order may be owed before this is written.
      expect([kept.parked.size, partition.parked, meter.outcomes.delivered]).toEqual([0, 0, 1]);
      await clock.pass(2);
      await concluded;
      expect([journal.entries[0]?.owed, partition.settled.delivered]).toEqual([null, 1]);
    });

    it("is its next owner's when the partition is lost meanwhile: it is neither removed nor counted here", async () => {
      kept.parked.put(order, owed, partition, timesOf(owed));
      partition.revoke();
      await kept.accounts.conclude(entryOfOwed(owed, partition), note, 'delivered');
      expect([kept.parked.size, meter.settledRecords, journal.lines]).toEqual([1, 0, []]);
    });
  });

  describe('the state that is written', () => {
    const written = async (entry: Entry) => {
      void kept.accounts.conclude(entry, note, 'delivered');
      await clock.pass(2);
      return journal.entries.at(-1)?.state;
    };

    it('holds what may have been sent of the changes that wait in the lane: they are not read again', async () => {
      const [head, older, newer] = [taken({ n: 3 }), wasSent(taken({ n: 4 })), taken({ n: 5 })];
      const { lane } = kept.lanes.of(order);
      lane.push(head, false);
      kept.accounts.supersede(older, newer, head);
      lane.push(newer, false);
      kept.accounts.remember(head, sent(head.change));
      expect(await written(head)).toMatchObject({ kind: 'live', hash: null, bizDate: dawn + 4 });
      // In memory it is learnt when the turn of the newer one comes.
      expect(kept.book.get(order)).toMatchObject({ kind: 'live', hash: head.change.card.hash });
    });

    it('holds the one that is in flight: the change it is superseded by is read again alone', async () => {
      const [head, other] = [wasSent(taken({ n: 5 })), taken({ n: 6 })];
      kept.lanes.of(order).lane.push(head, false);
      kept.accounts.remember(other, skipped(other.change));
      const through = other.change.position;
      expect(await written(other)).toMatchObject({ kind: 'unknown', bizDate: dawn + 5, through });
    });

    it('tells nothing of how far the order has gone by what is in flight: nothing took its place, so it is read again', async () => {
      const [before, head, stale] = [taken({ n: 4 }), wasSent(taken({ n: 5 })), taken({ n: 6, source: lsnAt(1) })];
      kept.accounts.remember(before, sent(before.change));
      kept.lanes.of(order).lane.push(head, false);
      const { position: through, source } = before.change;
      expect(await written(stale)).toMatchObject({ kind: 'live', through, source, hash: null, bizDate: dawn + 5 });
    });

    it('holds no doubt of the change that is concluded: its outcome is known', async () => {
      const head = wasSent(taken({ n: 5 }));
      kept.lanes.of(order).lane.push(head, false);
      kept.accounts.remember(head, sent(head.change));
      expect(await written(head)).toEqual(evolve(initialState, sent(head.change)));
    });
  });

  describe('a change that is superseded', () => {
    it('keeps the newer one from being sent until all it took the place of is noted', async () => {
      const { accounts, acknowledge } = slowly();
      const [one, two, three] = [taken({ n: 1 }), taken({ n: 2 }), taken({ n: 3 })];
      let noted = 0;
      accounts.supersede(one, two);
      accounts.supersede(two, three);
      void three.noted?.then(() => noted++);
      acknowledge[1]?.();
      await clock.runDry();
      expect(noted).toBe(0);
      acknowledge[0]?.();
      await clock.runDry();
      expect(noted).toBe(1);
    });

    it('moves the order on through it, for it must not be sent before the newer one', () => {
      const [older, newer] = [taken({ n: 4 }), taken({ n: 5 })];
      kept.accounts.supersede(older, newer);
      expect(kept.book.get(order).through).toEqual(older.change.position);
    });

    it('but not where it is a repetition of what comes before the change in flight: it is stale, without a word', async () => {
      const head = wasSent(taken({ n: 4 }));
      kept.lanes.of(order).lane.push(head, false);
      const { committedAt } = head.change.source;
      const repetition = taken({ n: 5, source: { kind: 'lsn', lsn: 2n, committedAt } });
      const newer = taken({ n: 6, source: head.change.source });
      kept.accounts.supersede(repetition, newer, head);
      await clock.pass(10);
      // A note would hold the doubt of the head: whoever reads it takes the head for gone through, and loses it.
      expect([journal.lines, newer.noted, kept.book.get(order)]).toEqual([[], null, initialState]);
      expect([meter.skips, meter.outcomes.skipped, kept.load.records]).toEqual([['stale'], 1, 2]);
    });

    it('whose note cannot be written is a failure', async () => {
      const broken = { append: () => Promise.reject(new Error('gave up')), forget: async () => {} };
      const { accounts } = keptWith({ clock, journal: broken, load: kept.load, fail: error => failures.push(error) });
      const newer = taken({ n: 5 });
      accounts.supersede(taken({ n: 4 }), newer);
      await expect(newer.noted).rejects.toThrow('gave up');
      expect(failures).toEqual([new Error('gave up')]);
    });
  });

  it('counts what is owed towards no load', () => {
    const entry = entryOfOwed(anOwed(), partition);
    kept.accounts.count(entry);
    expect([entry.counted, kept.load.records]).toEqual([false, 0]);
  });
});
