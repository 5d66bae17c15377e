import type {
  Assigner,
  Cluster,
  ConsumerConfig,
  ConsumerRunConfig,
  EachBatchPayload,
  Kafka,
  KafkaMessage,
  Logger,
} from 'kafkajs';

type Event = { readonly payload: unknown };

/**
 * The consumer of kafkajs as far as our room uses it, brought into states by hand that a real broker does not give at will.
 * What kafkajs does in them was read in its source (consumer/index.js, consumer/runner.js).
 */
export class FakeKafkajs {
  readonly calls: string[] = [];
  readonly resolved: string[] = [];
  /** Thrown by the next calls of `connect`. */
  connectFailures: Error[] = [];
  /** How often the group's coordinator was found. */
  coordinatorsFound = 0;
  /** How often it was told to run. */
  runs = 0;
  onRun: () => void = () => undefined;
  /** What `disconnect` does: by default it is done at once. */
  disconnected: Promise<void> = Promise.resolve();
  /** Does kafkajs run? Where not, a commit resolves without having been made. */
  running = true;
  restartOnFailure: ((error: Error) => Promise<boolean>) | undefined;
  /** Is there a seek that was not done yet? */
  stale = false;
  /** The member's id in the next joins. */
  memberId = 'member-1';
  /** What the coordinator answers to a heartbeat; rejected: an error. */
  heartbeat: () => Promise<void> = async () => undefined;
  #assigner: Assigner | undefined;
  readonly #cluster = {
    findGroupCoordinator: async () => {
      this.coordinatorsFound++;
      return { heartbeat: () => this.heartbeat(), syncGroup: async () => undefined };
    },
    findTopicPartitionMetadata: () => [],
  };
  /** As the consumer group has it. */
  #coordinator: Awaited<ReturnType<typeof this.findCoordinator>> | undefined;
  readonly #listeners = new Map<string, (event: Event) => void>();
  #run: ConsumerRunConfig = {};

  /** Give this to `openConsumer`. */
  get kafka(): Kafka {
    const events = new Proxy({}, { get: (_, name) => String(name) });
    const consumer = {
      events,
      connect: async () => {
        const failure = this.connectFailures.shift();
        if (failure) throw failure;
      },
      subscribe: async () => undefined,
      run: async (config: ConsumerRunConfig) => {
        this.runs++;
        this.#run = config;
        this.#coordinator ??= await this.findCoordinator();
        this.onRun();
      },
      on: (name: string, listener: (event: Event) => void) => this.#listeners.set(name, listener),
      pause: () => this.#whileThereIsAGroup('pause'),
      resume: () => this.#whileThereIsAGroup('resume'),
      seek: ({ topic, partition, offset }: { topic: string; partition: number; offset: string }) =>
        this.#whileThereIsAGroup(`seek ${topic}/${partition}@${offset}`),
      commitOffsets: async (offsets: readonly { topic: string; partition: number; offset: string }[]) => {
        if (!this.running) return;
        this.calls.push(`commit ${offsets.map(one => `${one.topic}/${one.partition}@${one.offset}`).join(' ')}`);
        this.emit('COMMIT_OFFSETS', {});
      },
      disconnect: () => {
        this.calls.push('disconnect');
        return this.disconnected;
      },
    };
    const client = {
      consumer: ({ retry, partitionAssigners, groupId }: ConsumerConfig) => {
        this.restartOnFailure = retry?.restartOnFailure;
        const cluster = this.#cluster as unknown as Cluster;
        this.#assigner = partitionAssigners?.[0]?.({ cluster, groupId, logger: {} as Logger });
        return consumer;
      },
    };
    return client as unknown as Kafka;
  }

  /** As kafkajs does: synchronously, and what the listener throws comes out here. */
  emit(name: string, payload: unknown): void {
    this.#listeners.get(name)?.({ payload });
  }

  /** Looks for the coordinator, as before each request to join. */
  findCoordinator(): Promise<{ heartbeat(): Promise<void>; syncGroup(): Promise<void> }> {
    return this.#cluster.findGroupCoordinator();
  }

  /** Sends a heartbeat, as after a fetch. */
  async beat(): Promise<void> {
    await this.#coordinator?.heartbeat();
    this.emit('HEARTBEAT', {});
  }

  /** Sends what ends a join. */
  sync(): void {
    void this.#coordinator?.syncGroup();
  }

  /** Sends a request to join: what the member says of itself. */
  requestToJoin(): void {
    this.#assigner?.protocol({ topics: ['t'] });
  }

  /** A request to join and its good end. */
  join(assignment: Readonly<Record<string, readonly number[]>>): void {
    void this.findCoordinator();
    this.requestToJoin();
    this.sync();
    this.emit('GROUP_JOIN', { memberAssignment: assignment, memberId: this.memberId });
  }

  /** Hands a batch of records with the offsets from `first` to the handler. */
  async batch(topic: string, partition: number, first: number, count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, index): KafkaMessage => {
      const offset = String(first + index);
      return { key: null, value: null, timestamp: '0', attributes: 0, offset, headers: {} };
    });
    const lastOffset = String(first + count - 1);
    const batch = { topic, partition, messages, highWatermark: '1000', lastOffset: () => lastOffset };
    const resolveOffset = (offset: string) => this.resolved.push(`${topic}/${partition}@${offset}`);
    await this.#run.eachBatch?.({ batch, resolveOffset, isStale: () => this.stale } as unknown as EachBatchPayload);
  }

  /** Between a stop and the next start there is no group: kafkajs throws (consumer/index.js, pause). */
  #whileThereIsAGroup(call: string): void {
    if (!this.running) throw new Error('Consumer group was not initialized, consumer#run must be called first');
    this.calls.push(call);
  }
}
