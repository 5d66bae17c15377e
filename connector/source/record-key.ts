import { isUtf8 } from 'node:buffer';
import avro from 'avsc';
import { AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { compileReader } from '../avro/reader.ts';

/** The text of a key that was written as plain text, else null. */
export function plainKeyText(key: Uint8Array): string | null {
  if (key.length === 0 || !isUtf8(key)) return null;
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8');
  return /\p{Cc}/u.test(text) ? null : text;
}

/** The text of an Avro key, read from byte `start`; null where it has none. Never throws. */
export type KeyText = (key: Uint8Array, start: number) => string | null;

/** Compiles a key's schema: a text, an integer or a decimal has a text, bare or as the only field of a record. */
export function compileKeyText(type: avro.Type): KeyText {
  const read = compileReader(onlyFieldOf(type) ?? type);
  return (key, start) => {
    try {
      const cursor = new AvroCursor(key, start);
      const value = read(cursor);
      const isText = typeof value === 'string' || typeof value === 'bigint';
      return isText && cursor.left === 0 ? String(value) : null;
    } catch (error) {
      // The key is only a name for the row: the change itself does not need it.
      if (error instanceof MalformedAvro || error instanceof RangeError) return null;
      throw error;
    }
  };
}

function onlyFieldOf(type: avro.Type): avro.Type | null {
  return type instanceof avro.types.RecordType && type.fields.length === 1 ? (type.fields[0]?.type ?? null) : null;
}
