import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Intake } from '../flow/ports.ts';
import { Fault, messageOf } from '../kernel/fault.ts';
import { type Offset, type PartitionKey, partitionKey, splitPartitionKey } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { Clock, DurationMs, Instant } from '../kernel/time.ts';
import { brokerFault, isPassing } from './broker-fault.ts';
import { keysOf, topicPartitions } from './partition-lists.ts';
import { sourceRecordOf } from './source-record.ts';

/** How the group is joined and how much is fetched. */
export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: DurationMs;
  readonly rebalanceTimeoutMs: DurationMs;
  readonly heartbeatIntervalMs: DurationMs;
  readonly fetchMaxBytes: number;
  readonly fetchMaxBytesPerPartition: number;
  readonly fetchMaxWaitMs: DurationMs;
}

/** Who takes the records. Every function is synchronous and must not throw. */
export interface ConsumerListener {
  /** A rebalance begins: a hint, not always given (a join for stale metadata comes without it). */
  rebalancing(): void;
  /**
   * The group's word on what is ours now; called before the first fetch of the new assignment. What was paused may be
   * paused still, or not any more: whoever wants to know says so now.
   */
  assigned(keys: readonly PartitionKey[]): void;
  /** What was fetched, in order; no records at all where there are only transaction markers up to `lastOffset`. */
  receive(key: PartitionKey, records: readonly SourceRecord[], lastOffset: Offset, highWatermark: Offset): void;
}

/** A member of the consumer group. */
export interface RecordConsumer extends Intake {
  /** Joins and fetches, in the background; resolves when kafkajs runs. Throws a {@link Fault} when it cannot start. */
  start(listener: ConsumerListener): Promise<void>;
  /** Rejects with a {@link Fault} when the consumer stopped and does not restart by itself (kafkajs#1443). */
  readonly crashed: Promise<never>;
  /** When it last fetched or beat: what liveness looks at (kafkajs#1545). */
  readonly lastActivityAt: Instant;
  /** Has it joined the group, since it last stopped? */
  readonly joined: boolean;
  /** Stops fetching and leaves the group; takes at most 5 s, also where no broker answers. Never rejects. */
  close(): Promise<void>;
}

// Records handed over at a time, so that decoding a large batch does not hold up timers and answers.
const sliceRecords = 128;

const closeMs: DurationMs = 5_000;
const startAgainMs: DurationMs = 1_000;
const vainStartsMax = 5;

/** A consumer of the source topics; what kafkajs leaves to us is in this room's README. */
export function openConsumer(kafka: Kafka, options: ConsumerOptions, clock: Clock): RecordConsumer {
  return new KafkaConsumer(kafka, options, clock);
}

class KafkaConsumer implements RecordConsumer {
  readonly #consumer: Consumer;
  readonly #options: ConsumerOptions;
  readonly #clock: Clock;
  readonly #crashed = Promise.withResolvers<never>();
  #assigned: ReadonlySet<PartitionKey> = new Set();
  /** Counts the joins: a batch or commit of an older one is out of date. */
  #epoch = 0;
  #joined = false;
  readonly #closing = new AbortController();
  /** Starts that reached a broker, but not the group, since it was last joined. */
  #vainStarts = 0;
  /** Counts the commits that the broker took. */
  #commits = 0;
  #lastActivityAt: Instant;

