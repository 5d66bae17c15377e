import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFaultText } from '../../../sandbox/faults/fault.ts';
import { resultCodes } from '../../../sandbox/gateway/result-codes.ts';
import { isSignedBy, readSignatureHeader, signedContent } from '../../../sandbox/gateway/signature.ts';
import { aBody, start } from '../requests.ts';
import { aSession, type HttpAnswer, type Session } from '../sandbox-client.ts';

let session: Session;
beforeAll(async () => {
  session = await aSession();
});
beforeEach(() => session.sandbox.reset());
afterAll(() => session[Symbol.asyncDispose]());

function plan(text: string): void {
  const read = readFaultText(text);
  if (read.kind === 'invalid') throw new Error(read.problem);
  session.sandbox.addFault(read.fault);
}

/** What the journal has of the only request. */
const entry = () => session.sandbox.requests.waitFor(one => one.durationMs !== null);
const card = () => session.sandbox.cards()[0] ?? null;

function signatureHolds({ headers, text }: HttpAnswer): boolean {
  const header = readSignatureHeader(String(headers.signature));
  const content = signedContent('SANDBOX_CLIENT_0001', String(headers['response-time']), Buffer.from(text));
  return header !== null && isSignedBy(session.sandbox.keys.platform.publicKey, content, header.signature);
}

describe('an injected result', () => {
  it.each(resultCodes)('%s is a true answer, without effect', async code => {
    plan(`${code},count=1`);
    const answer = await session.post(aBody());
    expect(JSON.parse(answer.text).result.resultCode).toBe(code);
    expect(signatureHolds(answer)).toBe(true);
    expect(card()).toBeNull();
    expect(await entry()).toMatchObject({ outcome: `fault:${code}`, fault: code, resultCode: code, answered: true });
  });

  it.each([
    ['of unknown outcome leaves the request open', 'SYSTEM_ERROR', 'SUCCESS'],
    ['of the gateway leaves it open', 'INVALID_SIGNATURE', 'SUCCESS'],
    ['of the API is final', 'UN_SUPPORT_BUSINESS', 'UN_SUPPORT_BUSINESS'],
    ['made final by its status is final', 'UNKNOWN_EXCEPTION,resultStatus=F', 'UNKNOWN_EXCEPTION'],
  ])('%s', async (_, text, then) => {
    plan(`${text},count=1`);
    await session.post(aBody());
    expect(await session.codeOf(aBody())).toBe(then);
  });

  it('after the effect hides it: the repetition learns of it', async () => {
    plan('UNKNOWN_EXCEPTION,when=after,count=1');
    expect(await session.codeOf(aBody())).toBe('UNKNOWN_EXCEPTION');
    expect(card()).not.toBeNull();
    expect(await entry()).toMatchObject({
      outcome: 'created',
      fault: 'UNKNOWN_EXCEPTION',
      resultCode: 'UNKNOWN_EXCEPTION',
    });
    expect(await session.codeOf(aBody())).toBe('SUCCESS');
    expect(session.sandbox.stats().byOutcome).toEqual({ created: 1, repeat: 1 });
  });

  it('does not hide a requestId used with another body', async () => {
    await session.post(aBody());
    plan('SYSTEM_ERROR');
    await session.post(aBody({ bizDate: start + 1 }));
    expect(session.sandbox.stats().requestIdConflicts).toBe(1);
  });

  it('to a stranger takes no requestId', async () => {
    plan('UN_SUPPORT_BUSINESS,count=1');
    await session.post(aBody(), { headers: { signature: 'signature=AAAA' } });
    expect(await session.codeOf(aBody({ bizDate: start + 1 }))).toBe('SUCCESS');
  });
});

