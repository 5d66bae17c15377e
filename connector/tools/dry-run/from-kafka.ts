import type { ReadEntry } from '../../journal/entry.ts';
import { newestOf, type TopicReader } from '../../kafka/topic-reader.ts';
import { Fault } from '../../kernel/fault.ts';
import { formatPosition, type Offset } from '../../kernel/position.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import { mappingOf } from '../../mapping-of.ts';
import type { Settings } from '../../settings/settings.ts';
import { createDecoder } from '../../source/decode.ts';
import { systemClock } from '../../system-clock.ts';
import { openReading, type Reading } from '../open-reading.ts';
import { readJournal } from '../read-journal.ts';
import { type ReadRecord, readDecoded } from '../read-record.ts';
import { orderOf, tryRecords } from './dry-run.ts';
import type { Trial } from './trial.ts';

/** Which records are tried. */
export interface Wanted {
  /** Empty: those of the settings. */
  readonly topics: readonly string[];
  /** From this record on, of the one topic; null: the last ones of all topics. */
  readonly from: { readonly partition: number; readonly offset: Offset } | null;
  readonly count: number;
  /** Whether what the journal has of the orders counts. */
  readonly state: 'journal' | 'none';
}

/** What came of a dry run over Kafka. */
export interface KafkaTrials {
  readonly trials: readonly Trial[];
  /** The journal was to be read, and does not exist. */
  readonly journalMissing: boolean;
}

/** Tries records that lie in Kafka. Commits nothing and writes nothing. Rejects with a {@link Fault}. */
export async function tryFromKafka(settings: Settings, wanted: Wanted, interrupted: AbortSignal): Promise<KafkaTrials> {
  const mapping = mappingOf(settings.mapping);
  const reading = openReading(settings, interrupted);
  try {
    const decoder = createDecoder(reading.registry);
    const read: ReadRecord[] = [];
    for (const record of await recordsOf(reading.reader, settings, wanted)) {
      const decoded = await decoder.decode(record, reading.signal);
      read.push(await readDecoded(record, decoded, mapping, reading.signal));
    }
    const asksJournal = wanted.state === 'journal';
    const entries = asksJournal ? await entriesOf(read, settings, reading) : null;
    const trials = tryRecords(read, {
      requestIdForm: settings.platform.requestIdForm,
      entryOf: order => entries?.get(order) ?? null,
      asOf: wanted.state === 'none' ? null : systemClock.now(),
    });
    return { trials, journalMissing: asksJournal && entries === null };
  } finally {
    await reading[Symbol.asyncDispose]();
  }
}

async function recordsOf(reader: TopicReader, { kafka }: Settings, wanted: Wanted): Promise<readonly SourceRecord[]> {
  const { from, count } = wanted;
  const topics = wanted.topics.length > 0 ? wanted.topics : kafka.topics;
  const [topic = ''] = topics;
  if (from !== null) return recordsFrom(reader, topic, from, count);
  const found = new Map<number, readonly SourceRecord[]>();
  for (const [index, one] of topics.entries()) {
    const last: SourceRecord[] = [];
    await reader.tail(one, count, record => void last.push(record));
    found.set(index, last);
  }
  return newestOf(found, count);
}

/** So many records from a place on; offsets without a record (markers of transactions, compaction) do not count. */
async function recordsFrom(
  reader: TopicReader,
  topic: string,
  { partition, offset }: NonNullable<Wanted['from']>,
  count: number,
): Promise<readonly SourceRecord[]> {
  const whole = (await reader.rangesOf(topic)).get(partition);
  if (whole === undefined || offset < whole.from || offset >= whole.end) {
    const holds = whole === undefined ? 'there is no such partition' : `it holds ${whole.from} to ${whole.end - 1n}`;
    const detail = `there is no record at ${formatPosition({ topic, partition, offset })}: ${holds}`;
    throw new Fault('SOURCE_RECORDS_LOST', { detail, remedy: 'name a place that is there, as <partition>@<offset>' });
  }
  const found: SourceRecord[] = [];
  let from = offset;
  for (let span = BigInt(count); found.length < count && from < whole.end; span *= 4n) {
    const isLast = from + span >= whole.end;
    const end: Offset = isLast ? whole.end : from + span;
    await reader.range(topic, new Map([[partition, { from, end }]]), record => void found.push(record));
    from = end;
  }
  return found.slice(0, count);
}

/** The latest entry of each order of these records; null where the journal does not exist. */
async function entriesOf(
  read: readonly ReadRecord[],
  { journal: { topic } }: Settings,
  reading: Reading,
): Promise<Map<string, ReadEntry> | null> {
  const orders = new Set<string>(read.flatMap(one => orderOf(one) ?? []));
  const partitions = new Set(read.map(({ record }) => record.partition));
  const entries = new Map<string, ReadEntry>();
  if (orders.size === 0) return entries;
  try {
    const all = await reading.reader.rangesOf(topic);
    const ranges = new Map([...all].filter(([partition]) => partitions.has(partition)));
    await readJournal(
      reading,
      topic,
      ranges,
      order => orders.has(order),
      ({ told }) => {
        if (told.kind === 'forgotten') entries.delete(told.order);
        if (told.kind === 'entry') entries.set(told.entry.order, told.entry);
      },
    );
    return entries;
  } catch (error) {
    if (error instanceof Fault && error.code === 'TOPIC_MISSING') return null;
    throw error;
  }
}
