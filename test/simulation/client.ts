import {
  type Assigner,
  AssignerProtocol,
  type Consumer,
  type ConsumerConfig,
  type EachBatchPayload,
  type Kafka,
} from 'kafkajs';
import type { Offset, PartitionKey } from '../../connector/kernel/position.ts';
import { partitionKey, splitPartitionKey } from '../../connector/kernel/position.ts';
import type { DurationMs, MonotonicMs } from '../../connector/kernel/time.ts';
import { monotonic } from '../../connector/kernel/time.ts';
import type { SeededRandom } from '../support/flow-world.ts';
import type { Fetched, SimulatedBroker } from './broker.ts';
import type { Coordinator } from './group.ts';

/** What a client of the brokers runs on. */
export interface ClientHost {
  readonly random: SeededRandom;
  readonly broker: SimulatedBroker;
  readonly coordinator: Coordinator;
  monotonic(): MonotonicMs;
  /** Comes back later where the process stands still, and never where it is dead. */
  sleep(duration: DurationMs): Promise<void>;
  /** Throws where the brokers refuse a commit by chance. */
  checkCommit(): void;
  committed(key: PartitionKey, offset: Offset): void;
  /** How many records a fetch of a partition gives at most. */
  fetchMost(key: PartitionKey): number;
  /** The member id that the coordinator gave to this instance. */
  named(memberId: string): void;
}

type Topics = { readonly topic: string; readonly partitions: readonly number[] }[];
type Named = Readonly<Record<string, readonly number[]>>;

/** The keys of an assignment in the group's own protocol. */
export function keysOfAssignment(assignment: Buffer): readonly PartitionKey[] {
  const topics: Named = AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {};
  return Object.entries(topics).flatMap(([topic, numbers]) => numbers.map(number => partitionKey(topic, number)));
}

