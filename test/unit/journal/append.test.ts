import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Journal } from '../../../connector/flow/ports.ts';
import { openJournal } from '../../../connector/journal/append.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import type { OutgoingRecord } from '../../../connector/kafka/producer.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { aChange, aRecord } from '../../support/builders.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { anEntry, journalSchemaId } from './entries.ts';

const never = new AbortController().signal;
const order = merchantBizNo;

let clock: ManualClock;
let journal: Journal;
/** Each request that was made: its records, and how it ends. */
let requests: { readonly records: readonly OutgoingRecord[]; readonly end: PromiseWithResolvers<void> }[];
let leased: boolean;
let told: string[];

beforeEach(() => {
  clock = new ManualClock();
  requests = [];
  leased = true;
  told = [];
  const writeAll = (records: readonly OutgoingRecord[]) => {
    const end = Promise.withResolvers<void>();
    requests.push({ records, end });
    return end.promise;
  };
  journal = openJournal(
    { writeAll },
    {
      topic: 'journal',
      schemaId: journalSchemaId,
      lingerMs: 1,
      clock,
      leased: () => leased,
      onUnwritable: fault => told.push(`${fault.code} ${fault.detail}`),
      onWritable: () => told.push('writable'),
    },
  );
});

const append = (n: number, signal = never) => journal.append(anEntry({ n, order: order(`O-${n}`) }), signal);
const ordersOf = (request: number) => requests[request]?.records.map(({ key }) => Buffer.from(key ?? []).toString());

/** Wakes whoever sleeps next; gives how long it meant to sleep. */
async function wake(): Promise<number> {
  const sleeper = await clock.nextSleeper();
  sleeper.wake();
  await nextTurn();
  return sleeper.duration;
}

describe('an entry', () => {
  it('goes to the partition of its source, under its order, and is written when the broker says so', async () => {
    const entry = anEntry({ partition: 'shop.public.orders/4', order: order('漢-1') });
    let written = false;
    const appending = journal.append(entry, never).then(() => {
      written = true;
    });
    expect(await wake()).toBe(1);
    expect(requests[0]?.records).toEqual([
      {
        topic: 'journal',
        partition: 4,
        key: Buffer.from('漢-1'),
        value: new EntryEncoder(journalSchemaId).encode(entry),
        headers: [],
      },
    ]);
    await nextTurn();
    expect(written).toBe(false);
    requests[0]?.end.resolve();
    await appending;
  });

  it('that is forgotten is a record without value', async () => {
    void journal.forget('shop.public.orders/4', order('A-1'), never);
    await wake();
    expect(requests[0]?.records).toMatchObject([{ partition: 4, key: Buffer.from('A-1'), value: null }]);
  });

  it('goes along with those that come in the same moment, and with those that come during a request', async () => {
    const first = [append(1), append(2)];
    await wake();
    const later = [append(3), append(4), append(5)];
    expect(requests).toHaveLength(1);
    requests[0]?.end.resolve();
    await Promise.all(first);
    await nextTurn();
    expect([ordersOf(0), ordersOf(1)]).toEqual([
      ['O-1', 'O-2'],
      ['O-3', 'O-4', 'O-5'],
    ]);
    requests[1]?.end.resolve();
    await Promise.all(later);
  });

  it('is one of a thousand at most in a request, and of half a megabyte', async () => {
    for (let n = 1; n <= 1_001; n++) void append(n);
    await wake();
    requests[0]?.end.resolve();
    await nextTurn();
    expect([requests[0]?.records.length, requests[1]?.records.length]).toEqual([1_000, 1]);
    const decided = anEntry();
    const request = { requestId: '', command: 'SEND', bizDate: decided.at, body: 'x'.repeat(300_000) } as const;
    for (let n = 1; n <= 2; n++) {
      const owed = {
        record: aRecord(),
        request: { ...request, change: aChange() },
        heals: 0,
        attempts: 1,
        failures: 1,
        waitedMs: 0,
        firstAttemptAt: decided.at,
        lastAttemptAt: decided.at,
        dueAt: decided.at,
      };
      void journal.append(anEntry({ owed }), never);
    }
    requests[1]?.end.resolve();
    await nextTurn();
    expect(requests[2]?.records.length).toBe(1);
  });
});

describe('a journal that cannot be written', () => {
  it('is written again and again, in the order of the calls, with nothing in between; told once, and when it is well', async () => {
    const appending = [append(1), append(2)];
    await wake();
    const pauses: number[] = [];
    for (let time = 0; time < 6; time++) {
      requests[time]?.end.reject(new Error('no leader'));
      if (time === 0) appending.push(append(3));
      pauses.push(await wake());
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(told).toEqual(['JOURNAL_UNWRITABLE no leader']);
    expect(ordersOf(6)).toEqual(['O-1', 'O-2', 'O-3']);
    requests[6]?.end.resolve();
    await Promise.all(appending);
    expect(told).toEqual(['JOURNAL_UNWRITABLE no leader', 'writable']);
  });

  it('is no fault when one request fails: a leader may have moved', async () => {
    const appending = append(1);
    await wake();
    requests[0]?.end.reject(new Error('not leader'));
    await wake();
    requests[1]?.end.resolve();
    await appending;
    expect(told).toEqual([]);
  });
});

describe('a partition that is taken away', () => {
  it('takes its entries along: those that wait, and those of a request that fails', async () => {
    const [ours, theirs] = [new AbortController(), new AbortController()];
    const underway = append(1, theirs.signal);
    const other = append(2, ours.signal);
    await wake();
    const waiting = append(3, theirs.signal);
    theirs.abort(new Error('taken away'));
    await expect(underway).rejects.toThrow('taken away');
    await expect(waiting).rejects.toThrow('taken away');
    requests[0]?.end.reject(new Error('no leader'));
    await wake();
    expect(ordersOf(1)).toEqual(['O-2']);
    requests[1]?.end.resolve();
    await other;
    await expect(append(4, theirs.signal)).rejects.toThrow('taken away');
  });

  it('for long, as by a group that is not found, is told once', async () => {
    leased = false;
    const kept = append(1);
    await wake();
    for (let ms = 0; ms <= 11_000; ms += 50) await wake();
    expect(told).toEqual(['JOURNAL_UNWRITABLE this member may be out of its group, and must not write']);
    leased = true;
    await wake();
    requests[0]?.end.resolve();
    await kept;
    expect(told.at(-1)).toBe('writable');
  });

  it('while we may be out of the group, nothing is written over what its new owner writes', async () => {
    leased = false;
    const theirs = new AbortController();
    const lost = append(1, theirs.signal);
    const kept = append(2);
    await wake();
    expect(await wake()).toBe(50);
    expect(requests).toEqual([]);
    theirs.abort(new Error('taken away'));
    await expect(lost).rejects.toThrow('taken away');
    leased = true;
    await wake();
    expect(ordersOf(0)).toEqual(['O-2']);
    requests[0]?.end.resolve();
    await kept;
  });
});