  constructor(kafka: Kafka, options: ConsumerOptions, clock: Clock) {
    this.#consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      maxBytes: options.fetchMaxBytes,
      maxBytesPerPartition: options.fetchMaxBytesPerPartition,
      maxWaitTimeInMs: options.fetchMaxWaitMs,
      allowAutoTopicCreation: false,
      // Else a consumer that was closed while no broker answered comes back, and takes partitions.
      retry: { restartOnFailure: async () => !this.#closing.signal.aborted },
    });
    this.#options = options;
    this.#clock = clock;
    this.#lastActivityAt = clock.now();
    this.#crashed.promise.catch(() => {});
  }

  get crashed(): Promise<never> {
    return this.#crashed.promise;
  }

  get lastActivityAt(): Instant {
    return this.#lastActivityAt;
  }

  get joined(): boolean {
    return this.#joined;
  }

  async start(listener: ConsumerListener): Promise<void> {
    this.#watch(listener);
    try {
      await this.#consumer.connect();
      // From the earliest offset: the default would skip what came before the first commit (and all, when offsets expire).
      await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
      await this.#run(listener);
    } catch (error) {
      throw brokerFault(error);
    }
  }

  // While kafkajs is between two joins these two throw; what is to be paused is told again after the next one.
  get leased(): boolean {
    return true;
  }

  pause(keys: readonly PartitionKey[]): void {
    if (this.#joined) this.#consumer.pause(topicPartitions(keys));
  }

  resume(keys: readonly PartitionKey[]): void {
    if (this.#joined) this.#consumer.resume(topicPartitions(keys));
  }

  async commit(offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void> {
    // kafkajs stamps the current generation on any commit, also of partitions that are not ours any more (kafkajs#1046).
    const ours = [...offsets].filter(([key]) => this.#assigned.has(key));
    if (ours.length === 0) return;
    const before = this.#commits;
    const next = ours.map(([key, offset]) => ({ ...splitPartitionKey(key), offset: offset.toString() }));
    await this.#consumer.commitOffsets(next);
    // kafkajs resolves also where it did nothing, since it is stopping or starting again (runner.js, commitOffsets).
    if (this.#commits === before) {
      throw new Fault('KAFKA_UNREACHABLE', { detail: 'the consumer starts again: nothing was committed' });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#joined = false;
    const closed = new AbortController();
    const closing = this.#consumer.disconnect().catch(() => {});
    // kafkajs first ends its own retries, which take half a minute where no broker answers.
    await Promise.race([closing.finally(() => closed.abort()), this.#clock.sleep(closeMs, closed.signal)]);
  }

  #watch(listener: ConsumerListener): void {
    const { events } = this.#consumer;
    const alive = () => {
      this.#lastActivityAt = this.#clock.now();
    };
    this.#consumer.on(events.FETCH, alive);
    this.#consumer.on(events.HEARTBEAT, alive);
    this.#consumer.on(events.COMMIT_OFFSETS, () => void this.#commits++);
    this.#consumer.on(events.REBALANCING, () => listener.rebalancing());
    // kafkajs calls this synchronously between the group's answer and the next fetch (consumerGroup.js, joinAndSync).
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      // Ends a join that was under way, which kafkajs would go on with after its disconnect.
      if (this.#closing.signal.aborted) throw new Error('the consumer was closed');
      alive();
      this.#epoch++;
      this.#vainStarts = 0;
      this.#joined = true;
      this.#assigned = new Set(keysOf(payload.memberAssignment));
      listener.assigned([...this.#assigned]);
    });
    // Only transaction markers were fetched: kafkajs passes them by without a word to the handler (runner.js, handleBatch).
    this.#consumer.on(events.START_BATCH_PROCESS, ({ payload: { topic, partition, ...batch } }) => {
      if (batch.batchSize > 0) return;
      this.#hand(listener, partitionKey(topic, partition), [], BigInt(batch.lastOffset), BigInt(batch.highWatermark));
    });
    this.#consumer.on(events.STOP, () => {
      this.#joined = false;
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      if (payload.restart || this.#closing.signal.aborted) return;
      if (isPassing(payload.error)) void this.#startAgain(listener);
      else this.#crash(payload.error);
    });
  }

  #run(listener: ConsumerListener): Promise<void> {
    return this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: payload => this.#take(payload, listener),
    });
  }

  /**
   * kafkajs gives up for good where it finds no coordinator, as while the only broker starts again. We do not; but it says the
   * same where the Kafka user has no right to the group, so brokers that answer are asked only some times.
   */
  async #startAgain(listener: ConsumerListener): Promise<void> {
    const { signal } = this.#closing;
    await this.#clock.sleep(startAgainMs, signal);
    if (signal.aborted) return;
    try {
      await this.#consumer.connect();
      if (++this.#vainStarts > vainStartsMax) {
        throw new Error('no coordinator of the group is found, or the Kafka user has no right to it');
      }
      await this.#run(listener);
    } catch (error) {
      if (isPassing(error)) void this.#startAgain(listener);
      else this.#crash(error);
    }
  }

  /** Takes a batch of kafkajs. Nothing may escape: a TypeError would end the consumer for good (kafkajs, retry/index.js). */
  async #take(payload: EachBatchPayload, listener: ConsumerListener): Promise<void> {
    const { batch } = payload;
    const epoch = this.#epoch;
    const key = partitionKey(batch.topic, batch.partition);
    const highWatermark = BigInt(batch.highWatermark);
    for (let first = 0; first < batch.messages.length; first += sliceRecords) {
      // Of a partition that went meanwhile; or a join in between starts the partition again from the last commit.
      if (this.#closing.signal.aborted || this.#epoch !== epoch || !this.#assigned.has(key)) return;
      const slice = batch.messages.slice(first, first + sliceRecords);
      const isLast = first + sliceRecords >= batch.messages.length;
      const lastOffset = isLast ? batch.lastOffset() : (slice.at(-1)?.offset ?? batch.lastOffset());
      const records = slice.map(message => sourceRecordOf(batch, message));
      if (!this.#hand(listener, key, records, BigInt(lastOffset), highWatermark)) return;
      if (!isLast) await nextTurn();
    }
    payload.resolveOffset(batch.lastOffset());
  }

  /** False when the listener broke its promise not to throw: our own mistake, which ends the process. */
  #hand(listener: ConsumerListener, ...received: Parameters<ConsumerListener['receive']>): boolean {
    try {
      listener.receive(...received);
      return true;
    } catch (error) {
      this.#crash(error);
      return false;
    }
  }

  #crash(error: unknown): void {
    this.#crashed.reject(new Fault('KAFKA_CONSUMER_STOPPED', { detail: messageOf(error), cause: error }));
  }
}
