import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka } from 'kafkajs';
import { Fault } from '../kernel/fault.ts';
import type { Offset, Position } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { DurationMs, Instant } from '../kernel/time.ts';
import { brokerFault } from './broker-fault.ts';
import { sourceRecordOf } from './source-record.ts';

/** Reads topics from outside of the connector's group: commits nothing, and disturbs nobody. */
export interface TopicReader {
  /**
   * Visits every record that lies in the topic now, in order in each partition; the next one when the visit has ended. Rejects with
   * a {@link Fault}, or with what a visit rejects with.
   */
  scan(topic: string, visit: (record: SourceRecord) => Promise<void> | void): Promise<void>;
  /**
   * Visits the last `count` records of the topic, by the times that they bear, the oldest first; those of a partition in its order. They are held in
   * memory meanwhile. Rejects as {@link scan} does.
   */
  tail(topic: string, count: number, visit: (record: SourceRecord) => Promise<void> | void): Promise<void>;
  /** Visits the records that lie between these offsets, in order in each partition. Rejects as {@link scan} does. */
  range(topic: string, ranges: OffsetRanges, visit: (record: SourceRecord) => Promise<void> | void): Promise<void>;
  /**
   * Where each partition begins and ends now, empty ones too; with `since`, from the first record that bears that time or a
   * later one. Rejects with a {@link Fault}.
   */
  rangesOf(topic: string, since?: Instant): Promise<OffsetRanges>;
  /** The record at a place, or null where it lies no more. Rejects with a {@link Fault}. */
  recordAt(position: Position): Promise<SourceRecord | null>;
  close(): Promise<void>;
}

/** A part of each partition: its first offset, and the one behind its last. */
export type OffsetRanges = ReadonlyMap<number, { readonly from: Offset; readonly end: Offset }>;

/** What is left to read of each partition. */
type Ranges = Map<number, { from: Offset; readonly end: Offset }>;

// A broker that says nothing for so long, though there are records: a person waits for the command.
const silenceMs: DurationMs = 30_000;

/** As much as of all partitions together (kafkajs' own `maxBytes`): one alone is then read as fast as many. */
const maxBytesPerPartition = 10_485_760;

// kafkajs minds its own interval; but to ask it after each record costs more than most visits.
const heartbeatMs: DurationMs = 500;

/** A reader that joins groups of its own, named after `groupPrefix` and deleted when it is closed. */
export function openTopicReader(kafka: Kafka, groupPrefix: string): TopicReader {
  const admin = kafka.admin({ retry: { retries: 2 } });
  const groups: string[] = [];

  async function rangesOf(topic: string, since?: Instant): Promise<OffsetRanges> {
    try {
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets(topic);
      const later = since === undefined ? [] : await admin.fetchTopicOffsetsByTimestamp(topic, since);
      return new Map(
        offsets.map(({ partition, low, high }) => {
          // Where no record is so late, it is -1 or the end.
          const at = BigInt(later.find(one => one.partition === partition)?.offset ?? low);
          return [partition, { from: at < 0n ? BigInt(high) : at, end: BigInt(high) }] as const;
        }),
      );
    } catch (error) {
      throw brokerFault(error);
    }
  }

  async function read(topic: string, all: OffsetRanges, visit: (record: SourceRecord) => Promise<void> | void) {
    const ranges: Ranges = new Map(
      [...all].filter(([, { from, end }]) => from < end).map(([partition, range]) => [partition, { ...range }]),
    );
    if (ranges.size === 0) return;
    const groupId = `${groupPrefix}.reader-${randomUUID()}`;
    groups.push(groupId);
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, maxBytesPerPartition, retry: { retries: 2 } });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await readRanges(consumer, topic, ranges, visit);
    } catch (error) {
      throw error instanceof VisitFailed ? error.cause : brokerFault(error);
    } finally {
      await consumer.disconnect();
    }
  }

  return {
    scan: async (topic, visit) => read(topic, await rangesOf(topic), visit),
    range: read,
    rangesOf,
    async tail(topic, count, visit) {
      const found = await lastOfEach(await rangesOf(topic), count, (ranges, keep) => read(topic, ranges, keep));
      for (const record of newestOf(found, count)) await visit(record);
    },
    async recordAt({ topic, partition, offset }) {
      const range = (await rangesOf(topic)).get(partition);
      if (range === undefined || offset < range.from || offset >= range.end) return null;
      let found: SourceRecord | null = null;
      const only: OffsetRanges = new Map([[partition, { from: offset, end: offset + 1n }]]);
      await read(topic, only, record => {
        if (record.offset === offset) found = record;
      });
      return found;
    },
    async close() {
      // Left alone they would be forgotten after a week.
      if (groups.length > 0) await admin.deleteGroups(groups).catch(() => undefined);
      await admin.disconnect();
    },
  };
}

