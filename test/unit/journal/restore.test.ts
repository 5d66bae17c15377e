import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import { JournalRestore } from '../../../connector/journal/restore.ts';
import type { PartitionOffsets } from '../../../connector/kafka/admin.ts';
import type { ConsumerListener } from '../../../connector/kafka/record-consumer.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { type PartitionKey, partitionKey } from '../../../connector/kernel/position.ts';
import type { Resolved } from '../../../connector/registry/registry.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { aJournalRecord, anEntry, journalSchemaId, journalSchemas } from './entries.ts';

const encoder = new EntryEncoder(journalSchemaId);
const orders = 'shop.public.orders';
const bills = 'shop.public.bills';

/** What the consumer and the flow were told, in order. */
let calls: string[];
let ends: Map<PartitionKey, PartitionOffsets>;
let asking: (() => Promise<void>) | null;
let resolve: (id: number) => Promise<Resolved>;
let faults: string[];
let restored: string[];
let clock: ManualClock;
let durations: number[];
let restore: JournalRestore;
let listener: ConsumerListener;

beforeEach(() => {
  calls = [];
  ends = new Map();
  asking = null;
  resolve = () => Promise.reject(new Error('not asked for'));
  faults = [];
  restored = [];
  clock = new ManualClock();
  durations = [];
  const told = (what: string) => (keys: readonly PartitionKey[]) => {
    if (keys.length > 0) calls.push(`${what} ${keys.join(' ')}`);
  };
  restore = new JournalRestore(
    {
      topic: 'journal',
      sourceTopics: [orders, bills],
      onRestored: ({ partition, records, durationMs }) => {
        restored.push(`${partition}: ${records}`);
        durations.push(durationMs);
      },
      onFault: fault => faults.push(`${fault.code} ${fault.detail}`),
    },
    {
      consumer: {
        pause: told('pause'),
        resume: told('resume'),
        seek: (key, offset) => calls.push(`seek ${key}@${offset}`),
      },
      decoder: createJournalDecoder({ typeOf: journalSchemas.typeOf, resolve: id => resolve(id) }),
      offsets: async () => {
        // As of the asking, whatever comes meanwhile.
        const now = new Map(ends);
        await asking?.();
        return now;
      },
      clock,
    },
  );
  listener = restore.listenerFor({
    rebalancing: () => calls.push('rebalancing'),
    quiesce: async limitMs => void calls.push(`quiesce ${limitMs}`),
    assigned: told('assigned'),
    receive: (key, records) => calls.push(`receive ${key}: ${records.length}`),
    remember: (key, { order, known }) =>
      calls.push(`remember ${key} ${order} ${known === null ? 'forgotten' : `through ${known.state.through?.offset}`}`),
    restored: (key, { begin, end }) => calls.push(`restored ${key} ${begin} of ${end}`),
  });
});

/** The partitions of these numbers, of the source and the journal. */
function assign(...numbers: readonly number[]): void {
  listener.assigned([orders, bills, 'journal'].flatMap(topic => numbers.map(number => partitionKey(topic, number))));
}

function endsAre(number: number, journalEnd: bigint, source: Partial<PartitionOffsets> = {}): void {
  for (const topic of [orders, bills])
    ends.set(partitionKey(topic, number), { low: 0n, end: 50n, committed: null, ...source });
  ends.set(partitionKey('journal', number), { low: 0n, end: journalEnd, committed: null });
}

/** Entries of these orders as the journal has them; `n` of an entry counts up with its offset. */
function journalHas(number: number, first: bigint, ...names: readonly string[]): void {
  const records = names.map((name, index) => {
    const offset = first + BigInt(index);
    const value = name.startsWith('-') ? null : encoder.encode(anEntry({ n: Number(offset) + 1 }));
    return aJournalRecord({ partition: number, offset, key: Buffer.from(name.replace('-', '')), value });
  });
  const last = first + BigInt(names.length) - 1n;
  listener.receive(partitionKey('journal', number), records, last, last + 1n);
}

const turns = async () => {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
};

