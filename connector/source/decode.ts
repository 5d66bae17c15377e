import type avro from 'avsc';
import { AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { frameBytes, schemaIdOf } from '../avro/wire-format.ts';
import { Fault } from '../kernel/fault.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { RowChange } from '../kernel/row-change.ts';
import type { Instant } from '../kernel/time.ts';
import type { Resolved, SchemaLookup } from '../registry/registry.ts';
import { compileEnvelope, type Envelope, type EnvelopeReader, type Upkeep } from './envelope.ts';
import { frameProblem, schemaInHeader } from './framing.ts';
import { compileKeyText, keyProblem, plainKeyText } from './record-key.ts';
import { placeholderFilter } from './unavailable-value.ts';

/** What a record is. */
export type Decoded =
  | { readonly kind: 'change'; readonly change: RowChange }
  /** Not a row's change. */
  | { readonly kind: 'ignored'; readonly what: Upkeep }
  /** The fault tells what is wrong and where, and holds nothing of the row. */
  | { readonly kind: 'undecodable'; readonly fault: Fault };

/** Turns records into changes. */
export interface Decoder {
  /**
   * Whatever the bytes are, there is an answer; a promise of it only while a schema's id is not known. Waits while the
   * registry does not answer, and rejects only when the signal is aborted, with its reason.
   */
  decode(record: SourceRecord, signal: AbortSignal): Decoded | Promise<Decoded>;
}

/** How rows are read. */
export interface DecodeOptions {
  /** Debezium's `unavailable.value.placeholder`. */
  readonly placeholder?: string;
  /** Columns of the row before an update that are asked for; null or absent: none. */
  readonly earlierColumns?: ReadonlySet<string> | 'all' | null;
}

/** Makes a decoder of Debezium's envelopes: Avro in Confluent's wire format. */
export function createDecoder(registry: SchemaLookup, { placeholder, earlierColumns }: DecodeOptions = {}): Decoder {
  const options = {
    withoutPlaceholders: placeholderFilter(placeholder),
    earlierColumns: earlierColumns ?? null,
  };
  const envelopeOf = onceEach(type => compileEnvelope(type, options));
  const keyTextOf = onceEach(compileKeyText);

  function decode(record: SourceRecord, signal: AbortSignal): Decoded | Promise<Decoded> {
    const { value, headers } = record;
    if (record.unreadable !== undefined) return undecodable(record, record.unreadable);
    if (value === null) return { kind: 'ignored', what: 'tombstone' };
    const inHeader = headers.length === 0 ? null : schemaInHeader(headers, 'value');
    if (inHeader !== null) return undecodable(record, `the value ${inHeader}`);
    // Bytes without their schema's id are no text either.
    const key = headers.length === 0 || schemaInHeader(headers, 'key') === null ? record.key : null;
    const valueId = schemaIdOf(value);
    if (valueId === null) return undecodable(record, frameProblem(value));
    const keyId = key && schemaIdOf(key);
    const valueSchema = registry.typeOf(valueId);
    const keySchema = keyId === null ? null : registry.typeOf(keyId);
    if (valueSchema !== undefined && keySchema !== undefined) return decodeWith(record, value, valueSchema, keySchema);
    return decodeLater(record, value, valueId, keyId, signal);
  }

  async function decodeLater(
    record: SourceRecord,
    value: Uint8Array,
    valueId: number,
    keyId: number | null,
    signal: AbortSignal,
  ): Promise<Decoded> {
    const valueSchema = await registry.resolve(valueId, signal);
    const keySchema = keyId === null ? null : await registry.resolve(keyId, signal);
    return decodeWith(record, value, valueSchema, keySchema);
  }

  function decodeWith(
    record: SourceRecord,
    value: Uint8Array,
    valueSchema: Resolved,
    keySchema: Resolved | null,
  ): Decoded {
    if (valueSchema.kind === 'refused') return refused(record, valueSchema.fault);
    const envelope = readEnvelope(() => envelopeOf(valueSchema.type), value, record.timestamp);
    switch (envelope.kind) {
      case 'ignored':
        return envelope;
      case 'undecodable':
        return undecodable(record, envelope.problem);
      case 'change': {
        const { topic, partition, offset } = record;
        const { key: bytes, headers } = record;
        const inHeader = headers.length === 0 ? null : schemaInHeader(headers, 'key');
        const key = bytes && inHeader === null ? keyText(bytes, keySchema) : null;
        const change = { ...envelope.change, position: { topic, partition, offset }, key };
        if (key !== null || bytes === null || change.op !== 'delete') return { kind: 'change', change };
        const problem = inHeader ?? (keySchema === null ? keyProblem(bytes) : null);
        return { kind: 'change', change: problem === null ? change : { ...change, keyProblem: problem } };
      }
    }
  }

  function keyText(key: Uint8Array, schema: Resolved | null): string | null {
    if (schema === null) return plainKeyText(key);
    return schema.kind === 'refused' ? null : keyTextOf(schema.type)(key, frameBytes);
  }

  return { decode };
}

/** Compiles each schema once, however many records it has. */
function onceEach<T>(compile: (type: avro.Type) => T): (type: avro.Type) => T {
  const compiled = new WeakMap<avro.Type, T>();
  return type => {
    const known = compiled.get(type);
    if (known !== undefined) return known;
    const fresh = compile(type);
    compiled.set(type, fresh);
    return fresh;
  };
}

function readEnvelope(compiled: () => EnvelopeReader, value: Uint8Array, appendedAt: Instant): Envelope {
  try {
    return compiled()(new AvroCursor(value, frameBytes), appendedAt);
  } catch (error) {
    if (error instanceof MalformedAvro) {
      const hint = 'does the schema id belong to another registry, or is it a globalId of Apicurio?';
      return { kind: 'undecodable', problem: `not of its schema: ${error.message}; ${hint}` };
    }
    // A schema that contains itself lets bytes nest deeper than the stack, and so may the types of a schema.
    if (error instanceof RangeError)
      return { kind: 'undecodable', problem: 'its schema or its values nest too deeply' };
    throw error;
  }
}

function undecodable(at: SourceRecord, detail: string): Decoded {
  return { kind: 'undecodable', fault: new Fault('RECORD_UNDECODABLE', { at, detail }) };
}

function refused(at: SourceRecord, { code, detail }: Fault): Decoded {
  return { kind: 'undecodable', fault: new Fault(code, { at, detail }) };
}
