import { type Kafka, type Message, Partitioners } from 'kafkajs';
import type { RecordHeader } from '../kernel/record.ts';

/** A record to be written. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Null leaves it to the key's hash. */
  readonly partition: number | null;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** Writes records. */
export interface RecordProducer {
  /** Resolves when all in-sync replicas have the record; rejects when they did not say so. */
  write(record: OutgoingRecord): Promise<void>;
  /** The same for several records of one topic, in one request to each broker that leads partitions of them. */
  writeAll(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * A producer that connects with its first record. It repeats a request up to `retries` times before it rejects; where something
 * must hold at each try, that is 0.
 */
export function openProducer(kafka: Kafka, retries = 3): RecordProducer {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    // The hash of Java's clients; named, since kafkajs warns where it is not.
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries },
  });
  let connected: Promise<void> | null = null;
  async function connect(): Promise<void> {
    connected ??= producer.connect();
    try {
      await connected;
    } catch (error) {
      connected = null;
      throw error;
    }
  }
  async function writeAll(records: readonly OutgoingRecord[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    await connect();
    const acknowledged = await producer.send({ topic: first.topic, acks: -1, messages: records.map(kafkaMessageOf) });
    // kafkajs leaves out a record for a partition that it does not know of, without a word (producer/sendMessages.js).
    const partitions = new Set(acknowledged.map(({ partition }) => partition));
    const lost = records.find(({ partition }) =>
      partition === null ? partitions.size === 0 : !partitions.has(partition),
    );
    if (lost !== undefined) throw new Error(`${lost.topic} has no partition ${lost.partition}`);
  }
  return { write: record => writeAll([record]), writeAll, close: () => producer.disconnect() };
}

/** A record as kafkajs takes it. */
export function kafkaMessageOf(record: OutgoingRecord): Message {
  return {
    key: bufferOf(record.key),
    value: bufferOf(record.value),
    headers: headersOf(record.headers),
    ...(record.partition === null ? {} : { partition: record.partition }),
  };
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function headersOf(headers: readonly RecordHeader[]): Record<string, Buffer[]> {
  const byName: Record<string, Buffer[]> = Object.create(null);
  for (const { name, value } of headers) {
    const values = byName[name] ?? [];
    values.push(Buffer.from(value));
    byName[name] = values;
  }
  return byName;
}

/** The partition that a key of plain text leads to, as Java's clients choose it, Debezium's among them. */
export function partitionOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 0 }));
  const message = { key: Buffer.from(key), value: null };
  return Partitioners.DefaultPartitioner()({ topic: '', partitionMetadata, message } as Parameters<
    ReturnType<typeof Partitioners.DefaultPartitioner>
  >[0]);
}
