import type avro from 'avsc';
import { AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { frameBytes, schemaIdOf } from '../avro/wire-format.ts';
import { Fault } from '../kernel/fault.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { RowChange } from '../kernel/row-change.ts';
import type { Instant } from '../kernel/time.ts';
import type { Resolved, SchemaLookup } from '../registry/registry.ts';
import { compileEnvelope, type Envelope, type EnvelopeReader, type Upkeep } from './envelope.ts';
import { compileKeyText, plainKeyText } from './record-key.ts';

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

/** Makes a decoder of Debezium's envelopes: Avro in Confluent's wire format. */
export function createDecoder(registry: SchemaLookup): Decoder {
  const envelopeOf = onceEach(compileEnvelope);
  const keyTextOf = onceEach(compileKeyText);

  function decode(record: SourceRecord, signal: AbortSignal): Decoded | Promise<Decoded> {
    const { value, key } = record;
    if (record.unreadable !== undefined) return undecodable(record, record.unreadable);
    if (value === null) return { kind: 'ignored', what: 'tombstone' };
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
        const key = record.key && keyText(record.key, keySchema);
        return { kind: 'change', change: { ...envelope.change, position: { topic, partition, offset }, key } };
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

/** What stands in place of the wire format, and what to do about it. */
function frameProblem(value: Uint8Array): string {
  const [first] = value;
  if (first === undefined) return 'the value is empty';
  if (first === 0x7b || first === 0x5b) return "the value is JSON: set the connector's value.converter to Avro";
  if (first !== 0) return "the value is not in Confluent's wire format: it does not begin with a zero byte";
  if (value.length < frameBytes) return "the value is not in Confluent's wire format: it is too short for a schema id";
  return "the value's schema id is not positive: an Apicurio converter needs Legacy4ByteIdHandler and use-id contentId";
}
