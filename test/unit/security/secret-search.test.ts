import { describe, expect, it } from 'vitest';
import { newPair, pemOf } from '../../support/key-rings.ts';
import { findForbidden } from '../../support/secret-search.ts';

// A search that finds nothing proves nothing unless it finds what is there: test/e2e/no-secrets.test.ts relies on it.

const rsa = newPair().privateKey;
const curve = newPair('secp384r1').privateKey;
const forbidden = { keys: [rsa, curve], texts: { order: ['MB-2026-77'], token: ['token-of-another'] } };
const derOf = (key: typeof rsa) => Buffer.from(key.export({ type: 'pkcs8', format: 'der' }));

describe.each([
  ['RSA', rsa],
  ['an elliptic curve', curve],
])('a leak of the key of %s', (_, key) => {
  const der = derOf(key);
  it.each<[string, string | Buffer]>([
    ['PEM', `read ${pemOf(key)}`],
    ['PEM in JSON', JSON.stringify({ key: pemOf(key) })],
    ['PKCS#1 or SEC1', String(key.export({ type: key === rsa ? 'pkcs1' : 'sec1', format: 'pem' }))],
    ['base64 in one line', der.toString('base64')],
    ['base64, shifted by one byte', Buffer.concat([Buffer.of(1), der]).toString('base64')],
    ['base64, shifted by two bytes', Buffer.concat([Buffer.of(1, 2), der]).toString('base64')],
    ['base64url', der.toString('base64url')],
    ['JWK', JSON.stringify(key.export({ format: 'jwk' }))],
    ['hexadecimal', der.toString('hex')],
    ['hexadecimal in capitals', der.toString('hex').toUpperCase()],
    ['a Buffer in JSON', JSON.stringify(der)],
    ['DER', Buffer.concat([Buffer.from('log: '), der])],
  ])('is found as %s', (_form, output) => {
    expect(findForbidden(output, forbidden)).toContainEqual(expect.stringMatching(/^a private key/));
  });
});

describe('a text that is forbidden', () => {
  it('is found, and named', () => {
    expect(findForbidden('x MB-2026-77 y', forbidden)).toEqual(['order: MB-2026-77']);
  });

  it('is not found where nothing is', () => {
    const others = [pemOf(newPair().privateKey), pemOf(newPair('secp384r1').privateKey), 'MB…77', 'a text'];
    expect(findForbidden(others.join('\n'), forbidden)).toEqual([]);
  });
});
