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
    [values].flat().map(value => ({ name, value: bytesOf(value) })),
  );
}

/** A header may have no value (null, which kafkajs' types do not say); kafkajs cannot write one so: it becomes an empty one. */
function bytesOf(value: Buffer | string | null | undefined): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : (value ?? Buffer.alloc(0));
}
