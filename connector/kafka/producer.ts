import { type Kafka, Partitioners } from 'kafkajs';
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
  close(): Promise<void>;
}

/** A producer that connects with its first record. */
export function openProducer(kafka: Kafka): RecordProducer {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    // The hash of Java's clients; named, since kafkajs warns where it is not.
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 3 },
  });
  let connected: Promise<void> | null = null;
  return {
    async write(record) {
      connected ??= producer.connect();
      try {
        await connected;
      } catch (error) {
        connected = null;
        throw error;
      }
      const acknowledged = await producer.send({
        topic: record.topic,
        acks: -1,
        messages: [
          {
            key: bufferOf(record.key),
            value: bufferOf(record.value),
            headers: headersOf(record.headers),
            ...(record.partition === null ? {} : { partition: record.partition }),
          },
        ],
      });
      // kafkajs leaves out a record for a partition that it does not know of, without a word (producer/sendMessages.js).
      if (acknowledged.length === 0) throw new Error(`${record.topic} has no partition ${record.partition}`);
    },
    close: () => producer.disconnect(),
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
