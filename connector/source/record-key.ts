import { isUtf8 } from 'node:buffer';
import avro from 'avsc';
import { AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { compileReader } from '../avro/reader.ts';

/** A longer key is no order number: it is not read as JSON. */
const jsonKeyBytesMax = 4_096;
const openingBrace = 0x7b;
/** `{"merchant_biz_no":"A1"}` or `{"id":17}`: what JsonConverter writes of a key with one field. */
const onlyMember = /^\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:("(?:[^"\\]|\\.)*")|(-?\d{1,30}))\s*\}\s*$/;

/**
 * The text of a key that was written as plain text, or as JSON with one text or integer, else null: the text of a Struct, any
 * other JSON and bytes are no order number. See {@link keyProblem} for why.
 */
export function plainKeyText(key: Uint8Array): string | null {
  const text = textOf(key);
  if (text === null || key[0] === openingBrace) return text === null ? null : onlyMemberOf(text);
  return isStruct(text) ? null : text;
}

/** Why a key without a schema gives no text; the words follow "the record's key". Null where it does not tell. */
export function keyProblem(key: Uint8Array): string | null {
  const text = textOf(key);
  if (text === null) return null;
  if (isStruct(text)) {
    return 'is the text of a Struct: take the order number out of it with the transform ExtractField$Key';
  }
  if (key[0] !== openingBrace) return null;
  return 'is JSON with more than the order number: use ExtractField$Key and StringConverter for the key';
}

function textOf(key: Uint8Array): string | null {
  if (key.length === 0 || !isUtf8(key)) return null;
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8');
  return /\p{Cc}/u.test(text) ? null : text;
}

/** Kafka Connect's `Struct.toString`, as StringConverter writes it. */
function isStruct(text: string): boolean {
  return text.startsWith('Struct{') && text.endsWith('}');
}

function onlyMemberOf(text: string): string | null {
  if (text.length > jsonKeyBytesMax) return null;
  const [, quoted, digits] = onlyMember.exec(text) ?? [];
  if (quoted === undefined) return digits ?? null;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return null;
  }
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
