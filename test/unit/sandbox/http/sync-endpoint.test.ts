import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBody, path, start } from '../requests.ts';
import { aSession, type HttpAnswer, type Session } from '../sandbox-client.ts';

const answerSchema = new URL('../../../../schemas/json/contract-card-sync.answer.schema.json', import.meta.url);
const isAnswer = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(answerSchema, 'utf8')));

/** Checks an answer as the API document asks a client to, with the key file of the platform. */
function holds({ headers, text }: HttpAnswer, publicKeyFile: string): boolean {
  const signature = /^algorithm=RSA256,keyVersion=1,signature=([\w%]+)$/.exec(String(headers.signature))?.[1] ?? '';
  const content = `POST ${path}\n${headers['client-id']}.${headers['response-time']}.${text}`;
  const key = createPublicKey(readFileSync(publicKeyFile));
  return verify('RSA-SHA256', Buffer.from(content), key, Buffer.from(decodeURIComponent(signature), 'base64'));
}

let session: Session;
beforeAll(async () => {
  session = await aSession({ bodyBytesMax: 5000 });
});
afterAll(() => session[Symbol.asyncDispose]());

describe('an answer', () => {
  it('is signed by the platform over its exact bytes, with all the headers of the document', async () => {
    const answer = await session.post(aBody());
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}');
    expect(answer.headers).toMatchObject({
      'client-id': 'SANDBOX_CLIENT_0001',
      'response-time': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/),
      'tracer-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'content-type': 'application/json;charset=UTF-8',
    });
    expect(Math.abs(Date.parse(String(answer.headers['response-time'])) - Date.now())).toBeLessThan(60_000);
    const { platform, client } = session.sandbox.keys;
    expect(holds(answer, platform.publicKeyFile)).toBe(true);
    expect(holds(answer, client.publicKeyFile)).toBe(false);
    expect(holds({ ...answer, text: answer.text.replace('success"', 'Success"') }, platform.publicKeyFile)).toBe(false);
  });

  it('is HTTP 200, signed and of the schema also when it refuses', async () => {
    const bodies = [
      '{',
      '"text"',
      '{"requestId":"x"}',
      aBody({ requestId: 'u', merchantBizNo: 'NONE', command: 'UPDATE' }),
    ];
    for (const body of bodies) {
      const answer = await session.post(body);
      expect(answer.status).toBe(200);
      expect(isAnswer(JSON.parse(answer.text))).toBe(true);
      expect(holds(answer, session.sandbox.keys.platform.publicKeyFile)).toBe(true);
    }
  });

  it.each<[string, () => Promise<HttpAnswer>, string]>([
    ['another method', () => session.fetch('PUT', path), 'METHOD_NOT_SUPPORTED'],
    ['a GET of no page', () => session.fetch('GET', '/nowhere'), 'METHOD_NOT_SUPPORTED'],
    ['another path', () => session.fetch('POST', '/api/open'), 'INVALID_API'],
    [
      'another content type',
      () => session.post('{}', { headers: { 'content-type': 'text/plain' } }),
      'MEDIA_TYPE_NOT_ACCEPTABLE',
    ],
    ['another client', () => session.post('{}', { headers: { 'client-id': 'X' } }), 'INVALID_CLIENT'],
    [
      'a signature of other bytes',
      () => session.post('{}', { headers: { signature: 'signature=AAAA' } }),
      'INVALID_SIGNATURE',
    ],
    ['no JSON', () => session.post('{"requestId":'), 'PARAM_ILLEGAL'],
    [
      'a byte order mark',
      () => session.post(`\uFEFF${JSON.stringify(aBody({ requestId: 'bom', merchantBizNo: 'BOM' }))}`),
      'PARAM_ILLEGAL',
    ],
    [
      'a long body',
      () => session.post(aBody({ requestId: 'long', merchantBizNo: 'LONG', merchantId: 'x'.repeat(5000) })),
      'PARAM_ILLEGAL',
    ],
  ])('refuses %s', async (_, send, code) => {
    expect(JSON.parse((await send()).text)).toMatchObject({ result: { resultStatus: 'F', resultCode: code } });
  });

  it('comes for a body that arrives in pieces', async () => {
    const body = aBody({ requestId: 'pieces', merchantBizNo: 'PIECES', merchantId: '中'.repeat(1000) });
    expect(await session.codeOf(body)).toBe('SUCCESS');
  });
});

