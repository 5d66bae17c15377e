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
  return checked(() => createPrivateKey(text), 'platform.privateKeyFile');
}

/** Reads AlipayHK's public key: PEM, RSA of at least 2048 bits. Throws a {@link Fault} KEY_INVALID. */
export function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) {
    throw new Fault('KEY_INVALID', {
      detail: 'platform.publicKeyFile holds a private key; it needs the public key that AlipayHK gave you',
    });
  }
  return checked(() => createPublicKey(pem), 'platform.publicKeyFile');
}

function checked(read: () => KeyObject, setting: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new Fault('KEY_INVALID', { detail: `${setting} is no key in PEM form (${messageOf(error)})` });
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
