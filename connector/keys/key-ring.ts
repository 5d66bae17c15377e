import type { KeyMaterial } from '../kernel/key-material.ts';
import { readPrivateKey, readPublicKey, type SignatureKey } from './read-key.ts';

/** Our key, and the version that AlipayHK knows it by. */
export interface SigningKey extends SignatureKey {
  readonly version: number;
}

/** A key of AlipayHK's; without a version it may be any. */
export interface VerifyingKey extends SignatureKey {
  readonly version: number | null;
}

/** The keys in use. */
export interface KeyRing {
  readonly signing: SigningKey;
  readonly verifying: readonly VerifyingKey[];
}

/** Where the keys in use are found at the moment of their use: they may be exchanged meanwhile. */
export interface KeySource {
  readonly current: KeyRing;
}

/** Reads all keys. Throws a Fault KEY_INVALID for the first that cannot be used. */
export function openKeyRing(material: KeyMaterial): KeyRing {
  const { privateKey, passphrase, keyVersion, publicKeys, eccHash } = material;
  return {
    signing: { ...readPrivateKey(privateKey, { passphrase, eccHash }), version: keyVersion },
    verifying: publicKeys.map(({ version, publicKey, setting }) => ({
      ...readPublicKey(publicKey, eccHash, setting),
      version,
    })),
  };
}

/** The keys that may have signed: those of the version that is named, where there are such, else all. */
export function keysOfVersion(keys: readonly VerifyingKey[], version: number | null): readonly VerifyingKey[] {
  const named = keys.filter(key => key.version === version);
  return version !== null && named.length > 0 ? named : keys;
}
