import avro from 'avsc';
import { annotatingHook } from '../../connector/avro/annotated-type.ts';

/** A schema as JSON. */
export type SchemaJson = avro.Schema;

/**
 * avsc's type of a schema, for writing. Values are avsc's own, but longs are bigints of all 64 bits: bytes are Buffers, a
 * decimal is its bytes.
 */
export function encoderOf(schema: SchemaJson): avro.Type {
  return avro.Type.forSchema(structuredClone(schema), { typeHook: bigintLongs });
}

/** A schema's type as the source room has it, for reading. */
export function readableType(schema: unknown): avro.Type {
  return avro.Type.forSchema(structuredClone(schema) as SchemaJson, { typeHook: annotatingHook() });
}

/** Confluent's wire format: a zero byte, the schema's id, the value. */
export function framed(schemaId: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(schemaId, 1);
  return Buffer.concat([head, value]);
}

// A hook, not `registry: { long }`: avsc writes each record it meets into that object, and the next schema with a record of
// the same name fails ("duplicate type name", kafkajs/confluent-schema-registry#75).
function bigintLongs(schema: SchemaJson): avro.Type | undefined {
  const { type = schema }: { readonly type?: unknown } = Object(schema);
  return type === 'long' ? bigintLong : undefined;
}

const bigintLong = avro.types.LongType.__with({
  // Strict: a number taken for a long makes every union of null and long ambiguous.
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toJSON: Number,
  fromJSON: BigInt,
  compare: (a: bigint, b: bigint) => Number(a > b) - Number(a < b),
});
