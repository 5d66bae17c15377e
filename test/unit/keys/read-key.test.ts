import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../connector/kernel/fault.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { type PrivateKeyOptions, readPrivateKey, readPublicKey } from '../../../connector/keys/read-key.ts';
import { selfSignedCertificate } from '../../support/certificates.ts';
import { newPair, pemOf } from '../../support/key-rings.ts';

// Every form that is read is in openssl.test.ts; here is what is not, and what is said of it.

const pair = newPair();
const curve = newPair('secp224r1');
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const probabilistic = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const edwards = generateKeyPairSync('ed25519');
const pkcs8 = pemOf(pair.privateKey);
const publicPem = pemOf(pair.publicKey);
const certificate = selfSignedCertificate('open.alipay.example');
const bare = (pem: string) => pem.replace(/-----[^-]+-----|\n/g, '');
const der = (key: KeyObject) => Buffer.from(bare(pemOf(key)), 'base64');

const certificateBlocks = (count: number) =>
  '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n'.repeat(count);

const plain: PrivateKeyOptions = { passphrase: null, eccHash: 'SHA256' };
const ours = (text: string, options: Partial<PrivateKeyOptions> = {}) =>
  readPrivateKey(new Secret(text), { ...plain, ...options });
const theirs = (text: string) => readPublicKey(text, 'SHA256');

function faultOf(read: () => unknown): Fault {
  try {
    read();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('no fault was thrown');
}

/** Nothing that is written of the fault holds 12 characters in a row of the key. */
function expectNothingOf(text: string, fault: Fault): void {
  const shown = `${fault.message} ${fault.detail} ${fault.stack} ${inspect(fault, { depth: 9 })} ${JSON.stringify(fault)}`;
  const secret = text.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
  for (let start = 0; start + 12 <= secret.length; start += 6) {
    expect(shown).not.toContain(secret.slice(start, start + 12));
  }
}

/** Swaps a digit in the middle of a PEM's base64. */
function bent(pem: string, at: number): string {
  const lines = pem.split('\n');
  const line = lines[at] ?? '';
  lines[at] = `${line.slice(0, 20)}${line[20] === 'A' ? 'B' : 'A'}${line.slice(21)}`;
  return lines.join('\n');
}

/** The public key with another exponent, as PEM. */
function withExponent(exponent: number): string {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), e: Buffer.of(exponent).toString('base64url') };
  return pemOf(createPublicKey({ key: jwk, format: 'jwk' }));
}

