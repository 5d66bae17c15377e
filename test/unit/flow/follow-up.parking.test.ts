import { beforeEach, describe, expect, it } from 'vitest';
import { type Blame, FollowUp, type FollowUpOptions } from '../../../connector/flow/lane/follow-up.ts';
import { type Entry, entryOf, type Lane } from '../../../connector/flow/lane/lane.ts';
import type { Carried } from '../../../connector/flow/lane/lane-worker.ts';
import type { ParkingOptions } from '../../../connector/flow/parked/parking.ts';
import { PartitionFlow } from '../../../connector/flow/partition/partition-flow.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { aChange, anAnswer, aRecord, dawn, silence } from '../../support/builders.ts';
import {
  RecordingDeadLetters,
  RecordingJournal,
  RecordingMeter,
  SteppedClock,
  sinceStart,
} from '../../support/flow-world.ts';
import { keptWith } from './kept.ts';
import { anOwed, dueAtOf } from './owed.ts';
import { key } from './pipeline-world.ts';

const order = merchantBizNo('A-1');
const retry = { kind: 'retry', cause: 'timeout', afterMs: null } as const;

describe('FollowUp with a journal', () => {
  let clock: SteppedClock;
  let journal: RecordingJournal;
  let meter: RecordingMeter;
  let deadLetters: RecordingDeadLetters;
  let partition: PartitionFlow;
  let kept: ReturnType<typeof keptWith>;
  let lane: Lane;

  beforeEach(() => {
    clock = new SteppedClock();
    journal = new RecordingJournal(clock);
    meter = new RecordingMeter();
    deadLetters = new RecordingDeadLetters(clock);
    partition = new PartitionFlow(key(0));
    partition.restore({ begin: 0n, end: 0n });
  });

  const followUp = (options: Partial<FollowUpOptions & ParkingOptions> = {}) => {
    kept = keptWith({ clock, journal, meter, ...options });
    lane = kept.lanes.of(order).lane;
    return new FollowUp(
      { retryDelaysMs: [2_000, 2_000, 600_000], giveUpAfterMs: 86_400_000, conflate: true, ...options },
      { ...kept, random: { next: () => 0.5 }, deadLetters, onReady: () => {} },
    );
  };
  const queue = (n: number): Entry => {
    const entry = entryOf(aChange({ n }), aRecord({ offset: BigInt(n) }), partition);
    partition.frontier.accept(BigInt(n), entry.record.timestamp);
    kept.load.add(entry.record);
    lane.push(entry, true);
    lane.state = 'running';
    return entry;
  };
  const failed = (entry: Entry, verdict: Carried['verdict'] = retry): Carried => {
    const { request } = anOwed({ n: Number(entry.change.position.offset) });
    entry.attempts++;
    entry.firstAttemptAt ??= dawn;
    entry.pending ??= { request, heals: 0 };
    return { request, answer: silence(), verdict };
  };
  /** Follows, and lets the dead letter and the journal be written. */
  const followed = async (follow: FollowUp, entry: Entry, carried = failed(entry), blame: Blame = 'order') => {
    const done = follow.follow(lane, entry, carried, blame);
    await clock.pass(10);
    await done;
  };

  it('gives a delivery up as a dead letter where its entry is larger than the journal takes, and frees its lane', async () => {
    const follow = followUp({ retryDelaysMs: [600_000] });
    journal.refusesOwed = true;
    const entry = queue(1);
    await followed(follow, entry);
    expect(deadLetters.letters).toMatchObject([
      { reason: 'retries-exhausted', fault: { detail: expect.stringContaining('larger than max.message.bytes') } },
    ]);
    expect([journal.lines, meter.parkings, kept.parked.size]).toEqual([['dead-lettered A-1@1'], 0, 0]);
    expect([lane.head, partition.frontier.unsettled]).toEqual([undefined, 0]);
  });

  it('waits in memory on the quick schedule, and in the journal on the long one', async () => {
    const follow = followUp();
    const entry = queue(1);
    for (const failures of [1, 2]) {
      await followed(follow, entry);
      expect([entry.failures, lane.state, kept.parking.size]).toEqual([failures, 'waiting', 0]);
    }
    await followed(follow, entry);
    expect([lane.state, lane.length, kept.parking.size, partition.frontier.unsettled]).toEqual(['ready', 0, 1, 0]);
    expect(kept.parked.get(order, partition)?.owed).toMatchObject({
      failures: 3,
      attempts: 3,
      dueAt: dawn + 20 + 600_000,
    });
    expect(meter).toMatchObject({ parkings: 1, settledRecords: 0 });
  });

  it('waits in the journal as long as the platform asks for, were it the first failure', async () => {
    const follow = followUp();
    const entry = queue(1);
    await followed(follow, entry, failed(entry, { ...retry, afterMs: 45_000 }));
    expect(kept.parked.get(order, partition)?.owed.dueAt).toBe(dawn + 45_000);
  });

  it('waits in memory where the platform asks for less than is worth an entry', async () => {
    const follow = followUp();
    const entry = queue(1);
    await followed(follow, entry, failed(entry, { ...retry, afterMs: 29_000 }));
    expect([kept.parking.size, lane.wakeAt]).toEqual([0, sinceStart(29_000)]);
  });

  it('parks even a short wait where as many wait as may', async () => {
    const follow = followUp({ waitingMax: 1 });
    kept.lanes.makeWaiting(kept.lanes.of(merchantBizNo('B')).lane, sinceStart(0));
    await followed(follow, queue(1));
    expect([kept.parking.size, kept.lanes.waiting]).toEqual([1, 1]);
    expect(kept.parked.get(order, partition)?.owed.dueAt).toBe(dawn + 2_000);
  });

  it('gives up what it would park where as many are parked as may be, and says so', async () => {
    const follow = followUp({ parkedMax: 1, parkFromMs: 0 });
    kept.parked.put(merchantBizNo('B'), anOwed({ order: 'B' }), partition, dueAtOf(anOwed()));
    await followed(follow, queue(1));
    expect(deadLetters.letters).toMatchObject([{ reason: 'retries-exhausted' }]);
    expect(deadLetters.letters[0]?.fault.message).toContain('flow.parkedMax');
    expect([kept.parking.size, lane.state, lane.length]).toEqual([1, 'ready', 0]);
  });

  it('does not give up for it what only waits in memory', async () => {
    const follow = followUp({ parkedMax: 0 });
    await followed(follow, queue(1));
    expect([deadLetters.letters, lane.state]).toEqual([[], 'waiting']);
  });

  it.each([
    [598_000, 'waiting', 0],
    [598_001, 'ready', 1],
  ])(
    'gives up where its pauses would be too long in all, having been %i ms so far',
    async (waitedMs, state, letters) => {
      const follow = followUp({ giveUpAfterMs: 600_000 });
      const entry = queue(1);
      entry.waitedMs = waitedMs;
      await followed(follow, entry);
      expect([lane.state, deadLetters.letters.length]).toEqual([state, letters]);
    },
  );

  it('gives up what the platform asks to wait for longer than it may be tried', async () => {
    const follow = followUp();
    const entry = queue(1);
    await followed(follow, entry, failed(entry, { ...retry, afterMs: 86_400_001 }));
    expect(deadLetters.letters).toHaveLength(1);
  });

  it('parks nothing for an outage: it waits for its end', async () => {
    const follow = followUp();
    const entry = queue(1);
    entry.failures = 2;
    await followed(follow, entry, failed(entry), 'outage');
    expect([entry.failures, lane.state, kept.parking.size]).toEqual([2, 'waiting', 0]);
  });

  it('lets a newer change that came meanwhile take the place of one it would park', async () => {
    const follow = followUp();
    const entry = queue(1);
    entry.failures = 2;
    const newer = queue(2);
    await followed(follow, entry);
    expect([lane.head, lane.state, kept.parking.size]).toEqual([newer, 'waiting', 0]);
    expect(journal.lines).toEqual(['superseded A-1@1']);
  });

  it('keeps the lane shut until the journal has what is owed', async () => {
    journal.blocked = true;
    const follow = followUp({ parkFromMs: 0 });
    const entry = queue(1);
    const done = follow.follow(lane, entry, failed(entry), 'order');
    await clock.pass(1_000);
    expect([lane.state, lane.length, kept.lanes.ready]).toEqual(['running', 1, 0]);
    journal.blocked = false;
    await clock.pass(2);
    await done;
    expect([lane.state, lane.length, kept.lanes.ready]).toEqual(['ready', 0, 1]);
  });

  describe('what was owed', () => {
    /** It was parked, came due, and is in its lane. */
    const released = (follow: FollowUp) => {
      kept.parked.put(order, anOwed(), partition, dueAtOf(anOwed()));
      kept.lanes.drop(lane);
      kept.parking.release();
      lane = kept.lanes.of(order).lane;
      lane.state = 'running';
      const { head } = lane;
      if (head === undefined) throw new Error('it was not released');
      return { follow, head };
    };

    it('is parked again when it fails again, were the wait short, and however many are', async () => {
      const { follow, head } = released(followUp({ parkedMax: 1, retryDelaysMs: [2_000, 2_000, 2_000, 2_000, 3_000] }));
      await followed(follow, head);
      expect(journal.entries).toMatchObject([{ event: 'retried', owed: { failures: 5, dueAt: dawn + 3_000 } }]);
      expect([kept.parking.size, kept.parked.released, lane.length, deadLetters.letters]).toEqual([1, 0, 0, []]);
    });

    it('is given up after its last attempt', async () => {
      const { follow, head } = released(followUp());
      await followed(follow, head);
      expect(deadLetters.letters).toMatchObject([{ reason: 'retries-exhausted', attempts: { count: 6 } }]);
      expect([kept.parking.size, partition.parked, partition.settled['dead-lettered']]).toEqual([0, 0, 1]);
    });

    it('is delivered: nothing is owed, and its offset is not settled again', async () => {
      const { follow, head } = released(followUp());
      const carried = { ...failed(head, { kind: 'accepted' }), answer: anAnswer('SUCCESS') };
      await followed(follow, head, carried);
      expect(journal.entries).toMatchObject([{ event: 'sent', detail: 'SUCCESS', owed: null }]);
      expect([kept.parking.size, partition.settled.delivered, lane.length]).toEqual([0, 1, 0]);
    });

    it('stays owed, and is not counted twice, when it was not sent after all', async () => {
      const { follow, head } = released(followUp());
      await followed(follow, head, { ...failed(head), verdict: { kind: 'not-ours' } });
      expect([kept.parking.size, kept.parked.released, lane.head, lane.state]).toEqual([1, 1, head, 'ready']);
    });
  });

  it.each([
    ['a first card', 'SEND', 0, false, 'sent'],
    ['a change', 'UPDATE', 0, false, 'updated'],
    ['a change, under the other command', 'SEND', 1, false, 'healed'],
    ['an end', 'UPDATE', 1, true, 'ended'],
  ] as const)('names in the journal what was accepted: %s', async (_, command, heals, ends, event) => {
    const follow = followUp();
    const entry = entryOf(aChange({ n: 1, ends }), aRecord(), partition);
    partition.frontier.accept(1n, dawn);
    lane.push(entry, true);
    const request = { ...anOwed({ n: 1, ends }).request, command };
    entry.pending = { request, heals };
    await followed(follow, entry, { request, answer: anAnswer('SUCCESS'), verdict: { kind: 'accepted' } });
    expect(journal.entries).toMatchObject([{ event, command, detail: 'SUCCESS' }]);
  });
});
