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
    const found = await lookInSource(settings, order, options, reading);
    const journal = await lookInJournal(settings, order, found.partitions, options, reading);
    const letters = await lookInLetters(settings, order, found.moments, reading);
    const moments: readonly Moment[] = [...found.moments, ...journal.moments, ...letters.moments];
    return {
      order,
      moments: [...moments].sort(inTime),
      standing: journal.standing,
      looked: { source: found.looked, journal: journal.looked, deadLetters: letters.looked },
      partitions: found.partitions,
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

async function lookInSource(settings: Settings, order: string, options: InspectOptions, reading: Reading) {
  const { reader, registry, signal } = reading;
  const search = searchFor(order, createDecoder(registry), mappingOf(settings.mapping), options.allPartitions);
  const moments: SourceMoment[] = [];
  const partitions = new Map<string, readonly number[]>();
  const wanted: (readonly [string, OffsetRanges])[] = [];
  for (const topic of settings.kafka.topics) {
    const all = await reader.rangesOf(topic, options.since ?? undefined);
    const ranges = options.allPartitions ? all : only(all, partitionOfKey(order, all.size));
    partitions.set(topic, [...ranges.keys()]);
    wanted.push([topic, ranges]);
  }
  const count = wanted.reduce((sum, [, ranges]) => sum + recordsIn(ranges), 0);
  let looked = 0;
  for (const [topic, ranges] of wanted) {
    await reader.range(topic, ranges, async record => {
      options.onRecord(++looked, count);
      const moment = await search.look(record, signal);
      if (moment !== null) moments.push(moment);
    });
  }
  return { moments, partitions, looked };
}

function recordsIn(ranges: OffsetRanges): number {
  return [...ranges.values()].reduce((sum, { from, end }) => sum + Number(end - from), 0);
}

function only(ranges: OffsetRanges, partition: number): OffsetRanges {
  return new Map([...ranges].filter(([number]) => number === partition));
}

async function lookInJournal(
  { journal: { enabled, topic } }: Settings,
  order: string,
  partitions: Story['partitions'],
  { allPartitions }: InspectOptions,
  reading: Reading,
) {
  const moments: Moment[] = [];
  let standing: Standing | null = null;
  let looked = 0;
  const none = (absent: Story['absent'][number]) => ({ moments, standing, looked, absent: [absent] });
  if (!enabled) return none('journal-off');
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
    const numbers = new Set([...partitions.values()].flat());
    const ranges = allPartitions ? all : new Map([...all].filter(([number]) => numbers.has(number)));
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
async function lookInLetters(settings: Settings, order: string, found: readonly SourceMoment[], { reader }: Reading) {
  const search = new LetterSearch(
    order,
    found.map(({ position }) => position),
  );
  let looked = 0;
  const absent: Story['absent'][number][] = [];
  try {
    await reader.scan(settings.deadLetters.topic, record => {
      looked++;
      search.look(record);
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
    absent.push('dead-letters');
  }
  return { moments: search.moments(), looked, absent };
}

function isMissing(error: unknown): boolean {
  return error instanceof Fault && error.code === 'TOPIC_MISSING';
}
