import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAnswer, signRequest } from '../../../connector/delivery/sign.ts';
import { keyText } from '../../../connector/kernel/key-material.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { readPrivateKey, readPublicKey } from '../../../connector/keys/read-key.ts';
import { keySource, newPair } from '../../support/key-rings.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

// Every encoding of keys that merchants have, made by OpenSSL's command line; and signatures that it makes and verifies.

const path = '/api/open/alipay/intl/promotion/order/contractCardSync';
const [clientId, time] = ['4Q5Y', '2026-11-23T01:02:03.045+00:00'];
const body = Buffer.from('{"name":"港鐵"}');
const content = Buffer.concat([Buffer.from(`POST ${path}\n${clientId}.${time}.`), body]);

let ssl: OpenSsl;

const commands = [
  // The pairs.
  'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem',
  'ecparam -genkey -name secp224r1 -out ec.pem',
  'req -x509 -key rsa.pem -days 2 -subj /CN=rsa -out rsa-certificate.pem',
  'req -x509 -key ec.pem -days 2 -subj /CN=ec -out ec-certificate.pem',
  ...['rsa', 'ec'].flatMap(kind => [
    `pkcs8 -topk8 -nocrypt -in ${kind}.pem -out ${kind}-pkcs8.pem`,
    `pkcs8 -topk8 -nocrypt -in ${kind}.pem -outform DER -out ${kind}-pkcs8.der`,
    `${kind} -in ${kind}.pem -aes256 -passout pass:sesame ${kind === 'rsa' ? '-traditional ' : ''}-out ${kind}-legacy-encrypted.pem`,
    `pkcs8 -topk8 -v2 aes256 -passout pass:sesame -in ${kind}.pem -out ${kind}-encrypted.pem`,
    `pkcs8 -topk8 -v2 aes256 -passout pass:sesame -in ${kind}.pem -outform DER -out ${kind}-encrypted.der`,
    `pkey -in ${kind}.pem -pubout -out ${kind}-public.pem`,
    `pkey -in ${kind}.pem -pubout -outform DER -out ${kind}-public.der`,
    `x509 -in ${kind}-certificate.pem -outform DER -out ${kind}-certificate.der`,
  ]),
  'rsa -in rsa.pem -traditional -out rsa-pkcs1.pem',
  'rsa -in rsa.pem -traditional -outform DER -out rsa-pkcs1.der',
  'rsa -in rsa.pem -RSAPublicKey_out -out rsa-public-pkcs1.pem',
  'rsa -in rsa.pem -RSAPublicKey_out -outform DER -out rsa-public-pkcs1.der',
  'ec -in ec.pem -outform DER -out ec-sec1.der',
  'ec -in ec.pem -no_public -out ec-without-public.pem',
  'ec -in ec.pem -conv_form compressed -out ec-compressed.pem',
];

beforeAll(() => {
  ssl = openSsl();
  for (const command of commands) ssl.run(command);
});

afterAll(() => ssl[Symbol.dispose]());

const bare = (text: string) => text.replace(/-----[^-]+-----/g, '').trim();

/** How the same file may look when it has gone through a console, a template or another system. */
const looks: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', text => text],
  ['with line ends of Windows', text => text.replaceAll('\n', '\r\n')],
  ['indented', text => text.replaceAll('\n', '\n    ')],
  [
    'with a byte order mark and text around it',
    text => `\uFEFFBag Attributes\n    friendlyName: x\n${text}\n-- end --\n`,
  ],
  ['as bare base64, in lines', bare],
  ['as bare base64, in one line', text => bare(text).replaceAll('\n', '')],
];

