import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readPrivateKey, readPublicKey } from '../../../connector/delivery/keys.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { selfSignedCertificate } from '../../support/certificates.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const edwards = generateKeyPairSync('ed25519');
const probabilistic = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });

const pkcs8 = pem(pair.privateKey, 'pkcs8');
const pkcs1 = pem(pair.privateKey, 'pkcs1');
const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string {
  return key.export({ type, format: 'pem' }).toString();
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function faultOf(read: () => unknown): Fault {
  try {
    read();
  } catch (error) {
    if (error instanceof Fault) return error;
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

describe('our private key', () => {
  it.each([
    ['PKCS#8', pkcs8],
    ['PKCS#1', pkcs1],
    ['with line ends of Windows', pkcs8.replaceAll('\n', '\r\n')],
    ['with text around it', `Bag Attributes\n    friendlyName: merchant\n${pkcs8}`],
  ])('is read: %s', (_, text) => {
    const key = readPrivateKey(new Secret(text));
    expect(createPublicKey(key).equals(pair.publicKey)).toBe(true);
  });

  const bad: readonly [string, string, RegExp][] = [
    ['the public half', publicPem, /holds a public key; it needs the private half/],
    ['bare base64', pkcs8.replace(/-----[^-]+-----\n/g, ''), /is not in PEM form: bare base64 needs the lines/],
    ['no key at all', 'hunter2-hunter2-hunter2', /is not in PEM form/],
    ['nothing', '', /is not in PEM form/],
    ['cut off', pkcs8.slice(0, 800), /holds a PEM PRIVATE KEY that cannot be read/],
    ['damaged', pkcs8.replace(/\n(.{40})/, '\n$1!!!!'), /holds a PEM PRIVATE KEY that cannot be read/],
    ['of OpenSSH', pkcs8.replaceAll('PRIVATE KEY', 'OPENSSH PRIVATE KEY'), /holds a PEM OPENSSH PRIVATE KEY that/],
    [
      'encrypted PKCS#8',
      String(pair.privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted })),
      /is encrypted/,
    ],
    [
      'encrypted PKCS#1',
      String(pair.privateKey.export({ type: 'pkcs1', format: 'pem', ...encrypted })),
      /is encrypted/,
    ],
    ['a certificate', selfSignedCertificate('a.example').cert, /holds a PEM CERTIFICATE that cannot be read/],
    ['of 1024 bits', pem(small.privateKey, 'pkcs8'), /is RSA of 1024 bits; RSA256 needs RSA of at least 2048 bits/],
    ['of an elliptic curve', pem(curve.privateKey, 'sec1'), /is ec; RSA256 needs RSA/],
    ['Ed25519', pem(edwards.privateKey, 'pkcs8'), /is ed25519; RSA256 needs RSA/],
    ['RSA-PSS', pem(probabilistic.privateKey, 'pkcs8'), /is rsa-pss; RSA256 needs RSA/],
  ];

  it.each(bad)('is refused with the reason, and nothing of it shown: %s', (_, text, reason) => {
    const fault = faultOf(() => readPrivateKey(new Secret(text)));
    expect(fault.code).toBe('KEY_INVALID');
    expect(fault.detail).toMatch(/^platform\.privateKeyFile /);
    expect(fault.detail).toMatch(reason);
    expectNothingOf(text, fault);
  });
});

describe("the platform's public key", () => {
  it.each([
    ['SPKI', publicPem],
    ['PKCS#1', pair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
  ])('is read: %s', (_, text) => {
    expect(readPublicKey(text).equals(pair.publicKey)).toBe(true);
  });

  it('is read from a certificate', () => {
    const { cert, key } = selfSignedCertificate('open.alipay.example');
    expect(readPublicKey(cert).equals(createPublicKey(key))).toBe(true);
  });

  it.each([
    ['a private key', pkcs8, /holds a private key; it needs the public key that AlipayHK gave you/],
    ['a private key, PKCS#1', pkcs1, /holds a private key/],
    ['bare base64', publicPem.replace(/-----[^-]+-----\n/g, ''), /is not in PEM form: bare base64 needs the lines/],
    ['of 1024 bits', spki(small.publicKey), /is RSA of 1024 bits/],
    ['of an elliptic curve', spki(curve.publicKey), /is ec; RSA256 needs RSA/],
  ])('is refused with the reason: %s', (_, text, reason) => {
    const fault = faultOf(() => readPublicKey(text));
    expect(fault.code).toBe('KEY_INVALID');
    expect(fault.detail).toMatch(/^platform\.publicKeyFile /);
    expect(fault.detail).toMatch(reason);
    expectNothingOf(text, fault);
  });
});
