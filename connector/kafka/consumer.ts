import type { Consumer, Kafka } from 'kafkajs';
import { Fault, messageOf } from '../kernel/fault.ts';
import { type Offset, type PartitionKey, partitionKey, splitPartitionKey } from '../kernel/position.ts';
import { type Clock, type DurationMs, type MonotonicMs, monotonic } from '../kernel/time.ts';
import { brokerFault, isPassing } from './broker-fault.ts';
import { Handover } from './handover.ts';
import { Membership } from './membership.ts';
import { keysOf, topicPartitions } from './partition-lists.ts';
import type { ConsumerListener, ConsumerOptions, RecordConsumer } from './record-consumer.ts';

const closeMs: DurationMs = 5_000;
const startAgainMs: DurationMs = 1_000;
const vainStartsMax = 5;

/** A consumer of the source topics; what kafkajs leaves to us is in this room's README. */
export function openConsumer(kafka: Kafka, options: ConsumerOptions, clock: Clock): RecordConsumer {
  return new KafkaConsumer(kafka, options, clock);
}

/** Until it is started. */
const nobody: ConsumerListener = {
  rebalancing: () => undefined,
  quiesce: async () => undefined,
  assigned: () => undefined,
  receive: () => undefined,
};

class KafkaConsumer implements RecordConsumer {
  readonly #consumer: Consumer;
  readonly #options: ConsumerOptions;
  readonly #clock: Clock;
  readonly #crashed = Promise.withResolvers<never>();
  readonly #membership: Membership;
  readonly #handover: Handover;
  #listener: ConsumerListener = nobody;
  #joined = false;
  readonly #closing = new AbortController();
  /** Starts that reached a broker, but not the group, since it was last joined. */
  #vainStarts = 0;
  /** Counts the commits that the broker took. */
  #commits = 0;
  #lastActivityAt: MonotonicMs;

  constructor(kafka: Kafka, options: ConsumerOptions, clock: Clock) {
    this.#handover = new Handover(
      () => this.#listener,
      fault => this.#crashed.reject(fault),
    );
    this.#membership = new Membership({
      clock,
      held: () => [...new Set(this.#handover.keys.map(key => splitPartitionKey(key).partition))],
      quiesce: () => this.#quiesce(),
    });
    this.#consumer = kafka.consumer({
      partitionAssigners: [this.#membership.assigner],
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
    this.#lastActivityAt = clock.monotonic();
    this.#crashed.promise.catch(() => {});
  }

  get crashed(): Promise<never> {
    return this.#crashed.promise;
  }

