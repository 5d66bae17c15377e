import type { OutgoingRecord, RecordProducer } from '../../kafka/producer.ts';
import type { TopicReader } from '../../kafka/topic-reader.ts';
import type { Offset } from '../../kernel/position.ts';
import type { RecordHeader, SourceRecord } from '../../kernel/record.ts';
import { type Clock, monotonic } from '../../kernel/time.ts';
import { replayHeaders } from '../../source/replay-mark.ts';
import type { LastPlace } from './last-places.ts';

/** What putting records back needs. */
export interface PutBackParts {
  readonly reader: Pick<TopicReader, 'range'>;
  readonly producer: Pick<RecordProducer, 'writeAll'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How they are put back. */
export interface PutBackOptions {
  readonly run: string;
  readonly ratePerSecond: number;
  /** Told of how many a moment after the broker has them. */
  readonly onWritten: (count: number) => void;
}

/** Headers of ours begin with it: what they tell of the record is of its former life. */
const ownPrefix = 'card_sync.';

/**
 * Reads the records at these places and writes them once more into their partitions, byte for byte, at a rate. A record that lies
 * there no more is left out. Rejects with a Fault, with what the broker refuses, or with the signal's reason.
 */
export async function putBack(
  parts: PutBackParts,
  places: readonly LastPlace[],
  options: PutBackOptions,
): Promise<void> {
  const { reader, signal } = parts;
  const pace = new Pace(parts, options);
  for (const [topic, ofTopic] of Map.groupBy(places, place => place.topic)) {
    const wanted = new Map(
      [...Map.groupBy(ofTopic, place => place.partition)].map(([partition, ofPartition]) => [
        partition,
        new Map(ofPartition.map(place => [place.offset, place])),
      ]),
    );
    await reader.range(topic, rangesOf(wanted), async record => {
      const place = wanted.get(record.partition)?.get(record.offset);
      if (place !== undefined) await pace.take(againOf(record, options.run, place.replays + 1));
    });
    // A request goes to one topic.
    await pace.flush();
    signal.throwIfAborted();
  }
}

/** From the first place of each partition to its last. */
function rangesOf(wanted: ReadonlyMap<number, ReadonlyMap<Offset, LastPlace>>) {
  return new Map(
    [...wanted].map(([partition, places]) => {
      const [first = 0n, ...others] = places.keys();
      let [from, last] = [first, first];
      for (const offset of others) {
        if (offset < from) from = offset;
        if (offset > last) last = offset;
      }
      return [partition, { from, end: last + 1n }] as const;
    }),
  );
}

function againOf(record: SourceRecord, run: string, count: number): OutgoingRecord {
  const { topic, partition, offset, key, value, headers } = record;
  const others = headers.filter(({ name }: RecordHeader) => !name.startsWith(ownPrefix));
  return { topic, partition, key, value, headers: [...others, ...replayHeaders({ run, count, origin: offset })] };
}

/** Writes what it takes, a tenth of a second's worth at once, and no faster than the rate. */
class Pace {
  readonly #parts: PutBackParts;
  readonly #options: PutBackOptions;
  readonly #batchMax: number;
  #batch: OutgoingRecord[] = [];
  /** The next may not go before. */
  #nextAt = monotonic(0);

  constructor(parts: PutBackParts, options: PutBackOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#batchMax = Math.max(1, Math.floor(options.ratePerSecond / 10));
  }

  async take(record: OutgoingRecord): Promise<void> {
    this.#batch.push(record);
    if (this.#batch.length >= this.#batchMax) await this.flush();
  }

  async flush(): Promise<void> {
    const { clock, producer, signal } = this.#parts;
    const { ratePerSecond, onWritten } = this.#options;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    const wait = this.#nextAt - clock.monotonic();
    if (wait > 0) await clock.sleep(wait, signal);
    signal.throwIfAborted();
    this.#nextAt = monotonic(Math.max(this.#nextAt, clock.monotonic()) + (batch.length * 1000) / ratePerSecond);
    await producer.writeAll(batch);
    onWritten(batch.length);
  }
}
