import { constants, type KeyObject, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAnswer, type SignedAnswer, signRequest } from '../../../connector/delivery/sign.ts';
import type { SigningKey, VerifyingKey } from '../../../connector/keys/key-ring.ts';
import { keySource, newPair } from '../../support/key-rings.ts';

const ours = newPair();
const theirs = newPair();
const path = '/api/open/alipay/intl/promotion/order/contractCardSync';
const time = '2026-11-23T01:02:03.045+00:00';

/** An answer as the platform would sign it, by another way than the code under test: PKCS#1 v1.5 named, the header put together here. */
function signedAnswer(body: string, change: Partial<SignedAnswer> = {}): SignedAnswer {
  const content = `POST ${path}\n4Q5Y.${time}.${body}`;
  const key = { key: theirs.privateKey, padding: constants.RSA_PKCS1_PADDING };
  const base64 = nodeSign('sha256', Buffer.from(content), key).toString('base64');
  const signature = `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(base64)}`;
  return { path, clientId: '4Q5Y', time, signature, body: Buffer.from(body), ...change };
}

const signing = (key: KeyObject, version: number): SigningKey =>
  keySource({ privateKey: key, keyVersion: version }).current.signing;
const verifying = (...keys: readonly (readonly [number | null, KeyObject])[]): readonly VerifyingKey[] =>
  keySource({ privateKey: ours.privateKey, publicKeys: keys }).current.verifying;
const check = (answer: SignedAnswer) => checkAnswer(verifying([null, theirs.publicKey]), answer);

describe('the Signature header of a request', () => {
  it('names algorithm and key version, and is base64, URL-encoded', async () => {
    const signed = await signRequest(signing(ours.privateKey, 7), { path, clientId: '4Q5Y', time, body: '{}' });
    expect(signed.signature).toMatch(/^algorithm=RSA256,keyVersion=7,signature=(?:[A-Za-z0-9]|%2B|%2F)+(?:%3D){2}$/);
  });

  it('holds SHA256withRSA (PKCS#1 v1.5) over "POST path, line feed, Client-Id.time.body"', async () => {
    const body = '{"name":"港鐵"}';
    const signed = await signRequest(signing(ours.privateKey, 1), { path, clientId: '4Q5Y', time, body });
    expect(signed.body).toEqual(Buffer.from(body));
    const signature = Buffer.from(decodeURIComponent(signed.signature.split('signature=')[1] ?? ''), 'base64');
    const content = Buffer.from(`POST ${path}\n4Q5Y.${time}.${body}`);
    const key = { key: ours.publicKey, padding: constants.RSA_PKCS1_PADDING };
    expect(nodeVerify('sha256', content, key, signature)).toBe(true);
    expect(nodeVerify('sha256', Buffer.concat([content, Buffer.from('\n')]), key, signature)).toBe(false);
  });
});

describe("an answer's signature", () => {
  it('is verified', async () => {
    expect(await check(signedAnswer('{"result":{}}'))).toBe('verified');
  });

  it.each<[string, (header: string) => string]>([
    ['base64 as it is', (header: string) => decodeURIComponent(header)],
    ['other parts in another order', (header: string) => `${header.split(',')[2]},keyVersion=2,algorithm=RSA256`],
    ['spaces after the commas', (header: string) => header.replaceAll(',', ', ')],
    ['spaces around the equals signs', (header: string) => header.replaceAll('=', ' = ')],
    ['quotes around the values', (header: string) => header.replaceAll(/=([^,]*)/g, '="$1"')],
    ['single quotes around the values', (header: string) => header.replaceAll(/=([^,]*)/g, "='$1'")],
    ['names in capitals', (header: string) => header.replaceAll(/\w+=/g, name => name.toUpperCase())],
    [
      'names that begin with a capital',
      (header: string) => header.replaceAll(/\b[aks](?=\w+=)/g, a => a.toUpperCase()),
    ],
    ...['SHA256withRSA', 'sha256withrsa', 'rsa256', 'RSA2', 'RSA-SHA256', '"RSA256"', ''].map(
      (name): [string, (header: string) => string] => [
        `the algorithm ${name}`,
        header => header.replace('RSA256', name),
      ],
    ),
  ])('is verified whatever its header looks like: %s', async (_, form) => {
    const answer = signedAnswer('{}');
    expect(await check({ ...answer, signature: form(answer.signature ?? '') })).toBe('verified');
  });

  it.each<[string, Partial<SignedAnswer>]>([
    ['another body', { body: Buffer.from('{"a":2}') }],
    ['a line feed at the end of the body', { body: Buffer.from('{"a":1}\n') }],
    ['another time', { time: '2026-11-23T01:02:03.046+00:00' }],
    ['another client', { clientId: '4Q5Z' }],
    ['another path', { path: `${path}/` }],
    ['a signature of nothing', { signature: 'algorithm=RSA256,keyVersion=1,signature=' }],
    ['a signature that is none', { signature: 'algorithm=RSA256,keyVersion=1,signature=AAAA' }],
    ['no signature in the header', { signature: 'algorithm=RSA256,keyVersion=1' }],
    ['a broken escape', { signature: 'algorithm=RSA256,keyVersion=1,signature=%E0%A4%A' }],
    ['an empty header', { signature: '' }],
  ])('is bad with %s', async (_, change) => {
    expect(await check(signedAnswer('{"a":1}', change))).toBe('bad');
  });

  it('is bad when it stands under another name', async () => {
    const answer = signedAnswer('{}');
    const signature = answer.signature?.replace(',signature=', ',oldsignature=');
    expect(await check({ ...answer, signature })).toBe('bad');
  });

  it('is bad when another key made it', async () => {
    expect(await checkAnswer(verifying([null, ours.publicKey]), signedAnswer('{}'))).toBe('bad');
  });

  it.each([{ signature: undefined }, { time: undefined }])('is missing without its headers: %o', async change => {
    expect(await check(signedAnswer('{}', change))).toBe('missing');
  });
});

