import { type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Fault, messageOf } from '../kernel/fault.ts';
import { Secret } from '../kernel/secret.ts';
import { type TlsMaterial, tlsOptions } from '../kernel/tls-material.ts';
import { readDer } from './der.ts';
import { unwrappedKeyText } from './key-text.ts';
import { openPrivateKey } from './read-key.ts';

/** What the files of TLS settings hold; `part` is the settings path that they stand under, e.g. `kafka.tls`. */
export interface TlsTexts {
  readonly part: string;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: Secret | undefined;
  readonly keyPassphrase: Secret | undefined;
}

/** Something wrong with one of the files; the text follows the setting's name. */
export interface TlsProblem {
  readonly path: string;
  readonly problem: string;
  readonly hint?: string;
}

/**
 * Reads TLS files as a connection would, so that a bad one is found at start: certificates are X.509 as PEM, the private key
 * has any form that `openPrivateKey` reads or is a PKCS#12 store, and key and certificate are a pair. The key is given
 * decrypted.
 */
export function readTlsFiles(texts: TlsTexts): {
  readonly material: Pick<TlsMaterial, 'ca' | 'cert' | 'key' | 'store'>;
  readonly problems: readonly TlsProblem[];
} {
  const { part, ca, cert, key, keyPassphrase } = texts;
  const problems = [...certificateProblem(`${part}.caFile`, ca), ...certificateProblem(`${part}.certFile`, cert)];
  const authority = ca === undefined ? {} : { ca };
  if (key === undefined) return { material: { ...authority, ...(cert !== undefined && { cert }) }, problems };
  const path = `${part}.keyFile`;
  const pkcs12 = pkcs12Of(key);
  if (pkcs12 !== null) {
    const store = { pkcs12, passphrase: keyPassphrase ?? null };
    return { material: { ...authority, store }, problems: [...problems, ...storeProblems(store, texts)] };
  }
  if (cert === undefined) {
    const problem = { path: `${part}.certFile`, problem: "is missing: a client's key is given", hint: 'name a file' };
    return { material: authority, problems: [...problems, problem] };
  }
  try {
    const passphrase = keyPassphrase ?? null;
    const opened = openPrivateKey(key, { passphrase, setting: path, passphraseSetting: `${part}.keyPassphraseFile` });
    const pem = opened.export({ type: 'pkcs8', format: 'pem' }).toString();
    const material = { ...authority, cert, key: new Secret(pem) };
    return { material, problems: [...problems, ...(problems.length === 0 ? pairProblem(path, cert, opened) : [])] };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { material: authority, problems: [...problems, { path, problem: error.detail.replace(`${path} `, '') }] };
  }
}

function certificateProblem(path: string, text: string | undefined): readonly TlsProblem[] {
  if (text === undefined) return [];
  try {
    new X509Certificate(text);
    return [];
  } catch {
    return [{ path, problem: 'holds no certificate', hint: 'a PEM file begins with -----BEGIN CERTIFICATE-----' }];
  }
}

function pairProblem(path: string, cert: string, key: KeyObject): readonly TlsProblem[] {
  return new X509Certificate(cert).checkPrivateKey(key)
    ? []
    : [{ path, problem: 'is not the key of the certificate in certFile' }];
}

/** The store as base64, or null where the key is something else. */
function pkcs12Of(key: Secret): Secret | null {
  const text = unwrappedKeyText(key.reveal());
  if (text.includes('-----')) return null;
  const read = readDer(Buffer.from(text, 'base64'));
  return read.kind === 'der' && read.holds === 'PKCS#12' ? new Secret(text) : null;
}

function storeProblems(store: NonNullable<TlsMaterial['store']>, { part, cert }: TlsTexts): readonly TlsProblem[] {
  const path = `${part}.keyFile`;
  if (cert !== undefined) {
    const problem = 'has no effect: keyFile is a PKCS#12 store, which holds the certificate too';
    return [{ path: `${part}.certFile`, problem, hint: 'remove it' }];
  }
  try {
    createSecureContext(tlsOptions({ store }));
    return [];
  } catch (error) {
    return [{ path, ...storeProblem(messageOf(error), `${part}.keyPassphraseFile`, store.passphrase !== null) }];
  }
}

/** Node's words, e.g. "mac verify failure", as ours. */
function storeProblem(text: string, setting: string, hasPassphrase: boolean): Omit<TlsProblem, 'path'> {
  if (text.includes('mac verify failure')) {
    return hasPassphrase
      ? { problem: `is a PKCS#12 store that the passphrase in ${setting} does not open` }
      : { problem: `is a PKCS#12 store with a passphrase: give it in ${setting}` };
  }
  if (text.includes('private key')) return { problem: 'is a PKCS#12 store without a private key' };
  const hint =
    'rewrite it: openssl pkcs12 -legacy -in old.p12 -nodes -out all.pem, then name all.pem in certFile and keyFile';
  return { problem: 'is a PKCS#12 store in an old form that OpenSSL 3 does not read, or is damaged', hint };
}
