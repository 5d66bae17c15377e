import type { Admin, Kafka } from 'kafkajs';
import { Fault } from '../kernel/fault.ts';
import type { Clock, DurationMs } from '../kernel/time.ts';
import { brokerFault } from './broker-fault.ts';

/** A topic to be made. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
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
  /** Makes the topic where it is missing; gives its partition count. Throws a {@link Fault}. */
  ensureTopic(plan: TopicPlan): Promise<number>;
  /**
   * Whether the group ever committed an offset of these topics. Waits while its coordinator cannot tell (it loads its memory
   * at first); rejects when the broker refuses us or the signal is aborted.
   */
  hasCommitted(groupId: string, topics: readonly string[], signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

const pollMs: DurationMs = 1_000;

/** Opens the administration; it connects with its first call. */
export function openAdmin(kafka: Kafka, clock: Clock): TopicAdmin {
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
        throw brokerFault(error);
      }
      const found = await countsOrFault(admin, [plan.topic]);
      if (!(found instanceof Map)) throw found;
      return found.get(plan.topic) ?? plan.partitions;
    },
    async hasCommitted(groupId, topics, signal) {
      for (;;) {
        try {
          await admin.connect();
          const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
          // -1 is Kafka's word for none.
          return committed.some(({ partitions }) => partitions.some(({ offset }) => offset !== '-1'));
        } catch (error) {
          const fault = brokerFault(error);
          if (fault.code === 'KAFKA_REFUSED' || signal.aborted) throw fault;
          await clock.sleep(pollMs, signal);
        }
      }
    },
    close: () => admin.disconnect(),
  };
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
