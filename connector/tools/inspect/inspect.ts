import { partitionOfKey } from '../../kafka/producer.ts';
import type { OffsetRanges } from '../../kafka/topic-reader.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Instant } from '../../kernel/time.ts';
import { mappingOf } from '../../mapping-of.ts';
import type { Settings } from '../../settings/settings.ts';
import { createDecoder } from '../../source/decode.ts';
import { openReading, type Reading } from '../open-reading.ts';
import { type Noted, readJournal } from '../read-journal.ts';
import { LetterSearch } from './letter-moments.ts';
import { searchFor } from './source-moments.ts';
import type { Moment, SourceMoment, Standing, Story } from './story.ts';

/** How an order is looked for. */
export interface InspectOptions {
  /** Only the source's records from then on; null: all that are there. */
  readonly since: Instant | null;
  /** Every partition, and every record decoded and mapped. Else the one that the order's id as key leads to. */
  readonly allPartitions: boolean;
  /** Told of each record of the source that was looked at, and how many there are to be. */
  readonly onRecord: (looked: number, all: number) => void;
}

/** Gathers all that Kafka holds of an order. Writes nothing. Rejects with a {@link Fault}. */
export async function inspectOrder(
  settings: Settings,
  order: string,
  options: InspectOptions,
  interrupted: AbortSignal,
): Promise<Story> {
  const reading = openReading(settings, interrupted);
  try {
    const ranges = await rangesFor(settings, order, options, reading);
    const partitions = new Map(ranges.map(([topic, ofTopic]) => [topic, [...ofTopic.keys()]] as const));
    // All at once: a broker keeps each new group waiting for some seconds.
    const [found, journal, letters] = await Promise.all([
      lookInSource(settings, order, ranges, options, reading),
      lookInJournal(settings, order, options.allPartitions ? null : partitions, reading),
      lookInLetters(settings, order, reading),
    ]);
    const ofLetters = letters.search.moments(found.moments.map(({ position }) => position));
    const moments: readonly Moment[] = [...found.moments, ...journal.moments, ...ofLetters];
    return {
      order,
      moments: [...moments].sort(inTime),
      standing: journal.standing,
      looked: { source: found.looked, journal: journal.looked, deadLetters: letters.looked },
      partitions,
      absent: [...journal.absent, ...letters.absent],
    };
  } finally {
    await reading[Symbol.asyncDispose]();
  }
}

/** Of one time first what others follow from. */
const ranks: Readonly<Record<Moment['kind'], number>> = {
  source: 0,
  journal: 1,
  'dead-letter': 2,
  disposal: 3,
  forgotten: 4,
};

function inTime(a: Moment, b: Moment): number {
  return a.at - b.at || ranks[a.kind] - ranks[b.kind];
}

/** What is read of each source topic. */
type SourceRanges = readonly (readonly [topic: string, ranges: OffsetRanges])[];

async function rangesFor(
  { kafka }: Settings,
  order: string,
  { since, allPartitions }: InspectOptions,
  { reader }: Reading,
): Promise<SourceRanges> {
  return Promise.all(
    kafka.topics.map(async topic => {
      const all = await reader.rangesOf(topic, since ?? undefined);
      return [topic, allPartitions ? all : only(all, partitionOfKey(order, all.size))] as const;
    }),
  );
}

async function lookInSource(
  settings: Settings,
  order: string,
  ranges: SourceRanges,
  { allPartitions, onRecord }: InspectOptions,
  { reader, registry, signal }: Reading,
) {
  const search = searchFor(order, createDecoder(registry), mappingOf(settings.mapping), allPartitions);
  const moments: SourceMoment[] = [];
  const count = ranges.reduce((sum, [, ofTopic]) => sum + recordsIn(ofTopic), 0);
  let looked = 0;
  for (const [topic, ofTopic] of ranges) {
    await reader.range(topic, ofTopic, record => {
      onRecord(++looked, count);
      const looking = search.look(record, signal);
      return looking?.then(moment => {
        if (moment !== null) moments.push(moment);
      });
    });
  }
  return { moments, looked };
}

function recordsIn(ranges: OffsetRanges): number {
  return [...ranges.values()].reduce((sum, { from, end }) => sum + Number(end - from), 0);
}

function only(ranges: OffsetRanges, partition: number): OffsetRanges {
  return new Map([...ranges].filter(([number]) => number === partition));
}

async function lookInJournal(
  { journal: { topic } }: Settings,
  order: string,
  /** Null: all. */
  partitions: Story['partitions'] | null,
  reading: Reading,
) {
  const moments: Moment[] = [];
  let standing: Standing | null = null;
  let looked = 0;
  const none = (absent: Story['absent'][number]) => ({ moments, standing, looked, absent: [absent] });
  const tell = ({ record, told }: Noted) => {
    const { partition, offset, timestamp } = record;
    const place = { topic, partition, offset };
    if (told.kind === 'forgotten') {
      moments.push({ kind: 'forgotten', at: timestamp, place });
      standing = null;
    }
    if (told.kind !== 'entry') return;
    const { event, position, at, command, requestId, attempts, detail, state, owed } = told.entry;
    moments.push({
      kind: 'journal',
      at,
      place,
      event,
      position,
      command,
      requestId,
      attempts,
      detail,
      state: state.kind,
    });
    standing = { state, owed };
  };
  try {
    const all = await reading.reader.rangesOf(topic);
    const numbers = partitions && new Set([...partitions.values()].flat());
    const ranges = numbers === null ? all : new Map([...all].filter(([number]) => numbers.has(number)));
    await readJournal(
      reading,
      topic,
      ranges,
      one => one === order,
      tell,
      () => void looked++,
    );
  } catch (error) {
    if (isMissing(error)) return none('journal');
    throw error;
  }
  return { moments, standing, looked, absent: [] };
}

/** The whole topic: there are few of them, and they need not lie where their records do. */
async function lookInLetters({ deadLetters }: Settings, order: string, { reader }: Reading) {
  const search = new LetterSearch(order);
  let looked = 0;
  const absent: Story['absent'][number][] = [];
  try {
    await reader.scan(deadLetters.topic, record => {
      looked++;
      search.look(record);
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
    absent.push('dead-letters');
  }
  return { search, looked, absent };
}

function isMissing(error: unknown): boolean {
  return error instanceof Fault && error.code === 'TOPIC_MISSING';
}
