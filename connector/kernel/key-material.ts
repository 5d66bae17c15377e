import type { Secret } from './secret.ts';

/** The hashes that ECDSA may be used with; the API document names none for `ECC224`. */
export const eccHashes = ['SHA224', 'SHA256', 'SHA384', 'SHA512'] as const;

/** One of {@link eccHashes}. */
export type EccHash = (typeof eccHashes)[number];

/** One public key of the platform, as its file holds it. */
export interface PublicKeyText {
  /** The `keyVersion` that answers name it by; null: it stands for any. */
  readonly version: number | null;
  /** PEM, or the base64 of DER. */
  readonly publicKey: string;
  readonly file: string;
  /** The setting that names the file, for errors. */
  readonly setting: string;
}

/** All that signing and verifying need, as it was read: texts, not yet looked into. */
export interface KeyMaterial {
  /** PEM, or the base64 of DER. */
  readonly privateKey: Secret;
  readonly passphrase: Secret | null;
  readonly keyVersion: number;
  readonly publicKeys: readonly PublicKeyText[];
  readonly eccHash: EccHash;
  /** Where they were read, to be looked at again; null: they came from the environment or the settings themselves. */
  readonly files: {
    readonly privateKey: string | null;
    readonly passphrase: string | null;
    readonly keyVersion: string | null;
  };
}

/** The text of a key file: DER, which is no text, as its base64; anything else as UTF-8, without the line break at its end. */
export function keyText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // DER begins with a SEQUENCE (0x30, "0"): PEM begins with text or dashes, and the base64 of DER with an M.
  return buffer[0] === 0x30 ? buffer.toString('base64') : withoutLineEnd(buffer.toString('utf8'));
}

/** A file's text without a byte order mark and without the line breaks at its end: those are the editor's. */
export function withoutLineEnd(text: string): string {
  let end = text.length;
  // Not by a pattern: `(?:\r?\n)+$` is tried at every line of the text, up to its end.
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return text.slice(text.startsWith('\uFEFF') ? 1 : 0, end);
}

/** A keyVersion as a file holds it: a whole number from 1; null for anything else. */
export function readKeyVersion(text: string): number | null {
  const version = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0;
  return version >= 1 ? version : null;
}
