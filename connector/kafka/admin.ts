import type { Admin, Kafka } from 'kafkajs';
import { Fault } from '../kernel/fault.ts';
import { scrub } from '../kernel/mask.ts';
import { type Offset, type PartitionKey, partitionKey } from '../kernel/position.ts';
import type { Clock, DurationMs } from '../kernel/time.ts';
import { brokerFault } from './broker-fault.ts';
import { objectionTo, type TopicPlan } from './inspection/create-topic.ts';

/** Where a partition begins and ends, and how far a group has come in it. */
export interface PartitionOffsets {
  /** The first offset that is still there. */
  readonly low: Offset;
  /** The offset behind the last record. */
  readonly end: Offset;
  /** The next offset to read; null where the group never committed one. */
  readonly committed: Offset | null;
}

/** Looks at topics and makes them. */
export interface TopicAdmin {
  /**
   * The partition count of each topic. Waits while brokers do not answer or a topic does not exist yet (Debezium makes it
   * with its first record); `onWaiting` is told why, at each try. Rejects when the broker refuses us or the signal is aborted.
   */
  waitForTopics(
    topics: readonly string[],
    signal: AbortSignal,
    onWaiting: (fault: Fault) => void,
  ): Promise<ReadonlyMap<string, number>>;
  /** Those of the topics that exist. Throws a {@link Fault}. */
  existing(topics: readonly string[]): Promise<ReadonlySet<string>>;
  /** Makes the topic where it is missing; gives its partition count. Throws a {@link Fault}. */
  ensureTopic(plan: TopicPlan): Promise<number>;
  /** Gives a topic so many partitions, where it has fewer; its records stay where they are. Throws a {@link Fault}. */
  growTopic(topic: string, partitions: number): Promise<void>;
  /** A setting of a topic; null where the broker knows none of that name. Throws a {@link Fault}. */
  settingOf(topic: string, name: string): Promise<string | null>;
  /** The partitions of topics as they are now; those without a leader are left out. Throws a {@link Fault}. */
  offsetsOf(groupId: string, topics: readonly string[]): Promise<ReadonlyMap<PartitionKey, PartitionOffsets>>;
  close(): Promise<void>;
}

const pollMs: DurationMs = 1_000;
const lookAgainMs: DurationMs = 100;
const looksMax = 50;
/** Kafka's number of a topic among the kinds that have settings; Node does not find kafkajs' name of it. */
const topicResource = 2;

/** Opens the administration; it connects with its first call. `objection` tells what the broker has against a topic. */
export function openAdmin(kafka: Kafka, clock: Clock, objection = objectionTo): TopicAdmin {
  const admin = kafka.admin({ retry: { retries: 2 } });
  return {
    async waitForTopics(topics, signal, onWaiting) {
      const stopped = abortOf(signal);
      while (!signal.aborted) {
        // kafkajs cannot be interrupted, and takes its time where nobody answers.
        const found = await Promise.race([countsOrFault(admin, topics), stopped]);
        if (found === null) break;
        if (found instanceof Map) return found;
        if (found.code === 'KAFKA_REFUSED') throw found;
        onWaiting(found);
        await clock.sleep(pollMs, signal);
      }
      throw new Fault('KAFKA_UNREACHABLE', { detail: 'stopped while waiting for the source topics' });
    },
    async existing(topics) {
      try {
        await admin.connect();
        const all = new Set(await admin.listTopics());
        return new Set(topics.filter(topic => all.has(topic)));
      } catch (error) {
        throw brokerFault(error);
      }
    },
    async ensureTopic(plan) {
      const existing = await countsOrFault(admin, [plan.topic]);
      if (existing instanceof Map) return existing.get(plan.topic) ?? plan.partitions;
      if (existing.code !== 'TOPIC_MISSING') throw existing;
      try {
        await admin.connect();
        await admin.createTopics({
          waitForLeaders: true,
          topics: [
            {
              topic: plan.topic,
              numPartitions: plan.partitions,
              replicationFactor: plan.replicationFactor,
              configEntries: Object.entries(plan.config).map(([name, value]) => ({ name, value })),
            },
          ],
        });
      } catch (error) {
        const fault = brokerFault(error);
        if (fault.code !== 'KAFKA_REFUSED') throw fault;
        const said = await objection(plan, kafka).catch(() => null);
        throw refusalOf(plan, fault, said);
      }
      for (let looks = 1; ; looks++) {
        const found = await countsOrFault(admin, [plan.topic]);
        if (found instanceof Map) return found.get(plan.topic) ?? plan.partitions;
        // Another instance made it a moment ago: the controller knows of it, the broker that was asked does not yet.
        if (found.code !== 'TOPIC_MISSING' || looks === looksMax) throw found;
        await clock.sleep(lookAgainMs);
      }
    },
    async growTopic(topic, partitions) {
      const count = async () => {
        const found = await countsOrFault(admin, [topic]);
        if (!(found instanceof Map)) throw found;
        return found.get(topic) ?? 0;
      };
      try {
        await admin.connect();
        await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
      } catch (error) {
        // Another instance did it a moment ago.
        if ((await count()) < partitions) throw brokerFault(error);
      }
      for (let looks = 1; (await count()) < partitions; looks++) {
        if (looks === looksMax) throw new Fault('KAFKA_UNREACHABLE', { detail: `${topic} has no new partitions yet` });
        await clock.sleep(lookAgainMs);
      }
    },
    async settingOf(topic, name) {
      try {
        await admin.connect();
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: topicResource, name: topic, configNames: [name] }],
        });
        return resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue ?? null;
      } catch (error) {
        throw brokerFault(error);
      }
    },
    async offsetsOf(groupId, topics) {
      try {
        await admin.connect();
        const committed = await committedIn(admin, groupId, topics);
        const ends = await Promise.all(topics.map(topic => admin.fetchTopicOffsets(topic)));
        return new Map(
          topics.flatMap((topic, index) =>
            (ends[index] ?? []).map(({ partition, low, high }) => {
              const key = partitionKey(topic, partition);
              return [key, { low: BigInt(low), end: BigInt(high), committed: committed.get(key) ?? null }] as const;
            }),
          ),
        );
      } catch (error) {
        throw brokerFault(error);
      }
    },
    close: () => admin.disconnect(),
  };
}

function refusalOf({ topic, partitions }: TopicPlan, fault: Fault, said: string | null): Fault {
  const isRight = fault.detail.includes('uthoriz');
  return new Fault('KAFKA_REFUSED', {
    detail: `topic ${topic} cannot be created: ${scrub((said ?? fault.detail).slice(0, 500))}`,
    ...(!isRight && {
      remedy: `create it yourself with ${partitions} partitions, as the brokers allow it, or change its settings`,
    }),
    cause: fault.cause,
  });
}

async function committedIn(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<Map<PartitionKey, Offset>> {
  const found = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return new Map(
    found.flatMap(({ topic, partitions }) =>
      // -1 is Kafka's word for none; -2 is what kafkajs commits for "the earliest" after an offset out of range.
      partitions.flatMap(({ partition, offset }) =>
        BigInt(offset) < 0n ? [] : [[partitionKey(topic, partition), BigInt(offset)] as const],
      ),
    ),
  );
}

function abortOf(signal: AbortSignal): Promise<null> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(null), { once: true }));
}

async function countsOrFault(admin: Admin, topics: readonly string[]): Promise<Map<string, number> | Fault> {
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(topic => !existing.has(topic));
    if (missing.length > 0) return new Fault('TOPIC_MISSING', { detail: missing.join(', ') });
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  } catch (error) {
    return brokerFault(error);
  }
}
