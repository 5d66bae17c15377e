import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type EccHash, type KeyMaterial, withoutLineEnd } from '../../connector/kernel/key-material.ts';
import { Secret } from '../../connector/kernel/secret.ts';
import { type KeySource, openKeyRing } from '../../connector/keys/key-ring.ts';

/** What a test says of keys. */
export interface KeyParts {
  readonly privateKey: KeyObject | string;
  readonly passphrase?: string;
  /** 1, unless it is given. */
  readonly keyVersion?: number;
  /** By version, or one that stands for any. */
  readonly publicKeys?: readonly (readonly [version: number | null, key: KeyObject | string])[];
  readonly eccHash?: EccHash;
}

/** Key material that came from no file. */
export function keyMaterial(parts: KeyParts): KeyMaterial {
  const { privateKey, passphrase, keyVersion = 1, publicKeys = [], eccHash = 'SHA256' } = parts;
  return {
    privateKey: new Secret(textOf(privateKey)),
    passphrase: passphrase === undefined ? null : new Secret(passphrase),
    keyVersion,
    publicKeys: publicKeys.map(([version, key]) => ({
      version,
      publicKey: textOf(key),
      file: `public-${version}.pem`,
      setting: 'platform.publicKeyFile',
    })),
    eccHash,
    files: { privateKey: null, passphrase: null, keyVersion: null },
  };
}

/** Keys that stay as they are. */
export function keySource(parts: KeyParts): KeySource {
  return { current: openKeyRing(keyMaterial(parts)) };
}

/** A new pair; `RSA` of 2048 bits, or an elliptic curve's. */
export function newPair(kind: 'RSA' | (string & {}) = 'RSA'): { privateKey: KeyObject; publicKey: KeyObject } {
  return kind === 'RSA'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: kind });
}

/** PKCS#8 or SPKI, PEM. */
export function pemOf(key: KeyObject): string {
  const type = key.type === 'private' ? 'pkcs8' : 'spki';
  return String(key.export({ type, format: 'pem' }));
}

function textOf(key: KeyObject | string): string {
  return withoutLineEnd(typeof key === 'string' ? key : pemOf(key));
}
