import { isUtf8 } from 'node:buffer';
import type avro from 'avsc';
import { AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { compileReader, type Reader } from '../avro/reader.ts';
import { frameBytes, schemaIdOf } from '../avro/wire-format.ts';
import { Fault } from '../kernel/fault.ts';
import type { SourceRecord } from '../kernel/record.ts';
import { type MerchantBizNo, merchantBizNo } from '../order/change.ts';
import type { SchemaLookup } from '../registry/registry.ts';
import { entryOf, type ReadEntry, UnexpectedShape } from './entry.ts';
import { isClaimKey, type Provenance, provenanceIn } from './provenance.ts';
import { earliestJournalSchema, shippedSchemas, typeOfSchema } from './schema.ts';

/** What a record of the journal says. */
export type Told =
  /** `groupId`: of the connector that wrote it; null where version 0.1 did. */
  | { readonly kind: 'entry'; readonly entry: ReadEntry; readonly groupId: string | null }
  | { readonly kind: 'forgotten'; readonly order: MerchantBizNo; readonly groupId: string | null }
  /** It is not about an order: a claim of a partition. */
  | { readonly kind: 'claim' }
  /** The fault tells where and why, and holds nothing of the record. */
  | { readonly kind: 'unreadable'; readonly fault: Fault };

/** Reads records of the journal, of this version and of others. */
export interface JournalDecoder {
  /**
   * Whatever the bytes are, there is an answer. It is a promise only for the first record of a schema that is not shipped
   * with this version: a later version's, which the registry may know. Waits while the registry does not answer, and rejects
   * only when the signal is aborted, with its reason.
   */
  decode(record: SourceRecord, signal: AbortSignal): Told | Promise<Told>;
}

/** Makes a decoder of the journal's records. The registry is asked only for schemas that are not shipped with this version. */
export function createJournalDecoder(registry: SchemaLookup): JournalDecoder {
  const earliest = compileReader(typeOfSchema(earliestJournalSchema()));
  const shipped = new Map([...shippedSchemas()].map(([print, text]) => [print, compileReader(typeOfSchema(text))]));
  const registered = new WeakMap<avro.Type, Reader>();

  function readerOf(type: avro.Type): Reader {
    const known = registered.get(type);
    if (known !== undefined) return known;
    const fresh = compileReader(type);
    registered.set(type, fresh);
    return fresh;
  }

  /** By the schema that the registry has under the id in the record's frame. */
  function readRegistered(framed: Framed, signal: AbortSignal, problem: string): Told | Promise<Told> {
    const { record, value } = framed;
    const id = schemaIdOf(value);
    if (id === null) return unreadable(record, problem);
    const byId = (resolved: Awaited<ReturnType<SchemaLookup['resolve']>>) =>
      resolved.kind === 'refused'
        ? unreadable(record, `${problem}, and the registry: ${resolved.fault.detail}`)
        : read(framed, readerOf(resolved.type));
    const known = registry.typeOf(id);
    return known === undefined ? registry.resolve(id, signal).then(byId) : byId(known);
  }

  return {
    decode(record, signal) {
      const { key, value } = record;
      if (key === null || key.length === 0 || !isUtf8(key)) return unreadable(record, 'its key is no order id');
      if (isClaimKey(key)) return { kind: 'claim' };
      const order = merchantBizNo(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8'));
      const provenance = provenanceIn(record.headers);
      const groupId = provenance?.groupId ?? null;
      if (value === null) return { kind: 'forgotten', order, groupId };
      if (value.length < frameBytes || value[0] !== 0) {
        return unreadable(record, "its value is not in Confluent's wire format");
      }
      const framed = { record, value, order, groupId };
      const ours = provenance === null ? earliest : shipped.get(provenance.fingerprint);
      if (ours === undefined) return readRegistered(framed, signal, laterText(provenance));
      const told = read(framed, ours);
      // Something else than version 0.1 may have written it, with a schema that the registry has.
      if (told.kind !== 'unreadable' || provenance !== null) return told;
      return readRegistered(framed, signal, told.fault.detail);
    },
  };
}

/** A record's value in Confluent's wire format, and what else is known of the record. */
interface Framed {
  readonly record: SourceRecord;
  readonly value: Uint8Array;
  readonly order: MerchantBizNo;
  readonly groupId: string | null;
}

function read({ record, value, order, groupId }: Framed, reader: Reader): Told {
  try {
    const cursor = new AvroCursor(value, frameBytes);
    const row = reader(cursor);
    if (cursor.left > 0) return unreadable(record, 'there are bytes behind the end');
    return { kind: 'entry', entry: entryOf(row, order), groupId };
  } catch (error) {
    if (error instanceof MalformedAvro || error instanceof UnexpectedShape) return unreadable(record, error.message);
    // A schema that contains itself lets bytes nest deeper than the stack.
    if (error instanceof RangeError) return unreadable(record, 'its values are out of range');
    throw error;
  }
}

function laterText(provenance: Provenance | null): string {
  return `a later version of the connector wrote it (schema ${provenance?.fingerprint ?? 'unknown'})`;
}

function unreadable(at: SourceRecord, detail: string): Told {
  return { kind: 'unreadable', fault: new Fault('JOURNAL_UNREADABLE', { at, detail }) };
}
