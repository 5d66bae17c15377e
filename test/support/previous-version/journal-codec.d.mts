import type avro from 'avsc';
import type { JournalEntry } from '../../../connector/flow/ports.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import type { SchemaLookup } from '../../../connector/registry/registry.ts';

/** Keeps the annotations of a schema's types where this build's reader finds them. */
export function annotatingHook(): avro.ForSchemaOptions['typeHook'];

/** Writes entries as version 0.1 does. */
export class EntryEncoder {
  constructor(schemaId: number);
  encode(entry: JournalEntry): Buffer;
}

/** Reads records as version 0.1 does: an entry, a forgotten order, or a record that it skips. */
export function createJournalDecoder(registry: SchemaLookup): {
  decode(record: SourceRecord, signal: AbortSignal): PreviousReading | Promise<PreviousReading>;
};

/** What version 0.1 makes of a record. */
export type PreviousReading =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'forgotten'; readonly order: string }
  | { readonly kind: 'unreadable'; readonly fault: Error };
