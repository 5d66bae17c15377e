import { setImmediate as nextTurn } from 'node:timers/promises';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import { provenanceHeader } from '../../../connector/journal/provenance.ts';
import { JournalRestore } from '../../../connector/journal/restore.ts';
import { fingerprintOf, journalSchema } from '../../../connector/journal/schema.ts';
import type { PartitionOffsets } from '../../../connector/kafka/admin.ts';
import type { ConsumerListener } from '../../../connector/kafka/record-consumer.ts';
import { type PartitionKey, partitionKey } from '../../../connector/kernel/position.ts';
import type { RecordHeader } from '../../../connector/kernel/record.ts';
import type { Resolved } from '../../../connector/registry/registry.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { aJournalRecord, anEntry, journalSchemaId, journalSchemas } from './entries.ts';

/** Writes values as this version does. */
export const encoder = new EntryEncoder(journalSchemaId);
/** The source topics. */
export const orders = 'shop.public.orders';
export const bills = 'shop.public.bills';

/** What a restore is opened with, and what the consumer and the flow heard of it. */
interface World {
  /** Calls of the consumer and the flow, in order. */
  calls: string[];
  ends: Map<PartitionKey, PartitionOffsets>;
  /** What the question for ends waits for. */
  asking: (() => Promise<void>) | null;
  resolve: (id: number) => Promise<Resolved>;
  claim: (partition: number, signal: AbortSignal) => Promise<void>;
  faults: string[];
  restored: string[];
  clock: ManualClock;
  restore: JournalRestore;
  listener: ConsumerListener;
}

/** A restore in a world of its own. */
export function openRestore({
  onUnreadable = 'stop',
  formerly = [],
}: {
  readonly onUnreadable?: 'stop' | 'skip';
  readonly formerly?: readonly string[];
} = {}): World {
  const told = (what: string) => (keys: readonly PartitionKey[]) => {
    if (keys.length > 0) world.calls.push(`${what} ${keys.join(' ')}`);
  };
  const clock = new ManualClock();
  const restore = new JournalRestore(
    {
      topic: 'journal',
      groupId: 'card-sync',
      formerly,
      onUnreadable,
      sourceTopics: [orders, bills],
      onRestored: ({ partition, records }) => world.restored.push(`${partition}: ${records}`),
      onFault: fault => world.faults.push(`${fault.code} ${fault.detail}`),
    },
    {
      consumer: {
        pause: told('pause'),
        resume: told('resume'),
        seek: (key, offset) => world.calls.push(`seek ${key}@${offset}`),
      },
      appender: { claim: (partition, signal) => world.claim(partition, signal) },
      decoder: createJournalDecoder({ typeOf: journalSchemas.typeOf, resolve: id => world.resolve(id) }),
      offsets: async () => {
        // As of the question, whatever comes meanwhile.
        const now = new Map(world.ends);
        await world.asking?.();
        return now;
      },
      clock,
    },
  );
  const listener = restore.listenerFor({
    rebalancing: () => world.calls.push('rebalancing'),
    quiesce: async limitMs => void world.calls.push(`quiesce ${limitMs}`),
    assigned: told('assigned'),
    receive: (key, records) => world.calls.push(`receive ${key}: ${records.length}`),
    remember: (key, { order, known }) =>
      world.calls.push(
        `remember ${key} ${order} ${known === null ? 'forgotten' : `through ${known.state.through?.offset}`}`,
      ),
    restored: (key, { begin, end }) => world.calls.push(`restored ${key} ${begin} of ${end}`),
  });
  const world: World = {
    calls: [],
    ends: new Map(),
    asking: null,
    resolve: () => Promise.reject(new Error('not asked for')),
    claim: async () => undefined,
    faults: [],
    restored: [],
    clock,
    restore,
    listener,
  };
  return world;
}

/** Assigns the partitions of these numbers, of the source and the journal. */
export function assign({ listener }: World, ...numbers: readonly number[]): void {
  listener.assigned([orders, bills, 'journal'].flatMap(topic => numbers.map(number => partitionKey(topic, number))));
}

/** The ends of a partition, of the journal and of the source topics. */
export function endsAre(
  { ends }: World,
  number: number,
  journalEnd: bigint,
  source: Partial<PartitionOffsets> = {},
): void {
  for (const topic of [orders, bills])
    ends.set(partitionKey(topic, number), { low: 0n, end: 50n, committed: null, ...source });
  ends.set(partitionKey('journal', number), { low: 0n, end: journalEnd, committed: null });
}

/** Entries of these orders as the journal has them; `n` of an entry counts up with its offset. A dash: a tombstone. */
export function journalHas({ listener }: World, number: number, first: bigint, ...names: readonly string[]): void {
  const records = names.map((name, index) => {
    const offset = first + BigInt(index);
    const value = name.startsWith('-') ? null : encoder.encode(anEntry({ n: Number(offset) + 1 }));
    return aJournalRecord({ partition: number, offset, key: Buffer.from(name.replace('-', '')), value });
  });
  const last = first + BigInt(names.length) - 1n;
  listener.receive(partitionKey('journal', number), records, last, last + 1n);
}

/** Of a schema that is not shipped: a later version's. */
export const laterHeaders: readonly RecordHeader[] = headersOf('card-sync', '0'.repeat(32));

/** What the connector of a group writes into its records' headers. */
export function headersOf(groupId: string, fingerprint = fingerprintOf(journalSchema())): readonly RecordHeader[] {
  return [provenanceHeader({ fingerprint, groupId })];
}

/** Lets what is under way go on. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}
