import type { Interpreted, Interpreter } from '../../flow/ports.ts';
import type { OffsetRanges, TopicReader } from '../../kafka/topic-reader.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import { type DurationMs, type Instant, instant } from '../../kernel/time.ts';
import { replayMarkOf } from '../../source/replay-mark.ts';
import { LastPlaces } from './last-places.ts';

/** What finding orders needs. */
export interface FindParts {
  readonly reader: Pick<TopicReader, 'rangesOf' | 'range'>;
  readonly interpreter: Interpreter;
  readonly topics: readonly string[];
  readonly signal: AbortSignal;
}

/** Which orders are looked for: those with a change that was committed from `from` on and before `to`. */
export interface OrderQuery {
  readonly run: string;
  readonly from: Instant;
  readonly to: Instant;
  /** The one order that is meant; null: any. */
  readonly order: string | null;
  readonly ordersMax: number;
  /** Told of each record: how many were looked at, of how many. */
  readonly onRecord: (looked: number, all: number) => void;
}

/** What was found. */
export interface FoundOrders {
  readonly places: LastPlaces;
  readonly looked: number;
  /** Records of the span that cannot be decoded or mapped: their orders may be missing. */
  readonly unusable: number;
}

/** There are more orders than may be kept. */
export class TooManyOrders extends Error {}

// A record is written after its commit, by clocks that may differ by so much.
const clocksDifferMs: DurationMs = 3_600_000;

/**
 * Reads the source topics from the span's begin to their ends of now, and finds the last change of each order that changed in the
 * span. Rejects with a Fault, with {@link TooManyOrders}, or with the signal's reason.
 */
export async function findOrders(parts: FindParts, query: OrderQuery): Promise<FoundOrders> {
  const { reader, topics } = parts;
  const since = instant(query.from - clocksDifferMs);
  const ranges = await Promise.all(topics.map(async topic => [topic, await reader.rangesOf(topic, since)] as const));
  const all = ranges.reduce((sum, [, ofTopic]) => sum + recordsIn(ofTopic), 0);
  const places = new LastPlaces(query.run, query.ordersMax);
  let [looked, unusable] = [0, 0];
  const take = (record: SourceRecord, interpreted: Interpreted) => {
    if (interpreted.kind === 'unusable' && record.timestamp >= query.from) unusable++;
    if (interpreted.kind !== 'change') return;
    const { change } = interpreted;
    const { committedAt } = change.source;
    if (committedAt < query.from || (query.order !== null && change.merchantBizNo !== query.order)) return;
    const within = committedAt < query.to;
    if (!places.see({ change, mark: replayMarkOf(record), within })) throw new TooManyOrders();
  };
  const visit = (record: SourceRecord) => {
    looked++;
    query.onRecord(looked, all);
    const interpreted = parts.interpreter.interpret(record, parts.signal);
    // Only the first of a schema takes its time.
    return interpreted instanceof Promise ? interpreted.then(late => take(record, late)) : take(record, interpreted);
  };
  // All at once: a broker keeps each new group waiting for some seconds.
  await Promise.all(ranges.map(([topic, ofTopic]) => reader.range(topic, ofTopic, visit)));
  return { places, looked, unusable };
}

function recordsIn(ranges: OffsetRanges): number {
  return [...ranges.values()].reduce((sum, { from, end }) => sum + Number(end - from), 0);
}
