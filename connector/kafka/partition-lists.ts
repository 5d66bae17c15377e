import { type PartitionKey, partitionKey, splitPartitionKey } from '../kernel/position.ts';

/** The keys of an assignment in kafkajs' form: partitions by topic. */
export function keysOf(assignment: Readonly<Record<string, readonly number[]>>): PartitionKey[] {
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map(partition => partitionKey(topic, partition)),
  );
}

/** Keys in the form that kafkajs' `pause` and `resume` take. */
export function topicPartitions(keys: readonly PartitionKey[]): { topic: string; partitions: number[] }[] {
  const byTopic = Map.groupBy(keys.map(splitPartitionKey), ({ topic }) => topic);
  return [...byTopic].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition }) => partition),
  }));
}
