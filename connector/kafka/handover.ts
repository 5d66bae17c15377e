import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import { Fault, messageOf } from '../kernel/fault.ts';
import { type Offset, type PartitionKey, partitionKey } from '../kernel/position.ts';
import type { ConsumerListener } from './record-consumer.ts';
import { sourceRecordOf } from './source-record.ts';

// Records handed over at a time, so that decoding a large batch does not hold up timers and answers.
const sliceRecords = 128;

/** Hands over to the listener what kafkajs fetched, as far as it is of the assignment that holds now. */
export class Handover {
  readonly #listener: () => ConsumerListener;
  readonly #crash: (fault: Fault) => void;
  #assigned: ReadonlySet<PartitionKey> = new Set();
  /** The offset behind the last one that was read, of each assigned partition. */
  readonly #readTo = new Map<PartitionKey, Offset>();
  /** The offset below which the log is not read again: where it is read next, and after a join what we committed or began with. */
  readonly #floor = new Map<PartitionKey, Offset>();
  /** A join does not begin below this offset: our last commit, else our first record. */
  readonly #begun = new Map<PartitionKey, Offset>();
  /** Counts the joins: a batch of an older one is out of date. */
  #epoch = 0;

  /** `crash` is told what ends the consumer. */
  constructor(listener: () => ConsumerListener, crash: (fault: Fault) => void) {
    this.#listener = listener;
    this.#crash = crash;
  }

  /** The group was joined with these partitions, or (none) it may have gone on without us. */
  assign(keys: readonly PartitionKey[]): void {
    this.#epoch++;
    this.#assigned = new Set(keys);
    for (const key of [...this.#readTo.keys(), ...this.#begun.keys()]) if (!this.#assigned.has(key)) this.#forget(key);
    for (const [key, begun] of this.#begun) this.#floor.set(key, begun);
    for (const key of this.#floor.keys()) if (!this.#begun.has(key)) this.#floor.delete(key);
    this.#listener().assigned(keys);
  }

  /** It is read from another offset. */
  sought(key: PartitionKey): void {
    this.#forget(key);
  }

  /** The broker took these commits: a join begins no earlier. */
  committed(offsets: Iterable<readonly [PartitionKey, Offset]>): void {
    for (const [key, offset] of offsets) if (this.#assigned.has(key)) this.#begun.set(key, offset);
  }

  /** Takes a batch of kafkajs. Nothing may escape: a TypeError would end the consumer for good (kafkajs, retry/index.js). */
  async take(payload: EachBatchPayload, closing: AbortSignal): Promise<void> {
    const { batch } = payload;
    const epoch = this.#epoch;
    const key = partitionKey(batch.topic, batch.partition);
    const highWatermark = BigInt(batch.highWatermark);
    for (let first = 0; first < batch.messages.length; first += sliceRecords) {
      // Of a partition that went meanwhile; or a join in between starts the partition again from the last commit; or it is sought.
      if (closing.aborted || this.#epoch !== epoch || !this.#assigned.has(key) || payload.isStale()) return;
      const slice = batch.messages.slice(first, first + sliceRecords);
      const isLast = first + sliceRecords >= batch.messages.length;
      const lastOffset = isLast ? batch.lastOffset() : (slice.at(-1)?.offset ?? batch.lastOffset());
      const records = slice.map(message => sourceRecordOf(batch, message));
      if (!this.hand(key, records, BigInt(lastOffset), highWatermark)) return;
      if (!isLast) await nextTurn();
    }
    payload.resolveOffset(batch.lastOffset());
  }

  /**
   * False where it cannot go on: the topic is not the one that was read, or the listener broke its promise not to throw.
   *
   * An end below what was read proves nothing by itself: the high watermark of a leader that was elected just now lags for a
   * moment. It is another log where that is read again from below, too: kafkajs begins anew where its offset is not there any
   * more.
   */
  hand(...received: Parameters<ConsumerListener['receive']>): boolean {
    const [key, records, lastOffset, highWatermark] = received;
    const readTo = this.#readTo.get(key) ?? 0n;
    const firstOffset = records[0]?.offset ?? lastOffset;
    if (highWatermark < readTo && firstOffset < (this.#floor.get(key) ?? 0n)) {
      const detail = `${key} ends at ${highWatermark}, and was read to ${readTo}`;
      this.#crash(new Fault('SOURCE_TOPIC_REMADE', { detail }));
      return false;
    }
    if (records[0] !== undefined && !this.#begun.has(key)) this.#begun.set(key, firstOffset);
    this.#floor.set(key, lastOffset + 1n);
    if (lastOffset >= readTo) this.#readTo.set(key, lastOffset + 1n);
    try {
      this.#listener().receive(...received);
      return true;
    } catch (error) {
      const fault = new Fault('KAFKA_CONSUMER_STOPPED', { detail: messageOf(error), cause: error });
      this.#crash(error instanceof Fault ? error : fault);
      return false;
    }
  }

  #forget(key: PartitionKey): void {
    for (const offsets of [this.#readTo, this.#floor, this.#begun]) offsets.delete(key);
  }

  /** Is it assigned? */
  has(key: PartitionKey): boolean {
    return this.#assigned.has(key);
  }

  /** What is assigned. */
  get keys(): readonly PartitionKey[] {
    return [...this.#assigned];
  }
}