describe('our private key', () => {
  it('decides the algorithm, and the hash where it is RSA', () => {
    expect(ours(pkcs8, { eccHash: 'SHA512' })).toMatchObject({ algorithm: 'RSA256', hash: 'SHA256' });
    expect(ours(pemOf(curve.privateKey), { eccHash: 'SHA512' })).toMatchObject({ algorithm: 'ECC224', hash: 'SHA512' });
  });

  it.each(['secp224r1', 'prime256v1', 'secp256k1', 'secp384r1', 'brainpoolP256r1'])('may be of the curve %s', name => {
    expect(ours(pemOf(newPair(name).privateKey))).toMatchObject({ algorithm: 'ECC224', description: `EC, ${name}` });
  });

  it('is taken from among other blocks: the public key or the certificate may stand first', () => {
    const { key } = ours(`${certificate.cert}\n${publicPem}\n${pkcs8}`);
    expect(createPublicKey(key).equals(pair.publicKey)).toBe(true);
  });

  it('is read by what it holds, not by its label', () => {
    expect(ours(pkcs8.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY'))).toMatchObject({ algorithm: 'RSA256' });
  });

  it.each<[string, (pem: string) => string]>([
    ['PEM with \\n written as two characters', pem => pem.replaceAll('\n', '\\n')],
    ['PEM with \\r\\n written as four characters', pem => pem.replaceAll('\n', '\\r\\n')],
    ['PEM as a JSON string', pem => JSON.stringify(pem)],
    ['PEM in single quotes', pem => `'${pem}'\n`],
    ['base64 of the PEM', pem => Buffer.from(pem).toString('base64')],
    ['base64 of the PEM in lines of 76', pem => Buffer.from(pem).toString('base64').replace(/.{76}/g, '$&\n')],
    ['base64 of the PEM in quotes', pem => `"${Buffer.from(pem).toString('base64')}"`],
    [
      'base64 of PEM with \\n written as two characters',
      pem => Buffer.from(pem.replaceAll('\n', '\\n')).toString('base64'),
    ],
    ['bare base64 in quotes', pem => `"${bare(pem)}"`],
  ])('reads a private and a public key given as %s', (_, wrapped) => {
    expect(createPublicKey(ours(wrapped(pkcs8)).key).equals(pair.publicKey)).toBe(true);
    expect(theirs(wrapped(publicPem)).key.equals(pair.publicKey)).toBe(true);
  });

  it('may be unencrypted though there is a passphrase', () => {
    expect(ours(pkcs8, { passphrase: new Secret('sesame') })).toMatchObject({ algorithm: 'RSA256' });
  });

  const bad: readonly [string, string, string | RegExp][] = [
    ['the public half', publicPem, 'holds a public key; it needs the private half'],
    ['the public half, bare', bare(publicPem), 'holds a public key; it needs the private half'],
    ['a certificate', certificate.cert, 'holds a certificate; it needs the private key'],
    ['no key at all', 'hunter2-hunter2-hunter2', 'holds no key: neither PEM, nor the base64 of a key, nor DER'],
    ['base64 of no key', 'aHVudGVyMg==', 'holds no key'],
    ['base64 of another structure', 'MAMBAf8=', 'holds no key that is known here'],
    ['nothing', '', /holds no key/],
    ['cut off in its lines', pkcs8.slice(0, 800), 'is cut off: the line -----END PRIVATE KEY----- is missing'],
    [
      'cut off, with its end line',
      `${pkcs8.slice(0, 800)}\n-----END PRIVATE KEY-----`,
      /^.*is cut off: \d+ of 12\d\d bytes are missing$/,
    ],
    ['cut off, bare', bare(pkcs8).slice(0, 800), /is cut off: \d+ of 12\d\d bytes are missing$/],
    [
      'twice in one base64',
      Buffer.concat([der(pair.privateKey), der(pair.privateKey)]).toString('base64'),
      /has 12\d\d bytes behind the end of its key/,
    ],
    [
      'with damaged lines',
      pkcs8.replace(/\n(.{40})/, '\n$1!!!!'),
      'holds a PEM PRIVATE KEY whose lines are damaged: they are not base64',
    ],
    ['with damaged numbers', bent(pkcs8, 3), /is damaged/],
    [
      'of OpenSSH',
      pkcs8.replaceAll('PRIVATE KEY', 'OPENSSH PRIVATE KEY'),
      /is in OpenSSH's own form: rewrite it with ssh-keygen/,
    ],
    ['a certificate request', pkcs8.replaceAll('PRIVATE KEY', 'CERTIFICATE REQUEST'), 'holds a certificate request'],
    ['101 certificates', certificateBlocks(101), 'holds more than 100 PEM blocks'],
    ['500 KB of blocks without an end', '-----BEGIN A-----\n'.repeat(28_000), 'holds more than 100 PEM blocks'],
    ['of 1024 bits', pemOf(small.privateKey), 'is RSA of 1024 bits; RSA256 needs at least 2048'],
    [
      'of a small curve',
      pemOf(newPair('prime192v1').privateKey),
      'is of the curve prime192v1; ECC224 needs at least 224 bits',
    ],
    ['Ed25519', pemOf(edwards.privateKey), 'is of the kind ed25519; RSA256 needs RSA, ECC224 an elliptic curve'],
    ['RSA-PSS', pemOf(probabilistic.privateKey), 'is of the kind rsa-pss; RSA256 needs RSA, ECC224 an elliptic curve'],
  ];

  it.each(bad)('is refused with the reason, and nothing of it shown: %s', (_, text, reason) => {
    const fault = faultOf(() => ours(text));
    expect(fault.code).toBe('KEY_INVALID');
    expect(fault.detail).toMatch(/^platform\.privateKeyFile /);
    expect(fault.detail).toMatch(reason);
    expectNothingOf(text, fault);
  });

  it('is found behind 99 other blocks', () => {
    expect(ours(`${certificateBlocks(99)}${pkcs8}`).algorithm).toBe('RSA256');
  });

  it('shows no passphrase', () => {
    const encrypted = String(
      pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame 1' }),
    );
    const fault = faultOf(() => ours(encrypted, { passphrase: new Secret('open sesame 2') }));
    expect(fault.detail).toMatch(/cannot be decrypted/);
    expectNothingOf('opensesame2opensesame2', fault);
  });

  it('is read or refused as a Fault, whichever of its bytes is another', () => {
    const bytes = der(curve.privateKey);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bentBytes = Buffer.from(bytes);
        bentBytes.writeUInt8(bentBytes.readUInt8(at) ^ change, at);
        try {
          ours(bentBytes.toString('base64'));
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("the platform's public key", () => {
  it.each<[string, string, string | RegExp]>([
    ['a private key', pkcs8, 'holds a private key; it needs the public key that AlipayHK gave you'],
    ['a private key, bare', bare(pkcs8), 'holds a private key'],
    ['a private key among public ones', `${publicPem}\n${pkcs8}`, 'holds a private key'],
    ['cut off', bare(publicPem).slice(0, 100), /is cut off: \d+ of 294 bytes are missing/],
    ['of 1024 bits', pemOf(small.publicKey), 'is RSA of 1024 bits'],
    ['of a small curve', pemOf(newPair('prime192v1').publicKey), 'is of the curve prime192v1'],
    ['with a point that is none', bent(pemOf(curve.publicKey), 1), 'is damaged'],
    ['with the exponent 1, for which anyone can sign', withExponent(1), /has the public exponent 1; RSA256 needs/],
    ['with an even exponent, which has no private half', withExponent(2), /has the public exponent 2; RSA256 needs/],
    ['no key', 'MII', /holds no key/],
  ])('is refused with the reason: %s', (_, text, reason) => {
    const fault = faultOf(() => theirs(text));
    expect(fault.code).toBe('KEY_INVALID');
    expect(fault.detail).toMatch(/^platform\.publicKeyFile /);
    expect(fault.detail).toMatch(reason);
    expectNothingOf(text, fault);
  });

  it('may have the exponent 3', () => {
    expect(theirs(withExponent(3))).toMatchObject({ algorithm: 'RSA256' });
  });

  it('is named in its fault by its own setting', () => {
    const fault = faultOf(() => readPublicKey('x', 'SHA256', 'platform.publicKeyFiles[1]'));
    expect(fault.detail).toMatch(/^platform\.publicKeyFiles\[1\] holds no key/);
  });
});
