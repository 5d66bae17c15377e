import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Journal } from '../flow/ports.ts';
import type { OutgoingRecord, RecordProducer } from '../kafka/producer.ts';
import { Fault, messageOf } from '../kernel/fault.ts';
import { type PartitionKey, splitPartitionKey } from '../kernel/position.ts';
import type { Clock, DurationMs } from '../kernel/time.ts';
import type { MerchantBizNo } from '../order/change.ts';
import { EntryEncoder } from './encode.ts';

/** How the journal is written. */
export interface JournalOptions {
  readonly topic: string;
  /** Of the journal's schema, in the registry. */
  readonly schemaId: number;
  /** How long the first entry waits for others to go along with it. */
  readonly lingerMs: DurationMs;
  readonly clock: Clock;
  /** Whether the partitions are certainly ours still; while they are not, nothing is written over their new owner's entries. */
  readonly leased: () => boolean;
  /** The journal cannot be written; told once, until it is {@link onWritable} again. */
  readonly onUnwritable: (fault: Fault) => void;
  readonly onWritable: () => void;
}

/** Past either, the rest goes with the next request. One entry may be larger than that. */
const batchEntriesMax = 1_000;
const batchBytesMax = 524_288;

const retryFirstMs: DurationMs = 100;
const retryMaxMs: DurationMs = 1_000;
const holdMs: DurationMs = 50;
/** Held longer than that, it is told: a member that is well is held for the length of a join. */
const heldUntoldMs: DurationMs = 10_000;
/** One refusal may be a leader that moved. */
const failuresUntold = 1;

/** Opens the journal's writing end. The producer must not repeat by itself: at each try the partitions must be ours. */
export function openJournal(producer: Pick<RecordProducer, 'writeAll'>, options: JournalOptions): Journal {
  const encoder = new EntryEncoder(options.schemaId);
  const writer = new BatchWriter(producer, options);
  const recordOf = (partition: PartitionKey, order: MerchantBizNo, value: Buffer | null): OutgoingRecord => ({
    topic: options.topic,
    partition: splitPartitionKey(partition).partition,
    key: Buffer.from(order),
    value,
    headers: [],
  });
  return {
    append: (entry, signal) => writer.write(recordOf(entry.partition, entry.order, encoder.encode(entry)), signal),
    forget: (partition, order, signal) => writer.write(recordOf(partition, order, null), signal),
  };
}

interface Waiting {
  readonly record: OutgoingRecord;
  readonly signal: AbortSignal;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Writes records in the order of the calls: those that come while a request is under way go together with the next. Never two
 * requests at once, or a repetition would overtake what came after it.
 */
class BatchWriter {
  readonly #producer: Pick<RecordProducer, 'writeAll'>;
  readonly #options: JournalOptions;
  #waiting: Waiting[] = [];
  /** In the request under way. */
  #underway: readonly Waiting[] = [];
  #running = false;
  #failures = 0;
  #heldMs = 0;
  #told = false;
  readonly #watched = new WeakSet<AbortSignal>();

  constructor(producer: Pick<RecordProducer, 'writeAll'>, options: JournalOptions) {
    this.#producer = producer;
    this.#options = options;
  }

  write(record: OutgoingRecord, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const written = Promise.withResolvers<void>();
    this.#watch(signal);
    this.#waiting.push({ record, signal, written });
    if (!this.#running) void this.#run();
    return written.promise;
  }

  async #run(): Promise<void> {
    const { clock, lingerMs, leased } = this.#options;
    this.#running = true;
    await (lingerMs > 0 ? clock.sleep(lingerMs) : nextTurn());
    while (this.#waiting.length > 0) {
      if (leased()) {
        this.#underway = this.#nextBatch();
        await this.#send(this.#underway);
      } else await this.#hold();
    }
    this.#running = false;
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#waiting) {
      bytes += record.value?.length ?? 0;
      if (count === batchEntriesMax || (count > 0 && bytes > batchBytesMax)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#producer.writeAll(batch.map(({ record }) => record));
    } catch (error) {
      // What was given up meanwhile is rejected already.
      this.#waiting.unshift(...batch.filter(({ signal }) => !signal.aborted));
      this.#underway = [];
      await this.#failed(error);
      return;
    }
    if (this.#told) this.#options.onWritable();
    this.#told = false;
    this.#failures = 0;
    this.#heldMs = 0;
    this.#underway = [];
    for (const { written } of batch) written.resolve();
  }

  async #hold(): Promise<void> {
    this.#heldMs += holdMs;
    if (this.#heldMs > heldUntoldMs) this.#tell('this member may be out of its group, and must not write');
    await this.#options.clock.sleep(holdMs);
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#failures >= failuresUntold) this.#tell(messageOf(error), error);
    const pauseMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    await this.#options.clock.sleep(pauseMs);
  }

  #tell(detail: string, cause?: unknown): void {
    if (!this.#told) this.#options.onUnwritable(new Fault('JOURNAL_UNWRITABLE', { detail, cause }));
    this.#told = true;
  }

  /** One listener a signal: a partition's entries share theirs. */
  #watch(signal: AbortSignal): void {
    if (this.#watched.has(signal)) return;
    this.#watched.add(signal);
    signal.addEventListener('abort', () => this.#dropAborted(), { once: true });
  }

  #dropAborted(): void {
    for (const { signal, written } of [...this.#underway, ...this.#waiting]) {
      if (signal.aborted) written.reject(signal.reason);
    }
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
  }
}
