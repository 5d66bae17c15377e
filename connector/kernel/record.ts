import type { Position } from './position.ts';
import type { Instant } from './time.ts';

/** A Kafka record as it was read: bytes untouched. `null` as value is a tombstone. */
export interface SourceRecord extends Position {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** The record's own time. */
  readonly timestamp: Instant;
  readonly headers: readonly RecordHeader[];
}

/** One header; names may repeat. */
export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array;
}
