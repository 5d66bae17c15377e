import { createJournalDecoder, type Told } from '../journal/decode.ts';
import type { OffsetRanges } from '../kafka/topic-reader.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { Reading } from './open-reading.ts';

/** What a record of the journal says, and where it lies. */
export interface Noted {
  readonly record: SourceRecord;
  readonly told: Told;
}

/**
 * Visits what the journal says of the orders that are wanted, in order in each partition. Of the others not even the bytes are looked at.
 * Rejects with a Fault: TOPIC_MISSING where there is no journal.
 */
export async function readJournal(
  { reader, registry, signal }: Pick<Reading, 'reader' | 'registry' | 'signal'>,
  topic: string,
  ranges: OffsetRanges,
  isWanted: (order: string) => boolean,
  visit: (noted: Noted) => void,
  onRecord: () => void = () => undefined,
): Promise<void> {
  const decoder = createJournalDecoder(registry);
  await reader.range(topic, ranges, record => {
    onRecord();
    const { key } = record;
    if (key === null || !isWanted(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8'))) return;
    const told = decoder.decode(record, signal);
    if (told instanceof Promise) return told.then(later => visit({ record, told: later }));
    visit({ record, told });
  });
}
