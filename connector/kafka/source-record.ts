import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { RecordHeader, SourceRecord } from '../kernel/record.ts';
import { instant } from '../kernel/time.ts';
import { problemIn } from './compression/unreadable-batch.ts';

/** A record of kafkajs as ours: bytes untouched. */
export function sourceRecordOf({ topic, partition }: Batch, message: KafkaMessage): SourceRecord {
  const where = { topic, partition, offset: BigInt(message.offset), timestamp: instant(Number(message.timestamp)) };
  const unreadable = problemIn(message.headers);
  // Not null: it is no tombstone.
  if (unreadable !== undefined) return { ...where, key: null, value: Buffer.alloc(0), headers: [], unreadable };
  const headers = message.headers === undefined ? [] : headersOf(message.headers);
  return { ...where, key: message.key, value: message.value, headers };
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
