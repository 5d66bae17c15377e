import type { Journal, JournalEntry } from '../flow/ports.ts';
import type { FencedProducer } from '../kafka/fenced-producer.ts';
import type { OutgoingRecord } from '../kafka/producer.ts';
import { type PartitionKey, splitPartitionKey } from '../kernel/position.ts';
import type { RecordHeader } from '../kernel/record.ts';
import type { MerchantBizNo } from '../order/change.ts';
import { EntryEncoder } from './encode.ts';
import { claimKey, provenanceHeader } from './provenance.ts';
import { fingerprintOf, journalSchema } from './schema.ts';
import { type JournalOptions, JournalWriter } from './writer.ts';

/** The journal's writing end. */
export interface JournalAppender extends Journal {
  /**
   * Claims a partition of the journal, after it was assigned and before it is read: from then on the partition refuses whatever
   * its former owners still have on its way. Resolves when the claim is written; rejects where the brokers give no epoch, or
   * when the signal is aborted.
   */
  claim(partition: number, signal: AbortSignal): Promise<void>;
  /** Entries name this id of the schema from now on, for readers that ask the registry. */
  useSchemaId(id: number): void;
}

/** Opens the journal's writing end. */
export function openJournal(producer: FencedProducer, options: JournalOptions): JournalAppender {
  const { topic, groupId } = options;
  const encoder = new EntryEncoder();
  const writer = new JournalWriter(producer, options);
  const headers: readonly RecordHeader[] = [provenanceHeader({ fingerprint: fingerprintOf(journalSchema()), groupId })];
  const recordOf = (partition: number, key: Uint8Array, value: Buffer | null): OutgoingRecord => ({
    topic,
    partition,
    key,
    value,
    headers,
  });
  const numberOf = (key: PartitionKey) => splitPartitionKey(key).partition;
  const forgetting = (partition: PartitionKey, order: MerchantBizNo) =>
    recordOf(numberOf(partition), Buffer.from(order), null);
  const entryRecord = (entry: JournalEntry) =>
    recordOf(numberOf(entry.partition), Buffer.from(entry.order), encoder.encode(entry));

  const plain = { smaller: null, shrunk: false, at: null };

  return {
    append: (entry, signal) => {
      // Of an entry without a pending delivery there is nothing that could go.
      const smaller = entry.owed === null ? null : () => entryRecord(withoutValue(entry));
      return writer.write({ record: entryRecord(entry), smaller, shrunk: false, at: entry.position, signal });
    },
    forget: (partition, order, signal) => writer.write({ ...plain, record: forgetting(partition, order), signal }),
    claim: (partition, signal) => writer.claim({ ...plain, record: recordOf(partition, claimKey, null), signal }),
    useSchemaId: id => {
      encoder.schemaId = id;
    },
  };
}

/** The entry without the value of its pending delivery's record, which lies in the source topic. The request keeps its body. */
function withoutValue(entry: JournalEntry): JournalEntry {
  const { owed } = entry;
  if (owed === null || owed.record.value === null) return entry;
  return { ...entry, owed: { ...owed, record: { ...owed.record, value: null, valueOmitted: true } } };
}
