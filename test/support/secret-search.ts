import type { KeyObject } from 'node:crypto';

/** What may stand in no output. */
export interface Forbidden {
  readonly keys: readonly KeyObject[];
  /** By what it is: tokens, passphrases, ids of customers. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

// Long enough not to be met by chance, short enough to find a part of a key.
const windowBytes = 24;

/**
 * The forbidden things that an output holds, by name. A private key is looked for in part and in each form that it may be printed in:
 * lines of PEM, base64 at any of its three alignments, base64url, hexadecimal, a list of numbers, and the bytes themselves.
 */
export function findForbidden(output: string | Buffer, { keys, texts }: Forbidden): readonly string[] {
  const bytes = Buffer.from(output);
  const text = bytes.toString('utf8');
  // Line breaks, also escaped ones, may stand anywhere in a PEM text.
  const joined = text.replace(/\\[nr]|\s/g, '');
  const found = new Set<string>();
  for (const key of keys) {
    for (const [form, windows] of formsOf(key)) {
      if (windows.some(part => joined.includes(part))) found.add(`a private key (${form})`);
    }
    if (windowsOf(secretBytes(key)).some(part => bytes.includes(part))) found.add('a private key (bytes)');
  }
  for (const [name, values] of Object.entries(texts)) {
    for (const value of values) if (text.includes(value)) found.add(`${name}: ${value}`);
  }
  return [...found];
}

function formsOf(key: KeyObject): readonly (readonly [form: string, windows: readonly string[]])[] {
  const bytes = secretBytes(key);
  const hex = windowsOf(bytes).map(part => part.toString('hex'));
  const base64 = [0, 1, 2].flatMap(start => textWindows(bytes.subarray(start).toString('base64')));
  return [
    ['base64', base64],
    ['base64url', base64.map(part => part.replaceAll('+', '-').replaceAll('/', '_'))],
    ['hexadecimal', hex],
    ['hexadecimal, capitals', hex.map(part => part.toUpperCase())],
    ['numbers', windowsOf(bytes).map(part => [...part].join(','))],
  ];
}

/** What only the owner knows of a key: of RSA the exponent and the primes, of a curve the number. */
function secretBytes(key: KeyObject): Buffer {
  const { d = '', p = '', q = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([d, p, q].map(part => Buffer.from(part, 'base64url')));
}

function windowsOf(bytes: Buffer): readonly Buffer[] {
  const starts = Array.from({ length: Math.floor(bytes.length / windowBytes) }, (_, index) => index * windowBytes);
  return starts.map(start => bytes.subarray(start, start + windowBytes));
}

function textWindows(text: string): readonly string[] {
  const size = 32;
  // Every 16 characters, so that a part of 48 is found wherever it begins.
  const count = Math.max(0, Math.floor((text.length - size) / 16));
  return Array.from({ length: count }, (_, index) => text.slice(index * 16, index * 16 + size));
}
