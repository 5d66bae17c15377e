import { execFileSync } from 'node:child_process';
import { constants, createHash, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../connector/kernel/secret.ts';
import { type ArrivedRequest, answers, type Behaviour, keepsSilent, resets } from '../../support/fake-platform.ts';
import { keySource, newPair } from '../../support/key-rings.ts';
import { newDeliveries, ours, path, success } from './deliveries.ts';

const world = newDeliveries();
const { deliver, reopen } = world;

async function arrivedAfter(body: string): Promise<ArrivedRequest> {
  await deliver(body);
  const request = world.platform.requests.at(-1);
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

  it("is sent under the base URL's path, which a reverse proxy takes away again, and is signed without it", async () => {
    await reopen({ baseUrl: `${world.platform.url}/proxy/` });
    const request = await arrivedAfter('{}');
    expect(request.path).toBe(`/proxy${path}`);
    const stripped = { ...request, path };
    expect(verify('sha256', signedContent(stripped), ours.publicKey, signatureOf(request))).toBe(true);
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
    world.platform.behave(answers(body, { status: 429, headers: { 'Tracer-Id': 'T-1', 'Retry-After': '7' } }));
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
    world.platform.behave(behaviour);
    expect(await deliver()).toMatchObject({ kind: 'answered', httpStatus, result: null, unreadable });
  });

  it('is read as UTF-8 whatever charset its header claims', async () => {
    const body = success.replace('success"}', '成功"}');
    world.platform.behave(answers(body, { headers: { 'content-type': 'application/json; charset=GBK' } }));
    expect(await deliver()).toMatchObject({ result: { message: '成功' } });
  });

  it('has a Tracer-Id of at most 128 characters', async () => {
    world.platform.behave(answers(success, { headers: { 'tracer-id': 't'.repeat(5_000) } }));
    expect(await deliver()).toMatchObject({ tracerId: 't'.repeat(128) });
  });

  it.each<[string, Behaviour, string]>([
    ['a reset', resets, 'connection'],
    ['an answer past the limit', answers('x'.repeat(65_537)), 'too-large'],
  ])('that did not come is told: %s', async (_, behaviour, cause) => {
    world.platform.behave(behaviour);
    expect(await deliver()).toMatchObject({ kind: 'unanswered', cause });
  });

  it('that takes too long is told', async () => {
    await reopen({ requestTimeoutMs: 50 });
    world.platform.behave(keepsSilent);
    expect(await deliver()).toMatchObject({ kind: 'unanswered', cause: 'timeout' });
  });

  it('that is given up is told', async () => {
    world.platform.behave(keepsSilent);
    const abort = new AbortController();
    const answer = deliver('{}', abort.signal);
    await world.platform.arrived(1);
    abort.abort();
    expect(await answer).toMatchObject({ kind: 'unanswered', cause: 'aborted' });
  });

  it('that is given up before it is sent sends nothing', async () => {
    expect(await deliver('{}', AbortSignal.abort())).toMatchObject({ kind: 'unanswered', cause: 'aborted' });
    expect(world.platform.requests).toEqual([]);
  });
});

describe('opening', () => {
  it('connects to nothing', () => {
    expect(world.platform.connectionsPeak).toBe(0);
  });
});

describe('keys', () => {
  it('of an elliptic curve sign as ECC224', async () => {
    const pair = newPair('secp224r1');
    await reopen({ keys: keySource({ privateKey: pair.privateKey, keyVersion: 4 }) });
    const request = await arrivedAfter('{}');
    expect(request.headers.signature).toMatch(/^algorithm=ECC224,keyVersion=4,signature=/);
    expect(verify('sha256', signedContent(request), pair.publicKey, signatureOf(request))).toBe(true);
  });

  it('that are exchanged sign the next request', async () => {
    const next = newPair();
    const keys = { current: keySource({ privateKey: ours.privateKey, keyVersion: 3 }).current };
    await reopen({ keys });
    expect((await arrivedAfter('{}')).headers.signature).toContain('keyVersion=3');
    keys.current = keySource({ privateKey: next.privateKey, keyVersion: 4 }).current;
    const request = await arrivedAfter('{}');
    expect(request.headers.signature).toContain('keyVersion=4');
    expect(verify('sha256', signedContent(request), next.publicKey, signatureOf(request))).toBe(true);
  });
});
