import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { EntryTooLarge } from '../../../connector/flow/ports.ts';
import { type JournalAppender, openJournal } from '../../../connector/journal/append.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import type {
  BatchResult,
  FencedProducer,
  ProducerEpoch,
  SequencedBatch,
} from '../../../connector/kafka/fenced-producer.ts';
import { partitionKey } from '../../../connector/kernel/position.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { aRecord, sourceTopic } from '../../support/builders.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { anOwed } from '../flow/owed.ts';
import { anEntry, ownHeaders } from './entries.ts';

const never = new AbortController().signal;
const order = merchantBizNo;

interface Request {
  readonly leader: number;
  readonly epoch: ProducerEpoch;
  readonly batches: readonly SequencedBatch[];
  readonly end: PromiseWithResolvers<readonly BatchResult[]>;
}

let clock: ManualClock;
let journal: JournalAppender;
let requests: Request[];
/** Who leads a partition; broker 0 where none is named, nobody where it is null. */
let leaders: Map<number, number | null>;
let leased: boolean;
let reported: string[];
let epochs: number;

beforeEach(async () => {
  clock = new ManualClock();
  requests = [];
  leaders = new Map();
  leased = true;
  reported = [];
  epochs = 0;
  const producer: FencedProducer = {
    newEpoch: async () => ({ producerId: 1n, epoch: ++epochs }),
    leaderOf: partition => (leaders.has(partition) ? (leaders.get(partition) ?? null) : 0),
    refresh: async () => undefined,
    write: (leader, epoch, batches) => {
      const end = Promise.withResolvers<readonly BatchResult[]>();
      requests.push({ leader, epoch, batches, end });
      return end.promise;
    },
    close: async () => undefined,
  };
  journal = openJournal(producer, {
    topic: 'journal',
    groupId: 'card-sync',
    lingerMs: 1,
    clock,
    leased: () => leased,
    onUnwritable: fault => reported.push(`${fault.code} ${fault.detail}`),
    onWritable: () => reported.push('writable'),
    onTooLarge: fault => reported.push(fault.code),
  });
  await claim(0);
});

const inPartition = (partition: number) => partitionKey(sourceTopic, partition);
const append = (n: number, signal = never, partition = 0) =>
  journal.append(anEntry({ n, order: order(`O-${n}`), partition: inPartition(partition) }), signal);
const keysOf = (request: Request | undefined) =>
  request?.batches.map(({ records }) => records.map(({ key }) => Buffer.from(key ?? []).toString()));