describe('a private key of OpenSSL', () => {
  const names = [
    ['rsa', 'rsa-pkcs8.pem'],
    ['rsa', 'rsa-pkcs1.pem'],
    ['ec', 'ec.pem'],
    ['ec', 'ec-pkcs8.pem'],
    ['ec', 'ec-without-public.pem'],
    ['ec', 'ec-compressed.pem'],
  ] as const;

  it.each(names.flatMap(([kind, name]) => looks.map(([look, change]) => [name, look, kind, change] as const)))(
    'is read: %s, %s',
    (name, look, kind, change) => {
      // A file of `openssl ecparam` has a block of parameters before the key: both in one base64 is no key's form.
      const text = look.startsWith('as bare')
        ? withoutParameters(ssl.read(name).toString())
        : ssl.read(name).toString();
      expectSameKey(change(text), kind);
    },
  );

  it.each([
    ['rsa', 'rsa-pkcs8.der'],
    ['rsa', 'rsa-pkcs1.der'],
    ['ec', 'ec-pkcs8.der'],
    ['ec', 'ec-sec1.der'],
  ] as const)('is read from DER: %s %s', (kind, name) => expectSameKey(keyText(ssl.read(name)), kind));

  it.each([
    ['rsa', 'rsa-encrypted.pem'],
    ['rsa', 'rsa-encrypted.der'],
    ['rsa', 'rsa-legacy-encrypted.pem'],
    ['ec', 'ec-encrypted.pem'],
    ['ec', 'ec-encrypted.der'],
    ['ec', 'ec-legacy-encrypted.pem'],
  ] as const)('is read with its passphrase, and not with another: %s %s', (kind, name) => {
    const text = keyText(ssl.read(name));
    expectSameKey(text, kind, 'sesame');
    expect(() => read(text, 'wrong')).toThrow(
      /cannot be decrypted: the passphrase in platform.privateKeyPassphraseFile/,
    );
    expect(() => read(text)).toThrow(/is encrypted: give its passphrase in platform.privateKeyPassphraseFile/);
  });

  function read(text: string, passphrase?: string) {
    return readPrivateKey(new Secret(text), {
      passphrase: passphrase === undefined ? null : new Secret(passphrase),
      eccHash: 'SHA256',
    });
  }

  function expectSameKey(text: string, kind: 'rsa' | 'ec', passphrase?: string): void {
    const { key, algorithm, description } = read(text, passphrase);
    expect([algorithm, description]).toEqual(
      kind === 'rsa' ? ['RSA256', 'RSA, 2048 bits'] : ['ECC224', 'EC, secp224r1'],
    );
    ssl.write('read.pem', key.export({ type: 'pkcs8', format: 'pem' }));
    expect(ssl.run(`pkey -in read.pem -pubout${kind === 'ec' ? ' -ec_conv_form uncompressed' : ''}`).toString()).toBe(
      ssl.read(`${kind}-public.pem`).toString(),
    );
  }
});

function withoutParameters(text: string): string {
  return text.replace(/-----BEGIN EC PARAMETERS-----[\s\S]*-----END EC PARAMETERS-----\n/, '');
}

describe('a public key of OpenSSL', () => {
  const expectSameKey = (text: string, name: string) => {
    const { key } = readPublicKey(text, 'SHA256');
    const expected = ssl.read(`${name.split('-')[0]}-public.pem`).toString();
    expect(key.export({ type: 'spki', format: 'pem' })).toBe(expected);
  };
  const names = ['rsa-public', 'rsa-public-pkcs1', 'rsa-certificate', 'ec-public', 'ec-certificate'];

  it.each(names.flatMap(name => looks.map(([look, change]) => [name, look, change] as const)))(
    'is read: %s, %s',
    (name, _, change) => expectSameKey(change(ssl.read(`${name}.pem`).toString()), name),
  );

  it.each(names)('is read from DER: %s', name => expectSameKey(keyText(ssl.read(`${name}.der`)), name));
});

describe.each(['rsa', 'ec'])('signatures with %s', kind => {
  const ring = () =>
    keySource({
      privateKey: ssl.read(`${kind}.pem`).toString(),
      publicKeys: [[1, ssl.read(`${kind}-public.pem`).toString()]],
    }).current;

  it('of ours are verified by OpenSSL', async () => {
    const { signature } = await signRequest(ring().signing, { path, clientId, time, body: body.toString() });
    ssl.write('signature', Buffer.from(decodeURIComponent(signature.split('signature=')[1] ?? ''), 'base64'));
    ssl.write('content', content);
    const verify = `dgst -sha256 -verify ${kind}-public.pem -signature signature`;
    expect(ssl.run(`${verify} content`).toString()).toBe('Verified OK\n');
    ssl.write('content', Buffer.concat([content, Buffer.from('\n')]));
    expect(() => ssl.run(`${verify} content`)).toThrow(/Command failed: openssl dgst/);
  });

  it('of OpenSSL are verified by ours', async () => {
    ssl.write('content', content);
    const base64 = ssl.run(`dgst -sha256 -sign ${kind}.pem content`).toString('base64');
    const algorithm = kind === 'rsa' ? 'RSA256' : 'ECC224';
    const signature = `algorithm=${algorithm},keyVersion=1,signature=${encodeURIComponent(base64)}`;
    const { verifying } = ring();
    expect(await checkAnswer(verifying, { path, clientId, time, signature, body })).toBe('verified');
    expect(await checkAnswer(verifying, { path, clientId, time, signature, body: Buffer.from('{}') })).toBe('bad');
    const strangers = keySource({ privateKey: newPair().privateKey, publicKeys: [[1, newPair().publicKey]] });
    expect(await checkAnswer(strangers.current.verifying, { path, clientId, time, signature, body })).toBe('bad');
  });
});