describe('the journal', () => {
  it('has each request with what it did', async () => {
    session.sandbox.reset();
    const order = { merchantBizNo: 'JOURNAL' };
    await session.post(aBody({ ...order, requestId: 'a' }));
    await session.post(aBody({ ...order, requestId: 'a' }));
    await session.post(aBody({ ...order, requestId: 'a', bizDate: 5 }));
    await session.post(aBody({ ...order, requestId: 'b', command: 'UPDATE' }));
    await session.post('{', {});
    const [first, second] = session.sandbox.requests.list({});
    expect(first).toEqual({
      ...{
        sequence: 1,
        requestId: 'a',
        command: 'SEND',
        merchantBizNo: 'JOURNAL',
        bizDate: start,
        orderStatus: 'TO_BOARD',
      },
      ...{
        template: 'RIDE_HAILING_DEFAULT',
        outcome: 'created',
        fault: null,
        resultCode: 'SUCCESS',
        inFlight: 1,
        answered: true,
      },
      ...{
        receivedAt: expect.any(Number),
        digest: second?.digest,
        workMs: expect.any(Number),
        durationMs: expect.any(Number),
      },
    });
    const outcomes = session.sandbox.requests.list({}).map(entry => `${entry.outcome} ${entry.resultCode}`);
    expect(outcomes).toEqual([
      ...['created SUCCESS', 'repeat SUCCESS', 'conflict PARAM_ILLEGAL', 'outdated SUCCESS', 'refused PARAM_ILLEGAL'],
    ]);
    expect(session.sandbox.stats()).toMatchObject({ requests: 5, requestIdConflicts: 1, cards: 1, inFlight: 0 });
  });

  it('counts requests that overlap another one of their order, and no others', async () => {
    session.sandbox.reset();
    const hang = new AbortController();
    session.sandbox.addFault({ kind: 'timeout', count: 1 });
    const request = session.post(aBody({ requestId: '1', merchantBizNo: 'A' }), { signal: hang.signal });
    const hangsUp = expect(request).rejects.toThrow();
    await session.sandbox.requests.waitFor(entry => entry.requestId === '1');
    await session.post(aBody({ requestId: '2', merchantBizNo: 'B' }));
    await session.post(aBody({ requestId: '3', merchantBizNo: 'A' }));
    expect(session.sandbox.stats().concurrencyViolations).toBe(1);
    expect(session.sandbox.requests.list({}).map(entry => entry.inFlight)).toEqual([1, 1, 2]);
    hang.abort();
    await hangsUp;
  });

  it('does not count a retry at once after the client hung up', async () => {
    session.sandbox.reset();
    for (let round = 0; round < 20; round += 1) {
      const body = aBody({ requestId: `r-${round}` });
      const hang = new AbortController();
      session.sandbox.addFault({ kind: 'timeout', count: 1 });
      const hangsUp = expect(session.post(body, { signal: hang.signal })).rejects.toThrow();
      await session.sandbox.requests.waitFor(entry => entry.requestId === `r-${round}`);
      hang.abort();
      await session.post(body);
      await hangsUp;
    }
    expect(session.sandbox.stats()).toMatchObject({ requests: 40, concurrencyViolations: 0 });
  });
});

describe('settings', () => {
  it('can leave out both signatures', async () => {
    await using loose = await aSession({ verifySignatures: false, signAnswers: false });
    const answer = await loose.post(aBody(), { headers: { signature: undefined } });
    expect(JSON.parse(answer.text).result.resultCode).toBe('SUCCESS');
    expect(answer.headers.signature).toBeUndefined();
  });

  it('can name another client and key version', async () => {
    await using other = await aSession({ clientId: 'C2', keyVersion: 7 });
    const answer = await other.post(aBody(), { headers: { 'client-id': 'C2' } });
    expect(JSON.parse(answer.text).result.resultCode).toBe('KEY_NOT_FOUND');
    expect(answer.headers).toMatchObject({ 'client-id': 'C2', signature: expect.stringContaining('keyVersion=7,') });
  });
});
