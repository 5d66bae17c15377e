import { type KeyObject, sign, verify } from 'node:crypto';

/** The one API of the sandbox; also part of what is signed. */
export const apiPath = '/api/open/alipay/intl/promotion/order/contractCardSync';

/** A `Signature` header taken apart. */
export interface SignatureHeader {
  /** `RSA256` where the header does not say. */
  readonly algorithm: string;
  /** Null: the latest. */
  readonly keyVersion: number | null;
  readonly signature: Uint8Array;
}

/**
 * Reads `algorithm=RSA256,keyVersion=1,signature=<url-encoded base64>`.
 * Null where it is not of that form: a signature that was not URL-encoded, too, since decoding turns its `+` into blanks, as the platform's does.
 */
export function readSignatureHeader(text: string): SignatureHeader | null {
  const fields = new Map<string, string>();
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    if (at < 0) return null;
    fields.set(field.slice(0, at).trim(), field.slice(at + 1).trim());
  }
  const signature = decodeSignature(fields.get('signature') ?? '');
  const version = fields.get('keyVersion');
  if (signature === null || (version !== undefined && !/^\d{1,9}$/.test(version))) return null;
  return {
    algorithm: fields.get('algorithm') ?? 'RSA256',
    keyVersion: version === undefined ? null : Number(version),
    signature,
  };
}

function decodeSignature(encoded: string): Uint8Array | null {
  let base64: string;
  try {
    base64 = decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return null; // A lone % sign.
  }
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : null;
}

/** The bytes a signature is made over (API document, "Signature"); `time` is Request-Time or Response-Time. */
export function signedContent(clientId: string, time: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`POST ${apiPath}\n${clientId}.${time}.`), body]);
}

/** The algorithm of a key's signatures, which the `Signature` header names. */
export type SignatureAlgorithm = 'RSA256' | 'ECC224';

/** The key decides: RSA, or an elliptic curve. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm {
  return key.asymmetricKeyType === 'ec' ? 'ECC224' : 'RSA256';
}

/**
 * True if `signature` is one of `content` by the owner of `key`: SHA256withRSA (PKCS#1 v1.5), or ECDSA in DER. The document names no
 * hash for ECC224; here it is SHA-256 too.
 */
export function isSignedBy(key: KeyObject, content: Uint8Array, signature: Uint8Array): boolean {
  return verify('sha256', content, { key, dsaEncoding: 'der' }, signature);
}

/** Signs `content` on the thread pool: the `Signature` header's value. */
export function signatureHeader(key: KeyObject, keyVersion: number, content: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('sha256', content, { key, dsaEncoding: 'der' }, (error, signature) => {
      if (error) reject(error);
      else resolve(headerText(keyVersion, signature, algorithmOf(key)));
    });
  });
}

/** The header's form of a signature. */
export function headerText(
  keyVersion: number,
  signature: Uint8Array,
  algorithm: SignatureAlgorithm = 'RSA256',
): string {
  const base64 = Buffer.from(signature).toString('base64');
  return `algorithm=${algorithm},keyVersion=${keyVersion},signature=${encodeURIComponent(base64)}`;
}