describe('a partition that is assigned', () => {
  it('is held back at once, and its journal is read from the beginning', () => {
    assign(0);
    expect(calls).toEqual([`assigned ${orders}/0 ${bills}/0`, 'seek journal/0@0', 'resume journal/0']);
    expect(restore.progress).toEqual({ restoring: 1, records: 0, unreadable: 0 });
  });

  it('is given to the flow when all up to the end is told, each topic with how far it was read', async () => {
    endsAre(0, 3n, { committed: 7n });
    assign(0);
    calls = [];
    journalHas(0, 0n, 'A', 'B');
    await turns();
    journalHas(0, 2n, '-A');
    expect(calls).toEqual([
      `remember ${orders}/0 A through 1`,
      `remember ${orders}/0 B through 2`,
      `remember ${orders}/0 A forgotten`,
      `remember ${bills}/0 A forgotten`,
      'pause journal/0',
      `restored ${orders}/0 7 of 50`,
      `restored ${bills}/0 7 of 50`,
    ]);
    expect(restored).toEqual(['0: 3']);
    expect(restore.progress).toEqual({ restoring: 0, records: 3, unreadable: 0 });
  });

  it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
    'is reported with how long its restore took, where the wall clock is set by %d ms meanwhile',
    async step => {
      endsAre(0, 1n);
      assign(0);
      clock.advance(2_500);
      clock.setWallClock(step);
      journalHas(0, 0n, 'A');
      await turns();
      expect(durations).toEqual([2_500]);
    },
  );

  it('is given to the flow when its end is known last', async () => {
    assign(0);
    journalHas(0, 0n, 'A');
    expect(restored).toEqual([]);
    endsAre(0, 1n);
    (await clock.nextSleeper()).wake();
    await turns();
    expect(restored).toEqual(['0: 1']);
  });

  it.each([
    ['empty', 0n, 0n],
    ['emptied', 9n, 9n],
  ])('whose journal is %s is given to the flow without a record', async (_, low, end) => {
    endsAre(0, 0n);
    ends.set('journal/0', { low, end, committed: null });
    assign(0);
    await turns();
    expect(restored).toEqual(['0: 0']);
  });

  it('remembers an order where its last change came from, if that topic is read', async () => {
    endsAre(0, 2n);
    assign(0);
    calls = [];
    for (const [offset, topic] of [bills, 'another'].entries()) {
      const { state } = anEntry();
      const through = { topic, partition: 0, offset: BigInt(offset) };
      const entry = anEntry({ state: { ...state, ...(state.kind === 'live' ? { through } : {}) } });
      const record = aJournalRecord({ offset: BigInt(offset), key: Buffer.from('A'), value: encoder.encode(entry) });
      listener.receive('journal/0', [record], BigInt(offset), 2n);
    }
    expect(calls).toEqual([`remember ${bills}/0 A through 0`, `remember ${orders}/0 A through 1`]);
  });

  it('never has a record handed over before: that would be our own mistake', () => {
    assign(0);
    expect(() => listener.receive(`${orders}/0`, [], 0n, 1n)).toThrow('not restored');
  });

  it('waits while no broker tells its end; the fault is told once', async () => {
    asking = () => Promise.reject(new Fault('KAFKA_UNREACHABLE', { detail: 'away' }));
    endsAre(0, 0n);
    assign(0);
    for (let time = 0; time < 3; time++) (await clock.nextSleeper()).wake();
    asking = null;
    await turns();
    expect(faults).toEqual(['KAFKA_UNREACHABLE away']);
    expect(restored).toEqual(['0: 0']);
  });
});

describe('a join in the midst of it', () => {
  it('goes on where it was with what stays, and is not told again', async () => {
    endsAre(0, 3n);
    assign(0);
    await turns();
    journalHas(0, 0n, 'A', 'B');
    calls = [];
    assign(0);
    expect(calls).toContain('seek journal/0@2');
    journalHas(0, 2n, 'C');
    expect(restored).toEqual(['0: 3']);
  });

  it('tells nothing more of what is taken away, and begins anew with what comes back', async () => {
    endsAre(0, 3n);
    assign(0);
    await turns();
    journalHas(0, 0n, 'A', 'B');
    listener.assigned([]);
    calls = [];
    journalHas(0, 2n, 'C');
    expect(calls).toEqual([]);
    assign(0);
    expect(calls).toContain('seek journal/0@0');
    expect(restore.progress).toEqual({ restoring: 1, records: 2, unreadable: 0 });
  });

  it('leaves alone what is restored, and keeps its journal shut', async () => {
    endsAre(0, 0n);
    endsAre(1, 1n);
    assign(0);
    await turns();
    calls = [];
    assign(0, 1);
    expect(calls).toEqual([
      `assigned ${orders}/0 ${orders}/1 ${bills}/0 ${bills}/1`,
      'pause journal/0',
      'seek journal/1@0',
      'resume journal/1',
    ]);
    listener.receive(`${orders}/0`, [], 0n, 1n);
    expect(calls.at(-1)).toBe(`receive ${orders}/0: 0`);
  });

  it('makes an end that was asked for before it count for nothing', async () => {
    endsAre(0, 0n);
    const asked = Promise.withResolvers<void>();
    asking = () => asked.promise;
    assign(0);
    listener.assigned([]);
    // Somebody else had it meanwhile, and wrote.
    endsAre(0, 1n);
    assign(0);
    asking = null;
    asked.resolve();
    await turns();
    expect(restored).toEqual([]);
    journalHas(0, 0n, 'A');
    await turns();
    expect(restored).toEqual(['0: 1']);
  });
});

