import type { ProducerEpoch, SequencedBatch } from '../kafka/fenced-producer.ts';
import type { OutgoingRecord } from '../kafka/producer.ts';
import type { Position } from '../kernel/position.ts';

/** A record that waits until it is written. */
export interface Waiting {
  readonly record: OutgoingRecord;
  /** Makes the record without what the journal can do without; null where there is no such form. */
  readonly smaller: (() => OutgoingRecord) | null;
  /** It has that form already. */
  readonly shrunk: boolean;
  /** The change that the record is about. */
  readonly at: Position | null;
  readonly signal: AbortSignal;
  readonly written: PromiseWithResolvers<void>;
}

/** Past either, the rest goes with the next request. One entry may be larger than that. */
const batchEntriesMax = 1_000;
const batchBytesMax = 524_288;

/** The records for one partition of the journal, between a claim of it and the next. */
export class PartitionQueue {
  readonly partition: number;
  waiting: Waiting[] = [];
  /** It was sent, and is sent again as it is until its result is known: else the broker could take another for its repetition. */
  batch: readonly Waiting[] | null = null;
  /** In a request under way. */
  sending = false;
  /** After a failure. */
  paused = false;
  /** Since the last batch that was written. */
  failures = 0;
  #epoch: ProducerEpoch | null;
  /** Records written under the epoch. */
  #sequence = 0;
  #bytesMax = batchBytesMax;

  /** `epoch`: of the claim; null: nothing is written before there is one. */
  constructor(partition: number, epoch: ProducerEpoch | null) {
    this.partition = partition;
    this.#epoch = epoch;
  }

  get isReady(): boolean {
    return !this.sending && !this.paused && this.#epoch !== null && !this.isEmpty;
  }

  get isEmpty(): boolean {
    return this.batch === null && this.waiting.length === 0;
  }

  /** All that is not written, in order. */
  get pending(): readonly Waiting[] {
    return [...(this.batch ?? []), ...this.waiting];
  }

  /** The next request's epoch: the newest of the process, so that its partitions share requests; but a batch keeps its own. */
  nextEpoch(newest: ProducerEpoch | null): ProducerEpoch | null {
    if (this.#epoch !== null && this.batch === null && newest !== null && newest !== this.#epoch) {
      this.#epoch = newest;
      this.#sequence = 0;
    }
    return this.#epoch;
  }

  /** The batch to send now. */
  begin(): SequencedBatch {
    this.sending = true;
    this.batch ??= this.#nextBatch();
    return {
      partition: this.partition,
      firstSequence: this.#sequence,
      records: this.batch.map(({ record }) => record),
    };
  }

  /** The batch was written. */
  written(): void {
    const batch = this.batch ?? [];
    this.batch = null;
    this.failures = 0;
    this.#sequence += batch.length;
    for (const { written } of batch) written.resolve();
  }

  /** The batch was refused for its size: halves it, and keeps later ones as small. False where it is a single record. */
  isSplit(): boolean {
    const batch = this.batch ?? [];
    if (batch.length < 2) return false;
    this.#bytesMax = Math.max(1_024, Math.floor(bytesOf(batch) / 2));
    const half = Math.ceil(batch.length / 2);
    this.waiting.unshift(...batch.slice(half));
    this.batch = batch.slice(0, half);
    return true;
  }

  /** Lets go of the records whose partition was taken away; of a batch in a request once that has its result. False: of none. */
  dropAborted(): boolean {
    const aborted = this.pending.filter(({ signal }) => signal.aborted);
    if (aborted.length === 0) return false;
    for (const { signal, written } of aborted) written.reject(signal.reason);
    this.waiting = this.waiting.filter(({ signal }) => !signal.aborted);
    if (!this.sending && this.batch?.every(({ signal }) => signal.aborted)) {
      this.batch = null;
      // Whether the broker has the batch is not known, so neither is the next number of the sequence: a claim begins it again.
      this.#epoch = null;
    }
    return true;
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.waiting) {
      bytes += record.value?.length ?? 0;
      if (count === batchEntriesMax || (count > 0 && bytes > this.#bytesMax)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }
}

function bytesOf(batch: readonly Waiting[]): number {
  return batch.reduce((sum, { record }) => sum + (record.value?.length ?? 0), 0);
}
