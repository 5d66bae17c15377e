import { sha1Hex } from '../kernel/digest.ts';
import type { Position } from '../kernel/position.ts';
import type { Command } from './change.ts';

/** `uuid`: 36 characters with dashes; `hex`: the same 32 digits without them (a sibling API allows no more). */
export type RequestIdForm = 'uuid' | 'hex';

// Our own namespace for UUIDs of version 5, drawn once at random.
const namespace = Uint8Array.from([
  0x5c, 0x1d, 0x6f, 0x2e, 0x0b, 0x7a, 0x4e, 0x43, 0x9d, 0x58, 0x3f, 0x8c, 0x61, 0xe2, 0xa7, 0x14,
]);
const encoder = new TextEncoder();

/**
 * The requestId of a change under a command: UUID version 5 (RFC 9562, 5.5) of topic, partition, offset and command.
 * The same change always gets the same id, so that a repetition after a crash is known as such.
 * `distinction` sets requests of one change apart that differ in more than the command: one id stands for one body.
 */
export function requestId(position: Position, command: Command, form: RequestIdForm, distinction = ''): string {
  const suffix = distinction === '' ? '' : `/${distinction}`;
  const name = encoder.encode(`${position.topic}/${position.partition}/${position.offset}/${command}${suffix}`);
  const bytes = new Uint8Array(namespace.length + name.length);
  bytes.set(namespace);
  bytes.set(name, namespace.length);
  const hex = sha1Hex(bytes);
  // Version 5 in the 13th digit, the variant 10xx in the 17th.
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const uuid = `${hex.slice(0, 12)}5${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`;
  if (form === 'hex') return uuid;
  return `${uuid.slice(0, 8)}-${uuid.slice(8, 12)}-${uuid.slice(12, 16)}-${uuid.slice(16, 20)}-${uuid.slice(20)}`;
}
