import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka } from 'kafkajs';
import { Fault } from '../kernel/fault.ts';
import type { Offset, Position } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { DurationMs } from '../kernel/time.ts';
import { brokerFault } from './broker-fault.ts';
import { sourceRecordOf } from './source-record.ts';

/** Reads topics from outside of the connector's group: commits nothing, and disturbs nobody. */
export interface TopicReader {
  /**
   * Visits every record that lies in the topic now, in order in each partition; the next one when the visit has ended. Rejects with
   * a {@link Fault}, or with what a visit rejects with.
   */
  scan(topic: string, visit: (record: SourceRecord) => Promise<void> | void): Promise<void>;
  /** The same for what lies at the last `count` offsets of each partition: not all of them need hold a record. */
  tail(topic: string, count: number, visit: (record: SourceRecord) => Promise<void> | void): Promise<void>;
  /** The record at a place, or null where it lies no more. Rejects with a {@link Fault}. */
  recordAt(position: Position): Promise<SourceRecord | null>;
  close(): Promise<void>;
}

/** What is left to read of each partition: from, and the end of now. */
type Ranges = Map<number, { from: Offset; readonly end: Offset }>;

// A broker that says nothing for so long, though there are records: a person waits for the command.
const silenceMs: DurationMs = 30_000;

/** A reader that joins groups of its own, named after `groupPrefix` and deleted when it is closed. */
export function openTopicReader(kafka: Kafka, groupPrefix: string): TopicReader {
  const admin = kafka.admin({ retry: { retries: 2 } });
  const groups: string[] = [];

  async function rangesOf(topic: string): Promise<Ranges> {
    try {
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets(topic);
      const found = offsets.map(
        ({ partition, low, high }) => [partition, { from: BigInt(low), end: BigInt(high) }] as const,
      );
      return new Map(found.filter(([, { from, end }]) => from < end));
    } catch (error) {
      throw brokerFault(error);
    }
  }

  async function read(topic: string, ranges: Ranges, visit: (record: SourceRecord) => Promise<void> | void) {
    if (ranges.size === 0) return;
    const groupId = `${groupPrefix}.reader-${randomUUID()}`;
    groups.push(groupId);
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, retry: { retries: 2 } });
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
    async tail(topic, count, visit) {
      const ranges = await rangesOf(topic);
      for (const range of ranges.values()) {
        const last = range.end - BigInt(count);
        if (last > range.from) range.from = last;
      }
      await read(topic, ranges, visit);
    },
    async recordAt({ topic, partition, offset }) {
      const range = (await rangesOf(topic)).get(partition);
      if (range === undefined || offset < range.from || offset >= range.end) return null;
      let found: SourceRecord | null = null;
      const only: Ranges = new Map([[partition, { from: offset, end: offset + 1n }]]);
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
  const passed = (partition: number, lastOffset: string) => {
    const range = ranges.get(partition);
    if (range !== undefined && BigInt(lastOffset) + 1n >= range.end) ranges.delete(partition);
    if (ranges.size === 0) done.resolve();
  };
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload: { partition, batchSize, lastOffset } }) => {
    // Of markers of transactions alone: it comes to no handler (runner.js, handleBatch).
    if (batchSize === 0) passed(partition, lastOffset);
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) done.reject(error);
  });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      clearTimeout(timer);
      const range = ranges.get(batch.partition);
      for (const message of batch.messages) {
        const record = sourceRecordOf(batch, message);
        if (range === undefined || record.offset < range.from || record.offset >= range.end) continue;
        try {
          await visit(record);
        } catch (error) {
          done.reject(new VisitFailed('', { cause: error }));
          return;
        }
        range.from = record.offset + 1n;
        await heartbeat();
      }
      resolveOffset(batch.lastOffset());
      passed(batch.partition, batch.lastOffset());
      if (ranges.size > 0) timer = setTimeout(() => done.reject(silence), silenceMs);
    },
  });
  for (const [partition, { from }] of ranges) consumer.seek({ topic, partition, offset: String(from) });
  try {
    await done.promise;
  } finally {
    clearTimeout(timer);
  }
}
