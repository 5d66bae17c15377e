import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SignatureAlgorithm } from './gateway/signature.ts';

/** A key pair and the PEM files it is in. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** PKCS#8, for its owner only (0600). */
  readonly privateKeyFile: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyFile: string;
}

/** The two pairs: the connector signs with the client's, the sandbox with the platform's. */
export interface SandboxKeys {
  readonly client: KeyPair;
  readonly platform: KeyPair;
}

/** Reads `client-private.pem`, `client-public.pem`, `platform-private.pem` and `platform-public.pem` of a folder; makes what is missing: RSA-2048, or secp224r1 for ECC224. */
export async function openKeys(folder: string, algorithm: SignatureAlgorithm = 'RSA256'): Promise<SandboxKeys> {
  mkdirSync(folder, { recursive: true });
  const [client, platform] = await Promise.all([
    openPair(folder, 'client', algorithm),
    openPair(folder, 'platform', algorithm),
  ]);
  return { client, platform };
}

async function openPair(folder: string, owner: string, algorithm: SignatureAlgorithm): Promise<KeyPair> {
  const privateKeyFile = path.resolve(folder, `${owner}-private.pem`);
  const publicKeyFile = path.resolve(folder, `${owner}-public.pem`);
  if (!existsSync(privateKeyFile)) {
    const { privateKey } = await newPair(algorithm);
    keepFirst(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }
  const privateKey = createPrivateKey(readFileSync(privateKeyFile));
  const publicKey = createPublicKey(privateKey);
  // Written each time: a public key beside another's private key would only mislead.
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { privateKey, publicKey, privateKeyFile, publicKeyFile };
}

function newPair(algorithm: SignatureAlgorithm): Promise<{ privateKey: KeyObject }> {
  const generate = promisify(generateKeyPair);
  // The document names no curve; this one has the size of the algorithm's name.
  return algorithm === 'ECC224'
    ? generate('ec', { namedCurve: 'secp224r1' })
    : generate('rsa', { modulusLength: 2048 });
}

/** Of several sandboxes that start on one folder at once, the first one's key becomes everybody's. */
function keepFirst(file: string, pem: string | Buffer): void {
  const own = `${file}.${process.pid}.${randomUUID()}`;
  writeFileSync(own, pem, { mode: 0o600 });
  try {
    linkSync(own, file); // Whole or not at all, and never over another one.
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    unlinkSync(own);
  }
}
