import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs';
import type { Intake } from '../flow/ports.ts';
import { Fault, messageOf } from '../kernel/fault.ts';
import { type Offset, type PartitionKey, partitionKey, splitPartitionKey } from '../kernel/position.ts';
import type { RecordHeader, SourceRecord } from '../kernel/record.ts';
import { type Clock, type DurationMs, type Instant, instant } from '../kernel/time.ts';

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
  /** The group's word on what is ours now; called before the first fetch of the new assignment. */
  assigned(keys: readonly PartitionKey[]): void;
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
  /** Has it joined the group, since its last crash? */
  readonly joined: boolean;
  /** Stops fetching and leaves the group. */
  close(): Promise<void>;
}

// Records handed over at a time, so that decoding a large batch does not hold up timers and answers.
const sliceRecords = 128;

/** A consumer of the source topics; what kafkajs leaves to us is in this room's README. */
export function openConsumer(kafka: Kafka, options: ConsumerOptions, clock: Clock): RecordConsumer {
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: options.heartbeatIntervalMs,
    maxBytes: options.fetchMaxBytes,
    maxBytesPerPartition: options.fetchMaxBytesPerPartition,
    maxWaitTimeInMs: options.fetchMaxWaitMs,
    allowAutoTopicCreation: false,
  });
  return new KafkaConsumer(consumer, options, clock);
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
  #lastActivityAt: Instant;

  constructor(consumer: Consumer, options: ConsumerOptions, clock: Clock) {
    this.#consumer = consumer;
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
    await this.#consumer.connect();
    // From the earliest offset: the default would skip what came before the first commit (and all, when offsets expire).
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: payload => this.#take(payload, listener),
    });
  }

  pause(keys: readonly PartitionKey[]): void {
    this.#consumer.pause(topicPartitions(keys));
  }

  resume(keys: readonly PartitionKey[]): void {
    this.#consumer.resume(topicPartitions(keys));
  }

  async commit(offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void> {
    // kafkajs stamps the current generation on any commit, also of partitions that are not ours any more (kafkajs#1046).
    const ours = [...offsets].filter(([key]) => this.#assigned.has(key));
    if (ours.length === 0) return;
    await this.#consumer.commitOffsets(
      ours.map(([key, offset]) => ({ ...splitPartitionKey(key), offset: offset.toString() })),
    );
  }

  async close(): Promise<void> {
    this.#epoch++;
    await this.#consumer.disconnect();
  }

  #watch(listener: ConsumerListener): void {
    const { events } = this.#consumer;
    const alive = () => {
      this.#lastActivityAt = this.#clock.now();
    };
    this.#consumer.on(events.FETCH, alive);
    this.#consumer.on(events.HEARTBEAT, alive);
    this.#consumer.on(events.REBALANCING, () => listener.rebalancing());
    // kafkajs calls this synchronously between the group's answer and the next fetch (consumerGroup.js, joinAndSync).
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      alive();
      this.#epoch++;
      this.#joined = true;
      this.#assigned = new Set(keysOf(payload.memberAssignment));
      listener.assigned([...this.#assigned]);
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#joined = false;
      if (payload.restart) return;
      this.#crashed.reject(
        new Fault('KAFKA_CONSUMER_STOPPED', { detail: messageOf(payload.error), cause: payload.error }),
      );
    });
  }

  /** Hands a batch over. Nothing may escape: a TypeError would end the consumer for good (kafkajs, retry/index.js). */
  async #take(payload: EachBatchPayload, listener: ConsumerListener): Promise<void> {
    const { batch } = payload;
    const epoch = this.#epoch;
    const key = partitionKey(batch.topic, batch.partition);
    const highWatermark = BigInt(batch.highWatermark);
    for (let first = 0; first < batch.messages.length; first += sliceRecords) {
      const slice = batch.messages.slice(first, first + sliceRecords);
      const isLast = first + sliceRecords >= batch.messages.length;
      const lastOffset = isLast ? batch.lastOffset() : (slice.at(-1)?.offset ?? batch.lastOffset());
      listener.receive(
        key,
        slice.map(message => recordOf(batch, message)),
        BigInt(lastOffset),
        highWatermark,
      );
      if (isLast) break;
      await nextTurn();
      // A join in between starts the partition again from the last commit.
      if (this.#epoch !== epoch) return;
    }
    payload.resolveOffset(batch.lastOffset());
  }
}

function keysOf(assignment: Readonly<Record<string, readonly number[]>>): PartitionKey[] {
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map(partition => partitionKey(topic, partition)),
  );
}

function topicPartitions(keys: readonly PartitionKey[]): { topic: string; partitions: number[] }[] {
  const byTopic = Map.groupBy(keys.map(splitPartitionKey), ({ topic }) => topic);
  return [...byTopic].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition }) => partition),
  }));
}

function recordOf(batch: Batch, message: KafkaMessage): SourceRecord {
  return {
    topic: batch.topic,
    partition: batch.partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    timestamp: instant(Number(message.timestamp)),
    headers: message.headers === undefined ? [] : headersOf(message.headers),
  };
}

function headersOf(headers: IHeaders): RecordHeader[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap(one => (one === undefined ? [] : [{ name, value: typeof one === 'string' ? Buffer.from(one) : one }])),
  );
}
