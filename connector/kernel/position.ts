/** An offset in a Kafka partition: 64 bits. */
export type Offset = bigint;

/** Where a record lies. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
}

/** A topic and a partition, as one map key: `topic/partition`. Kafka allows no slash in a topic's name. */
export type PartitionKey = `${string}/${number}`;

/** The map key of a topic's partition. */
export function partitionKey(topic: string, partition: number): PartitionKey {
  return `${topic}/${partition}`;
}

/** The topic and partition of a key made by {@link partitionKey}. */
export function splitPartitionKey(key: PartitionKey): { readonly topic: string; readonly partition: number } {
  const slash = key.lastIndexOf('/');
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) };
}

/** `topic/partition@offset`, for logs and errors. */
export function formatPosition(position: Position): string {
  return `${position.topic}/${position.partition}@${position.offset}`;
}
