import type { OutgoingRecord, RecordProducer } from '../kafka/producer.ts';
import type { TopicReader } from '../kafka/topic-reader.ts';
import { formatPosition } from '../kernel/position.ts';
import type { RecordHeader, SourceRecord } from '../kernel/record.ts';
import type { Clock } from '../kernel/time.ts';
import {
  connectPrefix,
  markedOffsetHeader,
  markerHeader,
  ownPrefix,
  redriveCountHeader,
  redriveOriginHeader,
  sourceHeaders,
} from './names.ts';
import { type LetterFilter, matches } from './select.ts';
import { type Disposal, readStored, type StoredLetter } from './stored-letter.ts';

/** What dealing with letters needs. */
export interface DeskParts {
  readonly reader: Pick<TopicReader, 'scan' | 'recordAt'>;
  readonly producer: Pick<RecordProducer, 'write' | 'close'>;
  readonly clock: Clock;
  readonly topic: string;
}

/** How letters are dealt with. */
export interface DisposalOptions {
  /** Nothing is written. */
  readonly dryRun: boolean;
  /** Letters a second; null: as fast as it goes. */
  readonly ratePerSecond: number | null;
  /** A record that has died so often is left where it is. */
  readonly redrivesMax: number;
  /** Told after each letter. */
  readonly onLetter: (letter: StoredLetter, outcome: LetterOutcome) => void;
}

/** What became of a letter. `lost`: its value was omitted, and the record lies no more where it was read. */
export type LetterOutcome = 'done' | 'too-often' | 'lost';

/** A letter, and what was done about it before; null: nothing. */
export type LetterVisit = (letter: StoredLetter, disposal: Disposal | null) => Promise<void> | void;

// Letters that are held in memory between finding them and knowing all markers.
const heldBytesMax = 67_108_864;

/**
 * Visits the letters that a filter means, in their order. What was done about a letter stands in a marker behind it in the same topic, so
 * all is read before the first visit; where the letters are too many to hold, they are read again for it.
 */
export async function visitLetters(
  { reader, topic }: DeskParts,
  filter: LetterFilter,
  visit: LetterVisit,
): Promise<void> {
  const disposals = new Map<string, Disposal>();
  let held: StoredLetter[] | null = [];
  let heldBytes = 0;
  await reader.scan(topic, record => {
    const stored = readStored(record);
    if (stored?.kind === 'marker') disposals.set(`${stored.partition}@${stored.offset}`, stored.disposal);
    if (stored?.kind !== 'letter' || !matches(stored, filter)) return;
    heldBytes += bytesOf(record);
    if (heldBytes > heldBytesMax) held = null;
    held?.push(stored);
  });
  const visitOne = (letter: StoredLetter) =>
    visit(letter, disposals.get(`${letter.record.partition}@${letter.record.offset}`) ?? null);
  if (held !== null) {
    for (const letter of held) await visitOne(letter);
    return;
  }
  await reader.scan(topic, async record => {
    const stored = readStored(record);
    if (stored?.kind === 'letter' && matches(stored, filter)) await visitOne(stored);
  });
}

function bytesOf({ key, value, headers }: SourceRecord): number {
  const ofHeaders = headers.reduce((sum, one) => sum + one.name.length + one.value.length, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders;
}

/**
 * Puts the open letters' records back into their topics, byte for byte and on their partitions, or discards the letters; each is marked
 * when that is acknowledged. Broken off between the two, a record is put back twice: it is the same change, and what the order has
 * learnt since is not overwritten. Rejects where the broker refuses; what is marked by then stays.
 */
export async function disposeOf(
  parts: DeskParts,
  filter: LetterFilter,
  disposal: Disposal,
  options: DisposalOptions,
): Promise<void> {
  const { dryRun, ratePerSecond, redrivesMax, onLetter } = options;
  await visitLetters(parts, filter, async (letter, before) => {
    if (before !== null) return;
    if (disposal === 'redriven' && letter.redriveCount >= redrivesMax) return onLetter(letter, 'too-often');
    const record = disposal === 'redriven' ? await originalOf(parts, letter) : letter.record;
    if (record === null) return onLetter(letter, 'lost');
    if (!dryRun) {
      if (disposal === 'redriven') await parts.producer.write(redriven(letter, record));
      await parts.producer.write(markerOf(parts, letter, disposal));
      if (ratePerSecond !== null) await parts.clock.sleep(1000 / ratePerSecond);
    }
    onLetter(letter, 'done');
  });
}

/**
 * The record that a letter is about: the letter has it, but for a value that was too large or not decompressed. Null where that is not
 * in its topic any more, or still cannot be decompressed.
 */
async function originalOf({ reader }: DeskParts, letter: StoredLetter): Promise<SourceRecord | null> {
  if (!letter.valueOmitted) return letter.record;
  const record = await reader.recordAt(letter.source);
  return record?.unreadable === undefined ? record : null;
}

function redriven({ source, redriveCount }: StoredLetter, record: SourceRecord): OutgoingRecord {
  const isStory = ({ name }: RecordHeader) => name.startsWith(ownPrefix) || name.startsWith(connectPrefix);
  return {
    topic: source.topic,
    partition: source.partition,
    key: record.key,
    value: record.value,
    headers: [
      ...record.headers.filter(header => !isStory(header)),
      header(redriveCountHeader, redriveCount + 1),
      header(redriveOriginHeader, source.offset),
    ],
  };
}

/** Its key is no order's: in a topic that somebody lets Kafka compact, it would else delete the order's other letters. */
function markerOf({ topic, clock }: DeskParts, { record, source }: StoredLetter, disposal: Disposal): OutgoingRecord {
  return {
    topic,
    partition: record.partition,
    key: Buffer.from(`${markerHeader}/${formatPosition(source)}/${record.offset}`),
    value: null,
    headers: [
      header(markerHeader, disposal),
      header(markedOffsetHeader, record.offset),
      header('card_sync.marked.at', new Date(clock.now()).toISOString()),
      header(sourceHeaders.topic, source.topic),
      header(sourceHeaders.partition, source.partition),
      header(sourceHeaders.offset, source.offset),
    ],
  };
}

function header(name: string, value: string | number | bigint): RecordHeader {
  return { name, value: Buffer.from(String(value)) };
}
