import { execFileSync } from 'node:child_process';
import { constants, createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeliveryOptions, type OpenDelivery, openDelivery } from '../../../connector/delivery/deliver.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { type Clock, instant } from '../../../connector/kernel/time.ts';
import type { Answer, SignatureCheck } from '../../../connector/order/answer.ts';
import type { CardRequest } from '../../../connector/order/decide.ts';
import {
  type ArrivedRequest,
  answers,
  type Behaviour,
  type FakePlatform,
  keepsSilent,
  resets,
  startFakePlatform,
} from '../../support/fake-platform.ts';

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const path = '/api/open/alipay/intl/promotion/order/contractCardSync';
const never = new AbortController().signal;
const clock: Clock = { now: () => instant(Date.UTC(2026, 10, 23, 1, 2, 3, 45)), sleep: async () => undefined };
const success = '{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}';

let platform: FakePlatform;
let delivery: OpenDelivery;
let checks: SignatureCheck[];

beforeEach(async () => {
  platform = await startFakePlatform();
  platform.behave(answers(success));
  open();
});

afterEach(async () => {
  await delivery[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

function open(options: Partial<DeliveryOptions> = {}): void {
  checks = [];
  const all: DeliveryOptions = {
    baseUrl: platform.url,
    path,
    clientId: '4Q5Y8W0WSG45P907917',
    privateKey: new Secret(ours.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    keyVersion: 3,
    agentToken: null,
    publicKey: null,
    verifyAnswers: 'off',
    tls: null,
    connectTimeoutMs: 5_000,
    requestTimeoutMs: 60_000,
    answerBytesMax: 65_536,
    connectionsMax: 4,
    ...options,
  };
  delivery = openDelivery(all, clock, { signatureChecked: check => checks.push(check) });
}

async function reopen(options: Partial<DeliveryOptions>): Promise<void> {
  await delivery[Symbol.asyncDispose]();
  open(options);
}

function deliver(body = '{"requestId":"1"}', signal = never): Promise<Answer> {
  // Delivery reads nothing of a request but its body.
  return delivery.deliver({ body } as CardRequest, signal);
}

async function arrivedAfter(body: string): Promise<ArrivedRequest> {
  await deliver(body);
  const request = platform.requests.at(-1);
  if (request === undefined) throw new Error('nothing arrived');
  return request;
}

/** What the API document has signed of a request, from the bytes and headers that arrived. */
function signedContent({ path, headers, body }: ArrivedRequest): Buffer {
  return Buffer.concat([Buffer.from(`POST ${path}\n${headers['client-id']}.${headers['request-time']}.`), body]);
}

function signatureOf({ headers }: ArrivedRequest): Buffer {
  return Buffer.from(decodeURIComponent(String(headers.signature).split('signature=')[1] ?? ''), 'base64');
}

describe('a request', () => {
  it('is a POST of the body, byte for byte, to the path of the API', async () => {
    const body = '{"name":"港鐵 🚆","text":"a\\u0000b"}';
    const request = await arrivedAfter(body);
    expect(request).toMatchObject({ method: 'POST', path });
    expect(request.body.equals(Buffer.from(body))).toBe(true);
  });

  it('has the headers of the API document, and no Agent-Token where there is none', async () => {
    const { headers } = await arrivedAfter('{}');
    expect(headers).toMatchObject({
      'client-id': '4Q5Y8W0WSG45P907917',
      'content-type': 'application/json; charset=UTF-8',
      'request-time': '2026-11-23T01:02:03.045+00:00',
    });
    expect(headers.signature).toMatch(/^algorithm=RSA256,keyVersion=3,signature=[A-Za-z0-9%]+$/);
    expect(headers).not.toHaveProperty('agent-token');
  });

  it('has the Agent-Token where there is one', async () => {
    await reopen({ agentToken: new Secret('token-of-another') });
    expect((await arrivedAfter('{}')).headers['agent-token']).toBe('token-of-another');
  });

  it("goes under the base URL's path, which is signed too", async () => {
    await reopen({ baseUrl: `${platform.url}/proxy/` });
    const request = await arrivedAfter('{}');
    expect(request.path).toBe(`/proxy${path}`);
    expect(verify('sha256', signedContent(request), ours.publicKey, signatureOf(request))).toBe(true);
  });

  it('verifies with our public key over what arrived, whatever its text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: 'binary', minLength: 1 })), async body => {
        const request = await arrivedAfter(body);
        const key = { key: ours.publicKey, padding: constants.RSA_PKCS1_PADDING };
        expect(verify('sha256', signedContent(request), key, signatureOf(request))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("verifies with OpenSSL's command line", async () => {
    const request = await arrivedAfter('{"name":"港鐵"}');
    const folder = mkdtempSync(join(tmpdir(), 'card-sync-'));
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const key = file('public.pem', ours.publicKey.export({ type: 'spki', format: 'pem' }));
    const signature = file('signature', signatureOf(request));
    const content = file('content', signedContent(request));
    const verified = execFileSync('openssl', ['dgst', '-sha256', '-verify', key, '-signature', signature, content]);
    rmSync(folder, { recursive: true });
    expect(verified.toString()).toBe('Verified OK\n');
  });

  it('sends the same body again as the same bytes, and each is signed for itself', async () => {
    const [first, second] = [await arrivedAfter('{"a":1}'), await arrivedAfter('{"a":1}')];
    const digest = ({ body }: ArrivedRequest) => createHash('sha256').update(body).digest('hex');
    expect(digest(first)).toBe(digest(second));
  });
});

describe('an answer', () => {
  it('is told whole: status, result, Tracer-Id and Retry-After', async () => {
    const body =
      '{"result":{"resultStatus":"U","resultCode":"REQUEST_TRAFFIC_EXCEED_LIMIT","resultMessage":"slow down"}}';
    platform.behave(answers(body, { status: 429, headers: { 'Tracer-Id': 'T-1', 'Retry-After': '7' } }));
    expect(await deliver()).toEqual({
      kind: 'answered',
      httpStatus: 429,
      result: { code: 'REQUEST_TRAFFIC_EXCEED_LIMIT', status: 'U', message: 'slow down' },
      unreadable: null,
      signature: 'unchecked',
      tracerId: 'T-1',
      retryAfterMs: 7_000,
    });
  });

  it.each<[string, Behaviour, number, string]>([
    ['HTML', answers('<html>502</html>', { status: 502 }), 502, 'a body that is no JSON'],
    ['nothing', answers('', { status: 200 }), 200, 'an empty body'],
    ['204', socket => socket.write('HTTP/1.1 204 No Content\r\n\r\n'), 204, 'an empty body'],
    ['a redirect', answers('', { status: 302, headers: { location: '/elsewhere' } }), 302, 'an empty body'],
    ['garbage', answers(Buffer.from([0xff, 0xfe, 0x00])), 200, 'a body that is no JSON'],
    ['JSON of somebody else', answers('{"error":"not found"}', { status: 404 }), 404, 'JSON without a resultCode'],
  ])('without a result says why: %s', async (_, behaviour, httpStatus, unreadable) => {
    platform.behave(behaviour);
    expect(await deliver()).toMatchObject({ kind: 'answered', httpStatus, result: null, unreadable });
  });

  it('is read as UTF-8 whatever charset its header claims', async () => {
    const body = success.replace('success"}', '成功"}');
    platform.behave(answers(body, { headers: { 'content-type': 'application/json; charset=GBK' } }));
    expect(await deliver()).toMatchObject({ result: { message: '成功' } });
  });

  it('has a Tracer-Id of at most 128 characters', async () => {
    platform.behave(answers(success, { headers: { 'tracer-id': 't'.repeat(5_000) } }));
    expect(await deliver()).toMatchObject({ tracerId: 't'.repeat(128) });
  });

  it.each<[string, Behaviour, string]>([
    ['a reset', resets, 'connection'],
    ['an answer past the limit', answers('x'.repeat(65_537)), 'too-large'],
  ])('that did not come is told: %s', async (_, behaviour, cause) => {
    platform.behave(behaviour);
    expect(await deliver()).toMatchObject({ kind: 'unanswered', cause });
  });

  it('that takes too long is told', async () => {
    await reopen({ requestTimeoutMs: 50 });
    platform.behave(keepsSilent);
    expect(await deliver()).toMatchObject({ kind: 'unanswered', cause: 'timeout' });
  });

  it('that is given up is told', async () => {
    platform.behave(keepsSilent);
    const abort = new AbortController();
    const answer = deliver('{}', abort.signal);
    await platform.arrived(1);
    abort.abort();
    expect(await answer).toMatchObject({ kind: 'unanswered', cause: 'aborted' });
  });

  it('that is given up before it is sent sends nothing', async () => {
    expect(await deliver('{}', AbortSignal.abort())).toMatchObject({ kind: 'unanswered', cause: 'aborted' });
    expect(platform.requests).toEqual([]);
  });
});

/** A platform that signs its answers over the time, or over another one than it says. */
function signs(time: string, said = time): Behaviour {
  const content = `POST ${path}\n4Q5Y8W0WSG45P907917.${time}.${success}`;
  const signature = encodeURIComponent(sign('sha256', Buffer.from(content), theirs.privateKey).toString('base64'));
  const headers = { 'Response-Time': said, Signature: `algorithm=RSA256,keyVersion=1,signature=${signature}` };
  return answers(success, { headers });
}

describe("an answer's signature", () => {
  const publicKey = theirs.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const good = signs('2026-11-23T01:02:03.100+00:00');
  const bad = signs('2026-11-23T01:02:03.100+00:00', '2026-11-23T01:02:03.101+00:00');
  const none = answers(success);

  it.each<[DeliveryOptions['verifyAnswers'], string, Behaviour, SignatureCheck, SignatureCheck[]]>([
    ['required', 'good', good, 'verified', ['verified']],
    ['required', 'bad', bad, 'bad', ['bad']],
    ['required', 'missing', none, 'missing', ['missing']],
    ['warn', 'good', good, 'unchecked', ['verified']],
    ['warn', 'bad', bad, 'unchecked', ['bad']],
    ['warn', 'missing', none, 'unchecked', ['missing']],
    ['off', 'good', good, 'unchecked', []],
    ['off', 'bad', bad, 'unchecked', []],
  ])(
    'with verifyAnswers: %s, a %s one is believed as it should be, and reported',
    async (verifyAnswers, _, behaviour, signature, reported) => {
      await reopen({ verifyAnswers, publicKey });
      platform.behave(behaviour);
      expect(await deliver()).toMatchObject({ kind: 'answered', signature, result: { code: 'SUCCESS' } });
      expect(checks).toEqual(reported);
    },
  );

  it.each(['required', 'warn'] as const)(
    'is never left out in silence: verifyAnswers: %s needs a key',
    verifyAnswers => {
      expect(() => open({ verifyAnswers, publicKey: null })).toThrow(/KEY_INVALID.*platform\.publicKeyFile is missing/);
    },
  );

  it('is not looked at with a key that cannot be read: delivery does not open', () => {
    expect(() => open({ verifyAnswers: 'required', publicKey: 'x' })).toThrow(Fault);
  });
});

describe('opening', () => {
  it('connects to nothing, and refuses a bad private key', async () => {
    expect(platform.connectionsPeak).toBe(0);
    expect(() => open({ privateKey: new Secret('x') })).toThrow(/KEY_INVALID/);
  });
});
