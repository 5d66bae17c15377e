import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { RecordHeader, SourceRecord } from '../kernel/record.ts';
import { instant } from '../kernel/time.ts';

/** A record of kafkajs as ours: bytes untouched. */
export function sourceRecordOf({ topic, partition }: Batch, message: KafkaMessage): SourceRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    timestamp: instant(Number(message.timestamp)),
    headers: message.headers === undefined ? [] : headersOf(message.headers),
  };
}

function headersOf(headers: IHeaders): RecordHeader[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().flatMap(value => {
      const bytes = bytesOf(value);
      return bytes === null ? [] : [{ name, value: bytes }];
    }),
  );
}

/**
 * The bytes of a header's value. A header may have none (kafkajs' types do not say so), which kafkajs cannot write: it becomes
 * an empty one. Null for what is no value: under a name like `constructor` kafkajs finds what every object has.
 */
function bytesOf(value: unknown): Uint8Array | null {
  if (value === null) return Buffer.alloc(0);
  if (typeof value === 'string') return Buffer.from(value);
  return value instanceof Uint8Array ? value : null;
}