/** Wakes the next sleeper; gives how long it meant to sleep. */
async function wake(): Promise<number> {
  const sleeper = await clock.nextSleeper();
  sleeper.wake();
  await turns();
  return sleeper.duration;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

/** Ends the oldest request, with one result for all of its batches or one for each. */
async function end(...results: readonly BatchResult[]): Promise<void> {
  const request = requests.shift();
  const [first] = results;
  request?.end.resolve(request.batches.map((_, index) => results[index] ?? first ?? { kind: 'written' }));
  await turns();
}

async function claim(partition: number): Promise<void> {
  const claiming = journal.claim(partition, never);
  await turns();
  await wake();
  await end();
  await claiming;
}

const failed: BatchResult = { kind: 'failed', problem: 'no leader' };

describe('the journal writes', () => {
  it('an entry to the partition of its source, under its order, and resolves when the broker has it', async () => {
    await claim(4);
    const entry = anEntry({ partition: inPartition(4), order: order('漢-1') });
    let isWritten = false;
    const appending = journal.append(entry, never).then(() => {
      isWritten = true;
    });
    expect(await wake()).toBe(1);
    const value = new EntryEncoder().encode(entry);
    const record = { topic: 'journal', partition: 4, key: Buffer.from('漢-1'), value, headers: ownHeaders };
    expect(requests[0]?.batches).toEqual([{ partition: 4, firstSequence: 1, records: [record] }]);
    expect(isWritten).toBe(false);
    await end();
    await appending;
  });

  it('a tombstone for an order that is forgotten', async () => {
    void journal.forget(inPartition(0), order('A-1'), never);
    await wake();
    expect(requests[0]?.batches[0]?.records).toMatchObject([{ partition: 0, key: Buffer.from('A-1'), value: null }]);
  });

  it("the registry's id of its schema into the frame as soon as there is one", async () => {
    void append(1);
    journal.useSchemaId(77);
    void append(2);
    await wake();
    const ids = requests[0]?.batches[0]?.records.map(({ value }) => Buffer.from(value ?? []).readInt32BE(1));
    expect(ids).toEqual([0, 77]);
  });

  it('entries that come together in one request, and those that come during a request in the next', async () => {
    const first = [append(1), append(2)];
    await wake();
    const later = [append(3), append(4), append(5)];
    await turns();
    expect(requests).toHaveLength(1);
    expect(keysOf(requests[0])).toEqual([['O-1', 'O-2']]);
    await end();
    await Promise.all(first);
    expect(keysOf(requests[0])).toEqual([['O-3', 'O-4', 'O-5']]);
    await end();
    await Promise.all(later);
  });

  it('at most a thousand entries, and half a megabyte, of a partition in a request', async () => {
    for (let n = 1; n <= 1_001; n++) void append(n);
    await wake();
    expect(requests[0]?.batches[0]?.records).toHaveLength(1_000);
    await end();
    expect(requests[0]?.batches[0]?.records).toHaveLength(1);
    const record = { ...aRecord(), value: new Uint8Array(300_000) };
    for (let n = 1; n <= 2; n++) void journal.append(anEntry({ owed: { ...anOwed({ n }), record } }), never);
    await end();
    expect(requests[0]?.batches[0]?.records).toHaveLength(1);
  });

  it('the partitions of one leader in one request, and never two requests at once to one leader', async () => {
    await claim(1);
    leaders.set(2, 7);
    await claim(2);
    void append(1);
    void append(2, never, 1);
    void append(3, never, 2);
    await wake();
    expect(requests.map(request => [request.leader, keysOf(request)])).toEqual([
      [0, [['O-1'], ['O-2']]],
      [7, [['O-3']]],
    ]);
    void append(4, never, 1);
    await turns();
    expect(requests).toHaveLength(2);
  });
});

describe('a journal that cannot be written', () => {
  it('is written again with the same batch until it is, in the order of the calls; reported once', async () => {
    const appending = [append(1), append(2)];
    await wake();
    const pauses: number[] = [];
    for (let time = 0; time < 6; time++) {
      expect(requests[0]?.batches[0]?.firstSequence).toBe(1);
      expect(keysOf(requests[0])).toEqual([['O-1', 'O-2']]);
      await end(failed);
      if (time === 0) appending.push(append(3));
      pauses.push(await wake());
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(reported).toEqual(['JOURNAL_UNWRITABLE no leader']);
    await end();
    expect([requests[0]?.batches[0]?.firstSequence, keysOf(requests[0])]).toEqual([3, [['O-3']]]);
    await end();
    await Promise.all(appending);
    expect(reported).toEqual(['JOURNAL_UNWRITABLE no leader', 'writable']);
  });

  it('is not reported for one failed request: a leader may have moved', async () => {
    const appending = append(1);
    await wake();
    await end(failed);
    await wake();
    await end();
    await appending;
    expect(reported).toEqual([]);
  });

  it('because one partition has no leader, or its leader does not answer, still takes the others', async () => {
    await claim(1);
    leaders.set(2, 7);
    await claim(2);
    leaders.set(1, null);
    void append(1, never, 1);
    void append(2, never, 2);
    const written = append(3);
    await wake();
    expect(requests.map(request => request.leader)).toEqual([0, 7]);
    // The one of broker 7 is never answered.
    const silent = requests.pop();
    await end();
    await written;
    const another = append(4);
    for (let time = 0; time < 4 && requests.length === 0; time++) await wake();
    expect(keysOf(requests[0])).toEqual([['O-4']]);
    await end();
    await another;
    expect(keysOf(silent)).toEqual([['O-2']]);
    expect(reported).toEqual(['JOURNAL_UNWRITABLE the partition has no leader']);
  });
});

describe('an entry that the topic does not take for its size', () => {
  const record = { ...aRecord(), value: new Uint8Array(10_000) };
  const big = () => journal.append(anEntry({ order: order('BIG'), owed: { ...anOwed({ n: 1 }), record } }), never);

  it('is found by halving its batch, and written without the value of its record; the others whole', async () => {
    const appending = [append(1), big(), append(2)];
    await wake();
    await end({ kind: 'too-large' });
    expect(keysOf(requests[0])).toEqual([['O-1', 'BIG']]);
    await end({ kind: 'too-large' });
    expect(keysOf(requests[0])).toEqual([['O-1']]);
    await end();
    const whole = requests[0]?.batches[0];
    await end({ kind: 'too-large' });
    const smaller = requests[0]?.batches[0];
    expect(smaller?.firstSequence).toBe(whole?.firstSequence);
    expect(smaller?.records[0]?.value?.length).toBeLessThan(whole?.records[0]?.value?.length ?? 0);
    await end();
    await end();
    await Promise.all(appending);
    expect(reported).toEqual(['JOURNAL_ENTRY_TOO_LARGE']);
  });

  it('not even without the value is rejected, and the next one is written', async () => {
    const appending = expect(big()).rejects.toThrow(EntryTooLarge);
    const next = append(1);
    await wake();
    await end({ kind: 'too-large' });
    await end({ kind: 'too-large' });
    await end({ kind: 'too-large' });
    await appending;
    await end();
    await next;
  });
});

describe('a partition that is taken away', () => {
  it('takes its entries along: those that wait, and those of a request that fails', async () => {
    await claim(1);
    const theirs = new AbortController();
    const underway = append(1, theirs.signal);
    const other = append(2, never, 1);
    await wake();
    const waiting = append(3, theirs.signal);
    theirs.abort(new Error('taken away'));
    await expect(underway).rejects.toThrow('taken away');
    await expect(waiting).rejects.toThrow('taken away');
    await end(failed, failed);
    await wake();
    expect(keysOf(requests[0])).toEqual([['O-2']]);
    await end();
    await other;
    await expect(append(4, theirs.signal)).rejects.toThrow('taken away');
  });

  it('writes nothing while this member may be out of its group; for long, that is reported once', async () => {
    leased = false;
    const theirs = new AbortController();
    const lost = append(1, theirs.signal);
    const kept = append(2);
    await wake();
    for (let ms = 0; ms <= 11_000; ms += 50) expect(await wake()).toBe(50);
    expect(requests).toEqual([]);
    expect(reported).toEqual(['JOURNAL_UNWRITABLE this member may be out of its group, and must not write']);
    theirs.abort(new Error('taken away'));
    await expect(lost).rejects.toThrow('taken away');
    leased = true;
    await wake();
    expect(keysOf(requests[0])).toEqual([['O-2']]);
    await end();
    await kept;
    expect(reported.at(-1)).toBe('writable');
  });

  it('and comes back is written under a new epoch, whose sequence begins again', async () => {
    const theirs = new AbortController();
    append(1, theirs.signal).catch(() => undefined);
    await wake();
    theirs.abort(new Error('taken away'));
    await end(failed);
    const before = epochs;
    const claiming = journal.claim(0, never);
    while (requests.length === 0) await wake();
    expect(requests[0]).toMatchObject({ epoch: { epoch: before + 1 }, batches: [{ firstSequence: 0 }] });
    await end();
    await claiming;
  });
});

describe('the epoch', () => {
  it('is taken anew once a day, so that the brokers do not forget its transactional id', async () => {
    const before = epochs;
    clock.advance(86_400_000);
    void append(1);
    await wake();
    expect(requests[0]?.epoch.epoch).toBe(before);
    await end();
    void append(2);
    await wake();
    expect(requests[0]).toMatchObject({ epoch: { epoch: before + 1 }, batches: [{ firstSequence: 0 }] });
    await end();
    void append(3);
    await wake();
    expect([requests[0]?.epoch.epoch, epochs]).toEqual([before + 1, before + 1]);
    await end();
  });
});

describe('a partition that another instance has claimed', () => {
  it('is tried some times, and then ends the process: only a new start reads what the other wrote', async () => {
    const appending = append(1);
    const rejected = expect(appending).rejects.toMatchObject({ code: 'JOURNAL_UNWRITABLE' });
    await wake();
    for (let time = 0; time < 13; time++) {
      await end({ kind: 'fenced' });
      if (time < 12) await wake();
    }
    await rejected;
    expect(reported).toEqual(['JOURNAL_UNWRITABLE another instance has claimed partition 0']);
  });
});
