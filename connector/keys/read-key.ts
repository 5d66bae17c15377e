import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  type PrivateKeyInput,
  sign,
  verify,
} from 'node:crypto';
import { Fault } from '../kernel/fault.ts';
import type { EccHash } from '../kernel/key-material.ts';
import type { Secret } from '../kernel/secret.ts';
import type { DerKind } from './der.ts';
import { findKey, type KeyForm } from './key-form.ts';
import { unwrappedKeyText } from './key-text.ts';

/** The `algorithm` of the Signature header: what is documented (API document, "Signature"). */
export type SignatureAlgorithm = 'RSA256' | 'ECC224';

/** A key that signs or verifies, and how: the key decides the algorithm. */
export interface SignatureKey {
  readonly key: KeyObject;
  readonly algorithm: SignatureAlgorithm;
  /** Of the content: SHA-256 with RSA256, as documented; with ECC224 as the settings say. */
  readonly hash: EccHash;
  /** For people: `RSA, 2048 bits`, `EC, secp224r1`. */
  readonly description: string;
}

/** How our private key is to be read. */
export interface PrivateKeyOptions {
  readonly passphrase: Secret | null;
  readonly eccHash: EccHash;
  /** Named in errors; `platform.privateKeyFile` where it is not given. */
  readonly setting?: string;
  /** Where a passphrase is to be given; named in errors. */
  readonly passphraseSetting?: string;
}

// "RSA256" is SHA256withRSA over RSA-2048 (API document, "Signature"); "ECC224" has the size in its name, and no curve.
const rsaBitsMin = 2048;
const eccBitsMin = 224;

/**
 * Reads our private key: PKCS#8, PKCS#1 or SEC1, as PEM, as the base64 of its DER or of its PEM, encrypted or not; RSA or an
 * elliptic curve. Throws a {@link Fault} KEY_INVALID that says what is wrong, and nothing of the key.
 */
export function readPrivateKey(text: Secret, options: PrivateKeyOptions): SignatureKey {
  const { eccHash, setting = 'platform.privateKeyFile' } = options;
  const { passphraseSetting = 'platform.privateKeyPassphraseFile' } = options;
  const read = withAlgorithm(openPrivateKey(text, { ...options, setting, passphraseSetting }), eccHash, setting);
  if (!signsWhatItVerifies(read)) throw invalid(setting, 'is damaged: its private and its public half are no pair');
  return read;
}

/** Reads a private key of any kind that Node knows. Throws a {@link Fault} KEY_INVALID. */
export function openPrivateKey(
  text: Secret,
  { passphrase, setting, passphraseSetting }: Required<Omit<PrivateKeyOptions, 'eccHash'>>,
): KeyObject {
  const form = findKey(unwrappedKeyText(text.reveal()), 'private');
  if (form.kind === 'bad') throw invalid(setting, form.problem);
  const encrypted = form.kind === 'encrypted-pem' || form.holds === 'encrypted PKCS#8';
  if (encrypted && passphrase === null)
    throw invalid(setting, `is encrypted: give its passphrase in ${passphraseSetting}`);
  const input = privateInput(form, setting);
  try {
    return createPrivateKey({ ...input, ...(passphrase && { passphrase: passphrase.reveal() }) });
  } catch {
    // OpenSSL's own words are "DECODER routines::unsupported" for nearly everything.
    const encryptedProblem = `cannot be decrypted: the passphrase in ${passphraseSetting} is not its own`;
    throw invalid(
      setting,
      encrypted ? encryptedProblem : 'is damaged: its form is that of a private key, its numbers are not',
    );
  }
}

/**
 * Reads a public key of AlipayHK's: SPKI, PKCS#1 or a certificate, as PEM or as the base64 of its DER; RSA or an elliptic curve.
 * Throws a {@link Fault} KEY_INVALID.
 */
export function readPublicKey(text: string, eccHash: EccHash, setting = 'platform.publicKeyFile'): SignatureKey {
  const form = findKey(unwrappedKeyText(text), 'public');
  if (form.kind === 'bad') throw invalid(setting, form.problem);
  if (form.kind === 'encrypted-pem' || !isPublic(form.holds)) {
    throw invalid(setting, 'holds a private key; it needs the public key that AlipayHK gave you');
  }
  const { holds, der } = form;
  try {
    const key =
      holds === 'certificate'
        ? // Node takes a certificate as PEM only.
          createPublicKey(`-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`)
        : createPublicKey({ key: der, format: 'der', type: holds === 'SPKI' ? 'spki' : 'pkcs1' });
    return withAlgorithm(key, eccHash, setting);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw invalid(setting, 'is damaged: its form is that of a public key, its numbers are not');
  }
}

function privateInput(
  form: Exclude<KeyForm, { kind: 'bad' }>,
  setting: string,
): Exclude<PrivateKeyInput, JsonWebKeyInput> {
  if (form.kind === 'encrypted-pem') return { key: form.pem, format: 'pem' };
  const { holds, der } = form;
  switch (holds) {
    case 'PKCS#8':
    case 'encrypted PKCS#8':
      return { key: der, format: 'der', type: 'pkcs8' };
    case 'PKCS#1 private':
      return { key: der, format: 'der', type: 'pkcs1' };
    case 'SEC1':
      return { key: der, format: 'der', type: 'sec1' };
    default:
      throw invalid(
        setting,
        holds === 'certificate'
          ? 'holds a certificate; it needs the private key'
          : 'holds a public key; it needs the private half',
      );
  }
}

function isPublic(holds: DerKind): boolean {
  return holds === 'SPKI' || holds === 'PKCS#1 public' || holds === 'certificate';
}

function withAlgorithm(key: KeyObject, eccHash: EccHash, setting: string): SignatureKey {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength < rsaBitsMin) {
        throw invalid(setting, `is RSA of ${modulusLength} bits; RSA256 needs at least ${rsaBitsMin}`);
      }
      // With 1 the signature is the padded content itself: OpenSSL verifies it, and anyone can write it.
      if (publicExponent < 3n || publicExponent % 2n === 0n) {
        throw invalid(setting, `has the public exponent ${publicExponent}; RSA256 needs an odd one of at least 3`);
      }
      return { key, algorithm: 'RSA256', hash: 'SHA256', description: `RSA, ${modulusLength} bits` };
    case 'ec':
      if (namedCurve === undefined) throw invalid(setting, 'is an elliptic curve key that does not name its curve');
      if (curveBits(namedCurve) < eccBitsMin) {
        throw invalid(setting, `is of the curve ${namedCurve}; ECC224 needs at least ${eccBitsMin} bits`);
      }
      return { key, algorithm: 'ECC224', hash: eccHash, description: `EC, ${namedCurve}` };
    default:
      throw invalid(
        setting,
        `is of the kind ${key.asymmetricKeyType ?? 'unknown'}; RSA256 needs RSA, ECC224 an elliptic curve`,
      );
  }
}

/** From the length of a point on it: a byte, then both coordinates. */
function curveBits(curve: string): number {
  return (createECDH(curve).generateKeys().length - 1) * 4;
}

function signsWhatItVerifies({ key, hash }: SignatureKey): boolean {
  const content = Buffer.from('card-sync');
  return verify(hash, content, createPublicKey(key), sign(hash, content, key));
}

function invalid(setting: string, problem: string): Fault {
  return new Fault('KEY_INVALID', { detail: `${setting} ${problem}` });
}
