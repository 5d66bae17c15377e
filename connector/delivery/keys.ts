import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Fault, messageOf } from '../kernel/fault.ts';
import type { Secret } from '../kernel/secret.ts';

// AlipayHK: "RSA256" is SHA256withRSA over RSA-2048 (API document, "Signature").
const rsaBitsMin = 2048;

/** Reads our private key: PEM, PKCS#8 or PKCS#1, RSA of at least 2048 bits. Throws a {@link Fault} KEY_INVALID. */
export function readPrivateKey(pem: Secret): KeyObject {
  const text = pem.reveal();
  if (text.includes('PUBLIC KEY')) {
    throw new Fault('KEY_INVALID', { detail: 'platform.privateKeyFile holds a public key; it needs the private half' });
  }
  return checked(text, createPrivateKey, 'platform.privateKeyFile');
}

/** Reads AlipayHK's public key: PEM (a certificate will do), RSA of at least 2048 bits. Throws a {@link Fault} KEY_INVALID. */
export function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) {
    throw new Fault('KEY_INVALID', {
      detail: 'platform.publicKeyFile holds a private key; it needs the public key that AlipayHK gave you',
    });
  }
  return checked(pem, createPublicKey, 'platform.publicKeyFile');
}

function checked(pem: string, read: (pem: string) => KeyObject, setting: string): KeyObject {
  let key: KeyObject;
  try {
    key = read(pem);
  } catch (error) {
    throw new Fault('KEY_INVALID', { detail: `${setting} ${whyUnreadable(pem, error)}` });
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < rsaBitsMin) {
    const found = key.asymmetricKeyType === 'rsa' ? `RSA of ${bits} bits` : (key.asymmetricKeyType ?? 'unknown');
    throw new Fault('KEY_INVALID', {
      detail: `${setting} is ${found}; RSA256 needs RSA of at least ${rsaBitsMin} bits`,
    });
  }
  return key;
}

/** Says what is wrong in words; OpenSSL's are `DECODER routines::unsupported` for nearly everything. Names nothing of the key. */
function whyUnreadable(pem: string, error: unknown): string {
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(pem)?.[1];
  if (label === undefined) {
    return 'is not in PEM form: bare base64 needs the lines -----BEGIN … KEY----- and -----END … KEY----- around it';
  }
  // Node says so of PKCS#8; of PKCS#1 the encryption stands in its headers (RFC 1421, 4.6.1.1).
  if (label.startsWith('ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED')) {
    return 'is encrypted: give the key without a passphrase';
  }
  return `holds a PEM ${label} that cannot be read (${messageOf(error)})`;
}
