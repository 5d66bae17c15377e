import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Arrival, checkArrival } from '../../../sandbox/gateway/checks.ts';
import { path, signedHeaders } from '../requests.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const settings = {
  clientId: 'SANDBOX_CLIENT_0001',
  clientKeys: new Map([
    [1, publicKey],
    [2, other.publicKey],
  ]),
  verifySignatures: true,
  bodyBytesMax: 1000,
};
const body = '{"requestId":"中文"}';

function arrival(changes: Partial<Arrival> & { readonly with?: Record<string, string | undefined> } = {}): Arrival {
  const { with: headers, ...fields } = changes;
  return {
    method: 'POST',
    path,
    headers: signedHeaders(privateKey, body, headers),
    body: Buffer.from(body),
    ...fields,
  };
}

function signatureWith(change: (text: string) => string): Arrival {
  const headers = signedHeaders(privateKey, body);
  return arrival({ with: { signature: change(headers.signature ?? '') } });
}

describe("the gateway's checks", () => {
  it.each<[string, Arrival]>([
    ['as the document shows it', arrival()],
    ['content type without charset', arrival({ with: { 'content-type': 'application/json' } })],
    ['content type in other letters', arrival({ with: { 'content-type': 'Application/JSON;charset=utf-8' } })],
    ['time in milliseconds', arrival({ with: { 'request-time': '2026-01-01T08:00:00.123+05:30' } })],
    ['time in UTC', arrival({ with: { 'request-time': '2026-01-01T08:00:00Z' } })],
    ['algorithm left out', signatureWith(text => text.replace('algorithm=RSA256,', ''))],
    ['blanks between the fields', signatureWith(text => text.replaceAll(',', ', '))],
    ['further headers', arrival({ with: { 'agent-token': 'abc' } })],
  ])('let through: %s', (_, request) => {
    expect(checkArrival(request, settings)).toBeNull();
  });

  it('take the latest key where the header names none', () => {
    const latest = arrival({ headers: signedHeaders(other.privateKey, body) });
    const signature = String(latest.headers.signature).replace('keyVersion=1,', '');
    expect(checkArrival({ ...latest, headers: { ...latest.headers, signature } }, settings)).toBeNull();
    expect(
      checkArrival(
        signatureWith(text => text.replace('keyVersion=1,', '')),
        settings,
      )?.code,
    ).toBe('INVALID_SIGNATURE');
  });

  it.each<[string, Arrival, string, string]>([
    ['another method', arrival({ method: 'PUT' }), 'METHOD_NOT_SUPPORTED', 'POST'],
    ['another path', arrival({ path: `${path}/` }), 'INVALID_API', ''],
    ['no content type', arrival({ with: { 'content-type': undefined } }), 'MEDIA_TYPE_NOT_ACCEPTABLE', ''],
    [
      'a form',
      arrival({ with: { 'content-type': 'application/x-www-form-urlencoded' } }),
      'MEDIA_TYPE_NOT_ACCEPTABLE',
      '',
    ],
    [
      'another charset',
      arrival({ with: { 'content-type': 'application/json; charset=big5' } }),
      'MEDIA_TYPE_NOT_ACCEPTABLE',
      '',
    ],
    [
      'no Client-Id',
      arrival({ headers: { ...signedHeaders(privateKey, body), 'client-id': undefined } }),
      'PARAM_ILLEGAL',
      'Client-Id',
    ],
    ['no Signature', arrival({ with: { signature: undefined } }), 'PARAM_ILLEGAL', 'Signature'],
    [
      'no Request-Time',
      arrival({ headers: { ...signedHeaders(privateKey, body), 'request-time': undefined } }),
      'PARAM_ILLEGAL',
      'Request-Time',
    ],
    ['another client', arrival({ with: { 'client-id': 'SOMEBODY' } }), 'INVALID_CLIENT', ''],
    ['a signature of no known form', arrival({ with: { signature: 'abc' } }), 'INVALID_SIGNATURE', 'header'],
    [
      'an unknown key version',
      signatureWith(text => text.replace('keyVersion=1', 'keyVersion=3')),
      'KEY_NOT_FOUND',
      '',
    ],
    [
      'a key version that is no number',
      signatureWith(text => text.replace('keyVersion=1', 'keyVersion=x')),
      'INVALID_SIGNATURE',
      '',
    ],
    ['another algorithm', signatureWith(text => text.replace('RSA256', 'ECC224')), 'INVALID_SIGNATURE', 'RSA256'],
    [
      "another version's key",
      signatureWith(text => text.replace('keyVersion=1', 'keyVersion=2')),
      'INVALID_SIGNATURE',
      '',
    ],
    ['a body that is not the one signed', arrival({ body: Buffer.from(`${body} `) }), 'INVALID_SIGNATURE', ''],
    [
      'a time without offset',
      arrival({ with: { 'request-time': '2026-01-01T08:00:00' } }),
      'PARAM_ILLEGAL',
      'Request-Time',
    ],
    [
      'a time that there is not',
      arrival({ with: { 'request-time': '2026-13-01T08:00:00Z' } }),
      'PARAM_ILLEGAL',
      'Request-Time',
    ],
    [
      'an encrypted body',
      arrival({ with: { encrypt: 'algorithm=RSA_AES,keyVersion=1,symmetricKey=x' } }),
      'PARAM_ILLEGAL',
      'Encrypt',
    ],
    ['a body that is too long', arrival({ body: null }), 'PARAM_ILLEGAL', '1000 bytes'],
  ])('refuse: %s', (_, request, code, words) => {
    const result = checkArrival(request, settings);
    expect(result).toMatchObject({ status: 'F', code });
    expect(result?.text).toContain(words);
  });

  it('come in the order of a gateway: of several faults the first is told', () => {
    const broken: Partial<Record<string, string>> = {
      'content-type': 'text/plain',
      'client-id': 'SOMEBODY',
      signature: 'algorithm=RSA256,keyVersion=9,signature=AAAA',
      'request-time': 'yesterday',
    };
    const codeOf = (request: Partial<Arrival>) =>
      checkArrival({ method: 'POST', path, headers: broken, body: Buffer.from('x'), ...request }, settings)?.code;
    const cure = (...names: string[]) => {
      const sound = signedHeaders(privateKey, 'x');
      return { headers: { ...broken, ...Object.fromEntries(names.map(name => [name, sound[name]])) } };
    };
    expect(codeOf({ method: 'GET', path: '/' })).toBe('METHOD_NOT_SUPPORTED');
    expect(codeOf({ path: '/' })).toBe('INVALID_API');
    expect(codeOf({})).toBe('MEDIA_TYPE_NOT_ACCEPTABLE');
    expect(codeOf(cure('content-type'))).toBe('INVALID_CLIENT');
    expect(codeOf(cure('content-type', 'client-id'))).toBe('KEY_NOT_FOUND');
    expect(codeOf(cure('content-type', 'client-id', 'signature'))).toBe('INVALID_SIGNATURE');
  });

  it('look at no signature when told so', () => {
    const unsigned = arrival({ with: { signature: undefined } });
    expect(checkArrival(unsigned, { ...settings, verifySignatures: false })).toBeNull();
  });
});