/** Tells what the visitor threw from what kafkajs did. */
class VisitFailed extends Error {}

async function readRanges(
  consumer: Consumer,
  topic: string,
  ranges: Ranges,
  visit: (record: SourceRecord) => Promise<void> | void,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const silence = new Fault('KAFKA_UNREACHABLE', { detail: `no record of ${topic} came within ${silenceMs / 1000} s` });
  let timer = setTimeout(() => done.reject(silence), silenceMs);
  const readTo = (partition: number, offset: Offset) => {
    clearTimeout(timer);
    const range = ranges.get(partition);
    if (range !== undefined && offset + 1n >= range.end) ranges.delete(partition);
    if (ranges.size === 0) done.resolve();
    else timer = setTimeout(() => done.reject(silence), silenceMs);
  };
  // Told also of batches that hold nothing but the markers of transactions, which come to no visitor.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) =>
    readTo(partition, BigInt(lastOffset)),
  );
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) done.reject(error);
  });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      clearTimeout(timer);
      let beatAt = performance.now();
      const range = ranges.get(batch.partition);
      for (const message of batch.messages) {
        const record = sourceRecordOf(batch, message);
        if (range === undefined || record.offset < range.from || record.offset >= range.end) continue;
        try {
          const visited = visit(record);
          if (visited instanceof Promise) await visited;
        } catch (error) {
          done.reject(new VisitFailed('', { cause: error }));
          return;
        }
        range.from = record.offset + 1n;
        if (performance.now() - beatAt > heartbeatMs) {
          await heartbeat();
          beatAt = performance.now();
        }
      }
      resolveOffset(batch.lastOffset());
    },
  });
  for (const [partition, { from }] of ranges) consumer.seek({ topic, partition, offset: String(from) });
  try {
    await done.promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Reads ranges, and gives each record to `keep`. */
type ReadRanges = (ranges: OffsetRanges, keep: (record: SourceRecord) => void) => Promise<void>;

/**
 * The last `count` records of each partition, or all where there are fewer. Offsets without a record (of transactions' markers, or
 * compacted away) do not count: a partition that gave too few is read again, from four times as far back.
 */
async function lastOfEach(
  all: OffsetRanges,
  count: number,
  read: ReadRanges,
): Promise<ReadonlyMap<number, readonly SourceRecord[]>> {
  const found = new Map<number, readonly SourceRecord[]>();
  let pending = [...all.keys()];
  for (let back = BigInt(count); pending.length > 0; back *= 4n) {
    const ranges = new Map(
      pending.flatMap(partition => {
        const range = all.get(partition);
        if (range === undefined) return [];
        const { from, end } = range;
        const isBehind = end - back < from;
        return [[partition, { from: isBehind ? from : end - back, end }] as const];
      }),
    );
    const inPartition = new Map<number, SourceRecord[]>();
    await read(ranges, record => {
      const records = inPartition.get(record.partition) ?? [];
      records.push(record);
      inPartition.set(record.partition, records);
    });
    for (const partition of pending) found.set(partition, (inPartition.get(partition) ?? []).slice(-count));
    const isWhole = (partition: number) => ranges.get(partition)?.from === all.get(partition)?.from;
    pending = pending.filter(partition => !isWhole(partition) && (found.get(partition)?.length ?? 0) < count);
  }
  return found;
}

/**
 * The newest `count` of all partitions, the oldest first. Of each partition those at its end: whatever times its records bear, their order
 * stays.
 */
export function newestOf(found: ReadonlyMap<number, readonly SourceRecord[]>, count: number): readonly SourceRecord[] {
  const left = [...found.values()].map(records => [...records]);
  const newest: SourceRecord[] = [];
  while (newest.length < count) {
    const ends = left.filter(records => records.length > 0);
    const [first, ...others] = ends;
    if (first === undefined) break;
    const latest = others.reduce((best, records) => (timeAtEnd(records) > timeAtEnd(best) ? records : best), first);
    newest.push(...latest.splice(-1));
  }
  return newest.reverse();
}

function timeAtEnd(records: readonly SourceRecord[]): number {
  return records.at(-1)?.timestamp ?? 0;
}