describe('an HTTP status', () => {
  it.each([
    ['http,status=500', 500, {}],
    ['http,status=503,retryAfter=3', 503, { 'retry-after': '3' }],
    ['http,status=404', 404, {}],
    ['http,status=302', 302, { location: '/elsewhere' }],
    ['http,status=307,location=/x', 307, { location: '/x' }],
    ['http,status=204', 204, {}],
  ])('%s', async (text, status, headers) => {
    plan(text);
    const answer = await session.post(aBody());
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(headers);
    expect(answer.headers['content-length'] === undefined).toBe(status === 204);
    expect(answer.text).not.toContain('resultCode');
    expect(card()).toBeNull();
    expect(await entry()).toMatchObject({ outcome: `fault:http-${status}`, resultCode: null, answered: true });
  });

  it('may come after the effect', async () => {
    plan('http,status=503,when=after,count=1');
    expect((await session.post(aBody())).status).toBe(503);
    expect(await entry()).toMatchObject({ outcome: 'created', fault: 'http-503', resultCode: null });
    expect(await session.codeOf(aBody())).toBe('SUCCESS');
    expect(session.sandbox.stats().byOutcome).toEqual({ created: 1, repeat: 1 });
  });
});

describe('a broken answer', () => {
  it.each([
    ['garbage', 200],
    ['html,status=502', 502],
    ['empty', 200],
  ])('%s is no JSON', async (text, status) => {
    plan(text);
    const answer = await session.post(aBody());
    expect(answer.status).toBe(status);
    expect(() => JSON.parse(answer.text)).toThrow();
    expect(card()).toBeNull();
  });

  it.each([
    ['drop', false],
    ['drop,when=after', true],
    ['truncated', true],
  ])('%s cuts the connection', async (text, hasEffect) => {
    plan(`${text},count=1`);
    await expect(session.post(aBody())).rejects.toThrow(/other side closed|terminated/);
    expect(card() !== null).toBe(hasEffect);
    expect(await entry()).toMatchObject({ resultCode: null, answered: false });
    expect(await session.codeOf(aBody())).toBe('SUCCESS');
  });

  it('timeout never comes, until the client gives up', async () => {
    plan('timeout,when=after,count=1');
    const patience = new AbortController();
    const givesUp = expect(session.post(aBody(), { signal: patience.signal })).rejects.toThrow();
    await session.sandbox.requests.waitFor(() => true);
    expect(session.sandbox.stats()).toMatchObject({ inFlight: 1, cards: 1 });
    patience.abort();
    await givesUp;
    expect(await entry()).toMatchObject({ outcome: 'created', resultCode: null, answered: false });
    expect(await session.codeOf(aBody())).toBe('SUCCESS');
    expect(session.sandbox.stats().inFlight).toBe(0);
  });
});

describe('the true answer', () => {
  it('may have a bad signature', async () => {
    plan('bad-signature');
    const answer = await session.post(aBody());
    expect(JSON.parse(answer.text).result.resultCode).toBe('SUCCESS');
    expect(readSignatureHeader(String(answer.headers.signature))?.signature).toHaveLength(256);
    expect(signatureHolds(answer)).toBe(false);
    expect(card()).not.toBeNull();
  });

  it('may have none', async () => {
    plan('no-signature');
    const answer = await session.post(aBody());
    expect(JSON.parse(answer.text).result.resultCode).toBe('SUCCESS');
    expect(answer.headers.signature).toBeUndefined();
  });

  it('may come late: after its own delay and that of all answers', async () => {
    const waits: number[] = [];
    await using slow = await aSession({
      latencyMs: 20,
      wait: async ms => {
        waits.push(ms);
        // The request has taken effect, the client knows nothing yet.
        expect(slow.sandbox.stats()).toMatchObject({ inFlight: 1, cards: 1 });
      },
    });
    expect(await slow.codeOf(aBody())).toBe('SUCCESS');
    await slow.control('POST', '/sandbox/faults', { kind: 'slow', delayMs: 3000 });
    expect(await slow.codeOf(aBody())).toBe('SUCCESS');
    expect(waits).toEqual([20, 3020]);
    expect(slow.sandbox.requests.list({ after: 1 })).toMatchObject([
      { outcome: 'repeat', fault: 'slow', resultCode: 'SUCCESS', answered: true },
    ]);
  });
});