describe('a record of the journal', () => {
  it('that cannot be read is left out, counted, and told once', async () => {
    endsAre(0, 3n);
    assign(0);
    await turns();
    calls = [];
    const broken = (offset: bigint) => aJournalRecord({ offset, key: Buffer.from('A'), value: Buffer.from('x') });
    listener.receive('journal/0', [broken(0n), broken(1n)], 1n, 3n);
    journalHas(0, 2n, 'B');
    expect(faults).toEqual([`JOURNAL_UNREADABLE its value is not in Confluent's wire format`]);
    expect(restored).toEqual(['0: 3']);
    expect(restore.progress.unreadable).toBe(2);
    expect(calls[0]).toBe(`remember ${orders}/0 B through 3`);
  });

  it('of another schema holds up those behind it, in their order, and the reading, until the registry answers', async () => {
    endsAre(0, 3n);
    assign(0);
    await turns();
    calls = [];
    const registered = Promise.withResolvers<Resolved>();
    resolve = () => registered.promise;
    const later = Buffer.from(encoder.encode(anEntry({ n: 1 })));
    later.writeInt32BE(99, 1);
    listener.receive('journal/0', [aJournalRecord({ value: later })], 0n, 3n);
    journalHas(0, 1n, 'B', 'C');
    expect(calls).toEqual(['pause journal/0']);
    registered.resolve(await journalSchemas.resolve(99, new AbortController().signal));
    await turns();
    expect(calls.slice(1, 5)).toEqual([
      `remember ${orders}/0 A-1 through 1`,
      'resume journal/0',
      `remember ${orders}/0 B through 2`,
      `remember ${orders}/0 C through 3`,
    ]);
    expect(restored).toEqual(['0: 3']);
  });

  it('of a partition that is taken away while its schema is asked for is told to nobody', async () => {
    assign(0);
    const registered = Promise.withResolvers<Resolved>();
    resolve = () => registered.promise;
    const later = Buffer.from(encoder.encode(anEntry({ n: 1 })));
    later.writeInt32BE(99, 1);
    listener.receive('journal/0', [aJournalRecord({ value: later })], 0n, 3n);
    listener.assigned([]);
    calls = [];
    registered.resolve(await journalSchemas.resolve(99, new AbortController().signal));
    await turns();
    expect(calls).toEqual([]);
  });
});

describe('what is wrong with the source', () => {
  it.each<[string, Partial<PartitionOffsets>, string]>([
    ['records removed before they were read', { low: 20n, committed: 12n }, 'SOURCE_RECORDS_LOST 8 offsets of'],
    ['an end before what was read', { committed: 51n }, 'SOURCE_TOPIC_REMADE'],
  ])('is told: %s', async (_, source, fault) => {
    endsAre(0, 0n, source);
    assign(0);
    await turns();
    expect(faults).toHaveLength(2);
    expect(faults[0]).toContain(fault);
    expect(restored).toEqual(['0: 0']);
  });

  it('is nothing where a group begins behind what retention removed', async () => {
    endsAre(0, 0n, { low: 20n });
    assign(0);
    await turns();
    expect(faults).toEqual([]);
  });

  it('is a partition that the journal has not, or that is added: the process ends', () => {
    expect(() => listener.assigned([`${orders}/3`])).toThrow('the source has a partition 3, journal has none');
    listener.assigned([`${orders}/0`, 'journal/0']);
    expect(() => listener.assigned([`${orders}/0`, `${bills}/0`, 'journal/0'])).toThrow('was added to its topic');
  });
});

describe('the end', () => {
  it('ends also the asking', async () => {
    assign(0);
    await turns();
    restore.close();
    (await clock.nextSleeper()).wake();
    await turns();
    expect(restore.progress.restoring).toBe(0);
    endsAre(0, 0n);
    assign(0);
    await turns();
    expect(restored).toEqual(['0: 0']);
  });

  it('what the flow is told and asks besides is passed on', async () => {
    listener.rebalancing();
    await listener.quiesce(5);
    expect(calls).toEqual(['rebalancing', 'quiesce 5']);
  });
});
