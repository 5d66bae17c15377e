import { createHash, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../kernel/secret.ts';
import type { SignatureAlgorithm } from './read-key.ts';

/** A new key pair, as texts. */
export interface NewPair {
  /** PKCS#8, PEM; encrypted where there is a passphrase. */
  readonly privatePem: Secret;
  /** SPKI, PEM. */
  readonly publicPem: string;
  /** SPKI, DER as base64 in one line: the form of AlipayHK's console. */
  readonly publicBase64: string;
  /** See {@link fingerprintOf}. */
  readonly fingerprint: string;
}

const generate = promisify(generateKeyPair);

/** Makes a pair: RSA of 2048 bits for RSA256; for ECC224, of which the document names no curve, secp224r1. */
export async function makePair(algorithm: SignatureAlgorithm, passphrase: Secret | null): Promise<NewPair> {
  const { privateKey, publicKey } =
    algorithm === 'RSA256'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'secp224r1' });
  const encryption = passphrase === null ? {} : { cipher: 'aes-256-cbc', passphrase: passphrase.reveal() };
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption });
  return {
    privatePem: new Secret(String(privatePem)),
    publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    publicBase64: publicBase64Of(publicKey),
    fingerprint: fingerprintOf(publicKey),
  };
}

/** The public half of a key in the form of AlipayHK's console: SPKI, DER as base64 in one line. */
export function publicBase64Of(key: KeyObject): string {
  return spkiOf(key).toString('base64');
}

/** Tells keys apart, and shows that two files hold halves of one pair: the SHA-256 of the public half's SPKI, as OpenSSH writes it. */
export function fingerprintOf(key: KeyObject): string {
  return `SHA256:${createHash('sha256').update(spkiOf(key)).digest('base64').replace(/=+$/, '')}`;
}

function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}