  get lastActivityAt(): MonotonicMs {
    const { requestedAt } = this.#membership;
    if (requestedAt === null) return this.#lastActivityAt;
    // A join is answered when all members are there, at the latest when the rebalance time-out is over.
    const waitsUntil = requestedAt + this.#options.rebalanceTimeoutMs;
    return monotonic(Math.max(this.#lastActivityAt, Math.min(this.#clock.monotonic(), waitsUntil)));
  }

  get leased(): boolean {
    return this.#joined && this.#membership.holds(this.#options.sessionTimeoutMs);
  }

  get joined(): boolean {
    return this.#joined;
  }

  async start(listener: ConsumerListener): Promise<void> {
    this.#listener = listener;
    this.#lastActivityAt = this.#clock.monotonic();
    this.#watch();
    try {
      await this.#consumer.connect();
      // From the earliest offset: the default would skip what came before the first commit (and all, when offsets expire).
      await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
      await this.#run();
    } catch (error) {
      throw brokerFault(error);
    }
  }

  // While kafkajs is between two joins these two throw; what is to be paused is told again after the next one.
  pause(keys: readonly PartitionKey[]): void {
    if (this.#joined) this.#consumer.pause(topicPartitions(keys));
  }

  resume(keys: readonly PartitionKey[]): void {
    if (this.#joined) this.#consumer.resume(topicPartitions(keys));
  }

  seek(key: PartitionKey, offset: Offset): void {
    this.#handover.sought(key);
    if (this.#joined) this.#consumer.seek({ ...splitPartitionKey(key), offset: offset.toString() });
  }

  async commit(offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void> {
    // kafkajs stamps the current generation on any commit, also of partitions that are not ours any more (kafkajs#1046).
    const ours = [...offsets].filter(([key]) => this.#handover.has(key));
    if (ours.length === 0) return;
    const before = this.#commits;
    const next = ours.map(([key, offset]) => ({ ...splitPartitionKey(key), offset: offset.toString() }));
    await this.#consumer.commitOffsets(next);
    // kafkajs resolves also where it did nothing, since it is stopping or starting again (runner.js, commitOffsets).
    if (this.#commits === before) {
      throw new Fault('KAFKA_UNREACHABLE', { detail: 'the consumer starts again: nothing was committed' });
    }
    this.#handover.committed(ours);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#joined = false;
    const closed = new AbortController();
    const closing = this.#consumer.disconnect().catch(() => {});
    // kafkajs first ends its own retries, which take half a minute where no broker answers.
    await Promise.race([closing.finally(() => closed.abort()), this.#clock.sleep(closeMs, closed.signal)]);
  }

  #watch(): void {
    const { events } = this.#consumer;
    const alive = () => {
      this.#lastActivityAt = this.#clock.monotonic();
    };
    this.#consumer.on(events.FETCH, () => {
      alive();
      const { sessionTimeoutMs } = this.#options;
      if (this.#closing.signal.aborted || this.#membership.isBeating(sessionTimeoutMs)) return;
      this.#crash(new Error(`no heartbeat was sent for ${sessionTimeoutMs} ms and more, though fetches were answered`));
    });
    this.#consumer.on(events.HEARTBEAT, alive);
    this.#consumer.on(events.COMMIT_OFFSETS, () => void this.#commits++);
    this.#consumer.on(events.REBALANCING, () => this.#listener.rebalancing());
    // kafkajs calls this synchronously between the group's answer and the next fetch (consumerGroup.js, joinAndSync).
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      // Ends a join that was under way, which kafkajs would go on with after its disconnect.
      if (this.#closing.signal.aborted) throw new Error('the consumer was closed');
      alive();
      this.#vainStarts = 0;
      this.#join(payload.memberId, keysOf(payload.memberAssignment));
    });
    // Only transaction markers were fetched: kafkajs passes them by without a word to the handler (runner.js, handleBatch).
    this.#consumer.on(events.START_BATCH_PROCESS, ({ payload: { topic, partition, ...batch } }) => {
      if (batch.batchSize > 0) return;
      const key = partitionKey(topic, partition);
      this.#handover.hand(key, [], BigInt(batch.lastOffset), BigInt(batch.highWatermark));
    });
    this.#consumer.on(events.STOP, () => {
      this.#joined = false;
      this.#membership.stopped();
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      if (payload.restart || this.#closing.signal.aborted) return;
      if (isPassing(payload.error)) void this.#startAgain();
      else this.#crash(payload.error);
    });
  }

  #join(memberId: string, keys: readonly PartitionKey[]): void {
    try {
      const unbroken = this.#membership.joined(memberId);
      this.#joined = true;
      if (!unbroken && this.#handover.keys.length > 0) this.#handover.assign([]);
      this.#handover.assign(keys);
    } catch (error) {
      this.#crash(error);
      throw error;
    }
  }

  /** Before a join, whose request waits for it: the broker counts our silence, so only a part of the session may pass. */
  async #quiesce(): Promise<void> {
    if (this.#handover.keys.length === 0 || this.#closing.signal.aborted) return;
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const limitMs = Math.min(sessionTimeoutMs, rebalanceTimeoutMs) / 2;
    const over = new AbortController();
    const quiet = this.#listener.quiesce(limitMs).catch(error => this.#crash(error));
    await Promise.race([quiet.finally(() => over.abort()), this.#clock.sleep(limitMs, over.signal)]);
  }

  #run(): Promise<void> {
    return this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: payload => this.#handover.take(payload, this.#closing.signal),
    });
  }

  /**
   * kafkajs gives up for good where it finds no coordinator, as while the only broker starts again. We do not; but it says the
   * same where the Kafka user has no right to the group, so brokers that answer are asked only some times.
   */
  async #startAgain(): Promise<void> {
    const { signal } = this.#closing;
    await this.#clock.sleep(startAgainMs, signal);
    if (signal.aborted) return;
    try {
      await this.#consumer.connect();
      if (++this.#vainStarts > vainStartsMax) {
        throw new Error('no coordinator of the group is found, or the Kafka user has no right to it');
      }
      await this.#run();
    } catch (error) {
      if (isPassing(error)) void this.#startAgain();
      else this.#crash(error);
    }
  }

  #crash(error: unknown): void {
    const fault = new Fault('KAFKA_CONSUMER_STOPPED', { detail: messageOf(error), cause: error });
    this.#crashed.reject(error instanceof Fault ? error : fault);
  }
}
