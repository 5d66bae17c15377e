import type { Kafka } from 'kafkajs';
import { openRawCluster, type RawRequest } from './raw-request.ts';
import { int16, int32 } from './wire.ts';

/** A topic to be made. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

const timeoutMs = 5_000;

/**
 * What the broker says against a topic, in its own words: kafkajs gives only its own text for the error's number. The topic is
 * not made. Null where the broker has nothing against it, or no words.
 */
export async function objectionTo(plan: TopicPlan, kafka: Kafka): Promise<string | null> {
  const cluster = openRawCluster(kafka);
  try {
    const said = await cluster.ask(validationOf(plan));
    return said === '' ? null : said;
  } finally {
    await cluster.close();
  }
}

/** CreateTopics that only validates; gives the broker's words, empty where there are none. */
export function validationOf({ topic, partitions, replicationFactor, config }: TopicPlan): RawRequest<string> {
  const entries = Object.entries(config);
  return {
    name: 'CreateTopics',
    apiKey: 19,
    versions: { least: 2, most: 4 },
    body: () => [
      ...[int32(1), topic, int32(partitions), int16(replicationFactor)],
      // No assignment of replicas to brokers.
      int32(0),
      ...[int32(entries.length), ...entries.flat()],
      ...[int32(timeoutMs), true],
    ],
    read: answer => {
      answer.int32();
      const [objection = ''] = answer.list(() => {
        answer.text();
        return answer.int16() === 0 ? '' : answer.text();
      });
      return objection;
    },
  };
}
