// The one `node:` import of the inner rooms (allowed by name in the import rules): hashing is a pure function.
import { hash } from 'node:crypto';

/** A 128-bit digest of a text (the first half of its SHA-256), as 32 hexadecimal digits. Tells payloads apart; keeps no secret. */
export function digest128(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}

/** The SHA-1 of bytes as 40 hexadecimal digits, as UUID version 5 asks for (RFC 9562, 5.5). Not for security. */
export function sha1Hex(bytes: Uint8Array): string {
  return hash('sha1', bytes, 'hex');
}