describe('the key that an answer is checked with', () => {
  const other = newPair();
  const curve = newPair('secp224r1');
  const header = (change: (header: string) => string) => {
    const answer = signedAnswer('{}');
    return { ...answer, signature: change(answer.signature ?? '') };
  };
  const theirsIs = (version: number) => verifying([version, theirs.publicKey], [version + 1, other.publicKey]);

  it('is that of the version which the answer names, and no other', async () => {
    expect(await checkAnswer(theirsIs(1), signedAnswer('{}'))).toBe('verified');
    expect(await checkAnswer(theirsIs(0), signedAnswer('{}'))).toBe('bad');
  });

  it('is any where the answer names no version, or one that is not known', async () => {
    const keys = verifying([7, other.publicKey], [8, theirs.publicKey]);
    expect(
      await checkAnswer(
        keys,
        header(text => text.replace('keyVersion=1,', '')),
      ),
    ).toBe('verified');
    expect(await checkAnswer(keys, signedAnswer('{}'))).toBe('verified');
    expect(
      await checkAnswer(
        keys,
        header(text => text.replace('=1,', '=7,')),
      ),
    ).toBe('bad');
  });

  it('decides the algorithm, and a wrong name in the header changes nothing', async () => {
    expect(await check(header(text => text.replace('RSA256', 'ECC224')))).toBe('verified');
    expect(await check(header(text => text.replace('algorithm=RSA256,', '')))).toBe('verified');
    expect(await checkAnswer(verifying([null, curve.publicKey]), signedAnswer('{}'))).toBe('bad');
    expect(await checkAnswer(verifying([null, curve.publicKey], [null, theirs.publicKey]), signedAnswer('{}'))).toBe(
      'verified',
    );
  });

  it.each(['SHA224', 'SHA256', 'SHA384', 'SHA512'] as const)(
    'of a curve is used with the hash of the settings: %s',
    async eccHash => {
      const { signing: key, verifying: keys } = keySource({
        privateKey: curve.privateKey,
        publicKeys: [[null, curve.publicKey]],
        eccHash,
      }).current;
      const { body, signature } = await signRequest(key, { path, clientId: '4Q5Y', time, body: '{}' });
      const bytes = Buffer.from(decodeURIComponent(signature.split('signature=')[1] ?? ''), 'base64');
      const content = Buffer.from(`POST ${path}\n4Q5Y.${time}.{}`);
      expect(signature).toMatch(/^algorithm=ECC224,keyVersion=1,signature=/);
      expect(nodeVerify(eccHash, content, { key: curve.publicKey, dsaEncoding: 'der' }, bytes)).toBe(true);
      expect(await checkAnswer(keys, { path, clientId: '4Q5Y', time, signature, body })).toBe('verified');
      expect(await checkAnswer(keys, { path, clientId: '4Q5Y', time, signature, body: Buffer.from('[]') })).toBe('bad');
    },
  );
});

describe('signing and checking', () => {
  // Any body there may be: also lone surrogates, control characters and what looks like our own separators.
  const anyBody = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('', '\n', '.', '\uFEFF', '\ud800'),
  );

  it('agree on any body', async () => {
    await fc.assert(
      fc.asyncProperty(anyBody, async text => {
        const request = { path, clientId: '4Q5Y', time, body: text };
        const { body, signature } = await signRequest(signing(theirs.privateKey, 1), request);
        expect(body).toEqual(Buffer.from(text));
        expect(await check({ path, clientId: '4Q5Y', time, signature, body })).toBe('verified');
      }),
      { numRuns: 60 },
    );
  });

  it('disagree when any one bit of body or signature is another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.nat(), fc.boolean(), async (text, where, inBody) => {
        const answer = signedAnswer(text);
        const [begin, base64 = ''] = decodeURIComponent(answer.signature ?? '').split('signature=');
        const bytes = { body: Buffer.from(text), signature: Buffer.from(base64, 'base64') };
        const target = inBody ? bytes.body : bytes.signature;
        const at = where % (target.length * 8);
        target.writeUInt8(target.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
        const signature = `${begin}signature=${encodeURIComponent(bytes.signature.toString('base64'))}`;
        expect(await check({ ...answer, body: bytes.body, signature })).toBe('bad');
      }),
      { numRuns: 60 },
    );
  });
});
