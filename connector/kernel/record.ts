import type { Position } from './position.ts';
import type { Instant } from './time.ts';

/** A Kafka record as it was read: bytes untouched. `null` as value is a tombstone. */
export interface SourceRecord extends Position {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** The record's own time. */
  readonly timestamp: Instant;
  readonly headers: readonly RecordHeader[];
  /** Why its batch cannot be decompressed; then key, value and headers are empty. Absent of every other record. */
  readonly unreadable?: string;
  /** The record has a value that is not here: it was too large for the journal, and lies in the source topic at this position. */
  readonly valueOmitted?: true;
  /** Absent where nothing is traced: then it costs nothing. */
  readonly trace?: Trace;
}

/** One header; names may repeat. */
export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array;
}

/**
 * Follows a record's way for whoever traces it. It travels with the record; the flow tells it how the way ends, and the log
 * names its id.
 */
export interface Trace {
  /** The trace-id of W3C Trace Context: 32 hexadecimal digits. Null until an attempt is made of it, or something else is told. */
  readonly traceId: string | null;
  /** It is accounted for, in the words of the flow: `detail` is the reason of a skip, else the last answer's result code, or null. */
  settled(outcome: string, detail: string | null): void;
  /** Its delivery is owed: it is at rest until the next attempt, here or wherever its partition is by then. */
  parked(): void;
  /** It took the place of an older one, which may be sent no more. */
  tookPlaceOf(older: Trace): void;
}
