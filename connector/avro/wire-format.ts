/** Confluent's wire format: a zero byte, the schema's id in four bytes, the value. So many bytes stand before the value. */
export const frameBytes = 5;

/** The schema's id of a value in the wire format, or null where it is in no such format. Ids begin at 1. */
export function schemaIdOf(bytes: Uint8Array): number | null {
  if (bytes.length < frameBytes || bytes[0] !== 0) return null;
  const id = new DataView(bytes.buffer, bytes.byteOffset).getInt32(1);
  return id > 0 ? id : null;
}
