import { beforeEach, describe, expect, it } from 'vitest';
import { giveUp, publishedUnlessRevoked } from '../../../../connector/flow/lane/give-up.ts';
import { type Entry, entryOf, entryOfOwed } from '../../../../connector/flow/lane/lane.ts';
import type { Carried } from '../../../../connector/flow/lane/lane-worker.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { aChange, anAnswer, aRecord, dawn, silence } from '../../../support/builders.ts';
import { RecordingDeadLetters, RecordingJournal, RecordingMeter, SteppedClock } from '../../../support/flow-world.ts';
import { keptWith } from '../kept.ts';
import { anOwed, timesOf } from '../owed.ts';
import { key } from '../pipeline-world.ts';

describe('publishedUnlessRevoked', () => {
  const letter = { record: aRecord(), reason: 'rejected' } as never;

  it('is true once the broker has it', async () => {
    const { signal } = new AbortController();
    expect(await publishedUnlessRevoked({ publish: async () => {} }, letter, signal)).toBe(true);
  });

  it('is false when it was given up with its partition', async () => {
    const publish = () => Promise.reject(new Error('given up'));
    expect(await publishedUnlessRevoked({ publish }, letter, AbortSignal.abort())).toBe(false);
  });

  it('fails on any other rejection', async () => {
    const publish = () => Promise.reject(new Error('a defect'));
    await expect(publishedUnlessRevoked({ publish }, letter, new AbortController().signal)).rejects.toThrow('a defect');
  });
});

describe('giving up', () => {
  let clock: SteppedClock;
  let journal: RecordingJournal;
  let deadLetters: RecordingDeadLetters;
  let meter: RecordingMeter;
  let partition: PartitionFlow;
  let kept: ReturnType<typeof keptWith>;

  beforeEach(() => {
    clock = new SteppedClock();
    journal = new RecordingJournal(clock);
    deadLetters = new RecordingDeadLetters(clock);
    meter = new RecordingMeter();
    partition = new PartitionFlow(key(0));
    kept = keptWith({ clock, journal, meter });
  });

  const failed: Carried = { ...anOwed({ n: 3 }), answer: silence('timeout'), verdict: { kind: 'accepted' } };
  const taken = (): Entry => {
    const entry = entryOf(aChange({ n: 3 }), aRecord({ offset: 3n }), partition);
    partition.frontier.accept(3n, entry.record.timestamp);
    kept.load.add(entry.record);
    return entry;
  };
  const start = (entry: Entry, reason: 'rejected' | 'retries-exhausted', carried = failed) =>
    giveUp(entry, carried, reason, 'six attempts', { ...kept, deadLetters });

  it.each([
    ['retries-exhausted', 'dead-lettered', 'timeout', failed, { bizDate: dawn + 3 }],
    ['rejected', 'rejected', 'PARAM_ILLEGAL', { ...failed, answer: anAnswer('PARAM_ILLEGAL') }, { bizDate: null }],
  ] as const)(
    'writes the letter, then the journal, then settles: %s',
    async (reason, event, detail, carried, known) => {
      const entry = taken();
      let over = false;
      const given = start(entry, reason, carried).then(() => {
        over = true;
      });
      await clock.pass(5);
      expect([deadLetters.letters.length, journal.lines, partition.frontier.unsettled, over]).toEqual([
        1,
        [],
        1,
        false,
      ]);
      await clock.pass(2);
      await given;
      expect(journal.entries).toMatchObject([{ event, detail, requestId: failed.request.requestId, owed: null }]);
      // Where nobody knows whether the last attempt was taken, the next bizDate must outdo it.
      expect(journal.entries[0]?.state).toMatchObject({ ...known, through: entry.change.position });
      expect([partition.frontier.unsettled, kept.load.records, meter.letters]).toEqual([0, 0, 1]);
      expect(meter.outcomes['dead-lettered']).toBe(1);
    },
  );

  it('leaves all to the next owner where the partition is lost before the letter is written', async () => {
    deadLetters.blocked = true;
    const entry = taken();
    const given = start(entry, 'rejected');
    await clock.pass(20);
    partition.revoke();
    await given;
    expect([deadLetters.letters, journal.lines, meter.letters]).toEqual([[], [], 0]);
    expect([kept.load.records, meter.settledRecords, partition.frontier.unsettled]).toEqual([0, 0, 1]);
  });

  it('settles nothing where it is lost before the journal has it: the letter is written again', async () => {
    journal.blocked = true;
    const given = start(taken(), 'rejected');
    await clock.pass(20);
    partition.revoke();
    await given;
    expect([deadLetters.letters.length, kept.load.records, meter.settledRecords]).toEqual([1, 0, 0]);
  });

  it('of what was owed: nothing is owed any more, and its offset, accounted for long ago, is not settled again', async () => {
    const owed = anOwed({ n: 3 });
    kept.parked.put(merchantBizNo('A-1'), owed, partition, timesOf(owed));
    const given = start(entryOfOwed(owed, partition), 'retries-exhausted');
    await clock.pass(10);
    await given;
    expect(journal.entries).toMatchObject([{ event: 'dead-lettered', owed: null, attempts: 5 }]);
    expect(deadLetters.letters).toMatchObject([{ attempts: { count: 5, firstAt: dawn } }]);
    expect([partition.parked, partition.settled['dead-lettered'], kept.parked.size]).toEqual([0, 1, 0]);
  });
});