/** What kafkajs' consumer does, as far as `connector/kafka` can tell: joins, heartbeats, fetches and commits. */
export class SimulatedConsumer {
  readonly events = {
    FETCH: 'fetch',
    HEARTBEAT: 'heartbeat',
    COMMIT_OFFSETS: 'commit',
    REBALANCING: 'rebalancing',
    GROUP_JOIN: 'join',
    START_BATCH_PROCESS: 'batch',
    STOP: 'stop',
    CRASH: 'crash',
  };
  readonly paused = new Set<PartitionKey>();
  readonly #host: ClientHost;
  readonly #config: ConsumerConfig;
  readonly #cluster: {
    findGroupCoordinator(group: object): Promise<object>;
    findTopicPartitionMetadata(topic: string): readonly object[];
  };
  readonly #assigner: Assigner;
  readonly #listeners = new Map<string, (event: { readonly payload: object }) => void>();
  #topics: string[] = [];
  #eachBatch: (payload: EachBatchPayload) => Promise<void> = async () => undefined;
  #memberId: string | null = null;
  #generation = -1;
  #joined = false;
  /** The coordinator, as the connector gave it back. */
  #beats: object = {};
  #closing = false;
  #beatAt: MonotonicMs = monotonic(0);
  #assigned: readonly PartitionKey[] = [];
  /** Where each partition is read next; not known before its commit was asked for. */
  readonly #positions = new Map<PartitionKey, Offset>();

  constructor(host: ClientHost, config: ConsumerConfig) {
    this.#host = host;
    this.#config = config;
    this.#cluster = {
      findGroupCoordinator: async () => this.#coordinator(),
      findTopicPartitionMetadata: topic => Array.from({ length: host.broker.partitionCount(topic) }, () => ({})),
    };
    const [make] = config.partitionAssigners ?? [];
    if (make === undefined) throw new Error('there is no assigner');
    this.#assigner = make({ cluster: this.#cluster, groupId: config.groupId } as unknown as Parameters<typeof make>[0]);
  }

  on(event: string, listener: (event: { readonly payload: object }) => void): void {
    this.#listeners.set(event, listener);
  }

  async connect(): Promise<void> {}

  async subscribe({ topics }: { readonly topics: string[] }): Promise<void> {
    this.#topics = topics;
  }

  async run({ eachBatch }: { readonly eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void> {
    this.#eachBatch = eachBatch;
    void this.#work();
  }

  pause(topics: Topics): void {
    for (const key of keysIn(topics)) this.paused.add(key);
  }

  resume(topics: Topics): void {
    for (const key of keysIn(topics)) this.paused.delete(key);
  }

  seek({
    topic,
    partition,
    offset,
  }: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
  }): void {
    this.#positions.set(partitionKey(topic, partition), BigInt(offset));
  }

  async commitOffsets(offsets: readonly { topic: string; partition: number; offset: string }[]): Promise<void> {
    const { host, memberId } = this.#inGroup();
    if (memberId === null) return;
    const generation = this.#generation;
    await this.#net();
    host.checkCommit();
    host.coordinator.checkCommit(memberId, generation);
    for (const { topic, partition, offset } of offsets) host.committed(partitionKey(topic, partition), BigInt(offset));
    await this.#net();
    this.#emit('commit', {});
  }

  async disconnect(): Promise<void> {
    this.#closing = true;
    this.#joined = false;
    if (this.#memberId !== null) this.#host.coordinator.leave(this.#memberId);
    this.#emit('stop', {});
  }

  async #work(): Promise<void> {
    while (!this.#closing) {
      try {
        if (!this.#joined) await this.#join();
        await this.#host.sleep(3 + this.#host.random.below(12));
        await this.#beat();
        for (const key of this.#assigned) await this.#fetch(key);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    const type = error instanceof Error && 'type' in error ? error.type : null;
    this.#joined = false;
    if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = null;
    else if (type === 'REBALANCE_IN_PROGRESS' || type === 'ILLEGAL_GENERATION') this.#emit('rebalancing', {});
    else {
      this.#closing = true;
      this.#emit('crash', { restart: false, error });
    }
  }

  /** kafkajs, consumerGroup.js: JOIN and SYNC. */
  async #join(): Promise<void> {
    const { coordinator } = this.#host;
    const groupId = this.#config.groupId;
    const requests = await this.#cluster.findGroupCoordinator({ groupId });
    const { metadata } = this.#assigner.protocol({ topics: this.#topics });
    await this.#net();
    const joined = await coordinator.join(this.#memberId, metadata);
    await this.#net();
    this.#memberId = joined.memberId;
    this.#generation = joined.generation;
    const isLeader = joined.members.length > 0;
    const members = [...joined.members];
    const shares = isLeader ? await this.#assigner.assign({ members, topics: this.#topics }) : [];
    const syncGroup: unknown = Reflect.get(requests, 'syncGroup');
    if (typeof syncGroup !== 'function') throw new Error('no such request');
    const assignment: Buffer = await syncGroup({ groupAssignment: shares });
    this.#assigned = keysOfAssignment(assignment);
    this.#beats = requests;
    this.#beatAt = this.#host.monotonic();
    this.#positions.clear();
    this.#host.named(joined.memberId);
    this.#joined = true;
    const named = AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {};
    this.#emit('join', { memberId: joined.memberId, memberAssignment: named });
  }

  /** Its requests are those that the connector listens in on. */
  #coordinator(): object {
    return {
      heartbeat: async () => {
        await this.#net();
        this.#host.coordinator.heartbeat(this.#memberId ?? '', this.#generation);
        await this.#net();
      },
      syncGroup: async ({ groupAssignment }: { readonly groupAssignment: Parameters<Coordinator['sync']>[2] }) => {
        await this.#net();
        const share = await this.#host.coordinator.sync(this.#memberId ?? '', this.#generation, groupAssignment);
        await this.#net();
        return share;
      },
    };
  }

  async #beat(): Promise<void> {
    const now = this.#host.monotonic();
    if (now - this.#beatAt < (this.#config.heartbeatInterval ?? 0)) return;
    const heartbeat: unknown = Reflect.get(this.#beats, 'heartbeat');
    if (typeof heartbeat === 'function') await heartbeat({});
    this.#beatAt = now;
    this.#emit('heartbeat', {});
  }

  async #fetch(key: PartitionKey): Promise<void> {
    if (this.paused.has(key) || this.#closing) return;
    const log = this.#host.broker.log(key);
    const known = this.#positions.get(key) ?? this.#host.broker.committed(key);
    // Out of range: from the beginning.
    const from = known === null || known > log.end ? log.low : known;
    this.#positions.set(key, from);
    const fetched = log.read(from, 1 + this.#host.random.below(this.#host.fetchMost(key)));
    if (fetched === null) return;
    await this.#net();
    this.#emit('fetch', {});
    // A fetch may be on its way when its partition is paused, or read from elsewhere.
    if (this.#positions.get(key) !== from || (this.paused.has(key) && this.#host.random.chance(0.5))) return;
    const batch = batchOf(key, fetched);
    if (fetched.records.length === 0) this.#emit('batch', { ...batch, batchSize: 0, lastOffset: batch.lastOffset() });
    else await this.#eachBatch(this.#payloadOf(key, from, batch));
    if (fetched.records.length === 0) this.#positions.set(key, fetched.lastOffset + 1n);
  }

  #payloadOf(key: PartitionKey, from: Offset, batch: ReturnType<typeof batchOf>): EachBatchPayload {
    return {
      batch,
      isStale: () => this.#positions.get(key) !== from,
      resolveOffset: (offset: string) => {
        if (this.#positions.get(key) === from) this.#positions.set(key, BigInt(offset) + 1n);
      },
    } as unknown as EachBatchPayload;
  }

  #inGroup() {
    return { host: this.#host, memberId: this.#joined ? this.#memberId : null };
  }

  #net(): Promise<void> {
    return this.#host.sleep(this.#host.random.below(3));
  }

  #emit(event: string, payload: object): void {
    this.#listeners.get(event)?.({ payload });
  }
}

/** What `openConsumer` is given for kafkajs. */
export function kafkaOver(host: ClientHost, made: (consumer: SimulatedConsumer) => void): Kafka {
  const kafka = {
    consumer: (config: ConsumerConfig) => {
      const consumer = new SimulatedConsumer(host, config);
      made(consumer);
      return consumer as unknown as Consumer;
    },
  };
  return kafka as unknown as Kafka;
}

function batchOf(key: PartitionKey, { records, lastOffset, end }: Fetched) {
  const messages = records.map(({ offset, at, ...record }) => ({ ...record, offset: `${offset}`, timestamp: `${at}` }));
  return { ...splitPartitionKey(key), messages, highWatermark: `${end}`, lastOffset: () => `${lastOffset}` };
}

function keysIn(topics: Topics): readonly PartitionKey[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map(partition => partitionKey(topic, partition)));
}
