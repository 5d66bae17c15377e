import { statSync } from 'node:fs';
import { Fault, messageOf } from '../kernel/fault.ts';
import type { KeyMaterial } from '../kernel/key-material.ts';
import { fingerprintOf, publicBase64Of } from '../keys/new-pair.ts';
import { readPrivateKey, readPublicKey, type SignatureKey } from '../keys/read-key.ts';

/** What is said of one key; nothing of the private half. */
export interface CheckedKey {
  readonly half: 'private' | 'public';
  /** Null: from the environment. */
  readonly file: string | null;
  readonly keyVersion: number | null;
  readonly algorithm?: string;
  readonly kind?: string;
  readonly fingerprint?: string;
  /** SPKI, DER as base64: what AlipayHK's console has. */
  readonly publicKey?: string;
  /** It works, but. */
  readonly warning?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** Reads the keys of the settings as the connector would. */
export function keysOf({
  privateKey,
  passphrase,
  keyVersion,
  publicKeys,
  eccHash,
  files,
}: KeyMaterial): readonly CheckedKey[] {
  const ours = { half: 'private', file: files.privateKey, keyVersion } as const;
  return [
    checkedKey(ours, () => readPrivateKey(privateKey, { passphrase, eccHash })),
    ...publicKeys.map(({ version, publicKey, file, setting }) =>
      checkedKey({ half: 'public', file, keyVersion: version }, () => readPublicKey(publicKey, eccHash, setting)),
    ),
  ];
}

/** The keys, with a warning on each public one that is our own private key's other half. */
export function withOwnHalfTold(keys: readonly CheckedKey[]): readonly CheckedKey[] {
  return keys.map(key => (isOwnHalf(key, keys) ? { ...key, warning: ownHalf } : key));
}

const ownHalf = "it is the public half of our own key; answers are signed with AlipayHK's";

function isOwnHalf({ half, fingerprint }: CheckedKey, keys: readonly CheckedKey[]): boolean {
  return (
    half === 'public' &&
    keys.some(key => key.half === 'private' && key.fingerprint !== undefined && key.fingerprint === fingerprint)
  );
}

/** Reads a key, and says what it is or why it cannot be used. */
export function checkedKey(
  about: Pick<CheckedKey, 'half' | 'file' | 'keyVersion'>,
  read: () => SignatureKey,
): CheckedKey {
  try {
    const { key, algorithm, description } = read();
    const warning = about.half === 'private' && about.file !== null ? modeWarning(about.file) : null;
    const found = { algorithm, kind: description, fingerprint: fingerprintOf(key), publicKey: publicBase64Of(key) };
    return { ...about, ...found, ...(warning !== null && { warning }) };
  } catch (error) {
    return { ...about, problem: error instanceof Fault ? error.detail : messageOf(error) };
  }
}

function modeWarning(file: string): string | null {
  const mode = statSync(file).mode & 0o777;
  return (mode & 0o077) === 0 ? null : `other users may read it (mode ${mode.toString(8)}): chmod 600 ${file}`;
}
