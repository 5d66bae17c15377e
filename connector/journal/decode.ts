import { isUtf8 } from 'node:buffer';
import type avro from 'avsc';
import { AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { compileReader, type Reader } from '../avro/reader.ts';
import { frameBytes, schemaIdOf } from '../avro/wire-format.ts';
import type { JournalEntry } from '../flow/ports.ts';
import { Fault } from '../kernel/fault.ts';
import type { SourceRecord } from '../kernel/record.ts';
import { type MerchantBizNo, merchantBizNo } from '../order/change.ts';
import type { Resolved, SchemaLookup } from '../registry/registry.ts';
import { entryOf, UnexpectedShape } from './entry.ts';

/** What a record of the journal says. */
export type Told =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'forgotten'; readonly order: MerchantBizNo }
  /** The fault tells where and why, and holds nothing of the record. */
  | { readonly kind: 'unreadable'; readonly fault: Fault };

/** Reads records of the journal, whatever registered schema they were written with. */
export interface JournalDecoder {
  /**
   * Whatever the bytes are, there is an answer; a promise of it only while a schema's id is not known. Waits while the
   * registry does not answer, and rejects only when the signal is aborted, with its reason.
   */
  decode(record: SourceRecord, signal: AbortSignal): Told | Promise<Told>;
}

/** Makes a decoder of the journal's records. */
export function createJournalDecoder(registry: SchemaLookup): JournalDecoder {
  const readers = new WeakMap<avro.Type, Reader>();

  function readerOf(type: avro.Type): Reader {
    const known = readers.get(type);
    if (known !== undefined) return known;
    const fresh = compileReader(type);
    readers.set(type, fresh);
    return fresh;
  }

  function read(record: SourceRecord, value: Uint8Array, order: MerchantBizNo, schema: Resolved): Told {
    if (schema.kind === 'refused') return unreadable(record, schema.fault.detail);
    try {
      const cursor = new AvroCursor(value, frameBytes);
      const row = readerOf(schema.type)(cursor);
      if (cursor.left > 0) return unreadable(record, 'there are bytes behind the end');
      return { kind: 'entry', entry: entryOf(row, order) };
    } catch (error) {
      if (error instanceof MalformedAvro || error instanceof UnexpectedShape) return unreadable(record, error.message);
      // A schema that contains itself lets bytes nest deeper than the stack.
      if (error instanceof RangeError) return unreadable(record, 'its values are out of range');
      throw error;
    }
  }

  return {
    decode(record, signal) {
      const { key, value } = record;
      if (key === null || key.length === 0 || !isUtf8(key)) return unreadable(record, 'its key is no order id');
      const order = merchantBizNo(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8'));
      if (value === null) return { kind: 'forgotten', order };
      const id = schemaIdOf(value);
      if (id === null) return unreadable(record, "its value is not in Confluent's wire format");
      const schema = registry.typeOf(id);
      if (schema !== undefined) return read(record, value, order, schema);
      return registry.resolve(id, signal).then(resolved => read(record, value, order, resolved));
    },
  };
}

function unreadable(at: SourceRecord, detail: string): Told {
  return { kind: 'unreadable', fault: new Fault('JOURNAL_UNREADABLE', { at, detail }) };
}
