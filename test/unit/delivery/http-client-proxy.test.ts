import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type HttpAnswer,
  type HttpClient,
  type HttpOptions,
  openHttpClient,
} from '../../../connector/delivery/http-client.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { type SelfSigned, selfSignedCertificate } from '../../support/certificates.ts';
import { type FakePlatform, startFakePlatform } from '../../support/fake-platform.ts';
import { type FakeProxy, startFakeProxy } from '../../support/fake-proxy.ts';

const never = new AbortController().signal;
let certificate: SelfSigned;
let platform: FakePlatform;
let proxy: FakeProxy;
let client: HttpClient | undefined;

beforeAll(() => {
  certificate = selfSignedCertificate('open.alipay.example');
});
beforeEach(async () => {
  platform = await startFakePlatform(certificate);
  proxy = await startFakeProxy();
});
afterEach(async () => {
  await client?.close();
  await proxy[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

function opened(more: Partial<HttpOptions> = {}): HttpClient {
  client = openHttpClient({
    origin: platform.url,
    tls: { ca: certificate.cert },
    proxy: { url: proxy.url, authorization: null },
    connectTimeoutMs: 5_000,
    requestTimeoutMs: 30_000,
    answerBytesMax: 1_000,
    connectionsMax: 2,
    ...more,
  });
  return client;
}

const post = (to: HttpClient, mayGo = () => true): Promise<HttpAnswer> =>
  to.post('/card?a=1', { 'content-type': 'application/json' }, Buffer.from('{"a":1}'), never, mayGo);

describe('requests through a proxy', () => {
  it('go to an https platform through a tunnel, over kept connections', async () => {
    const to = opened({ connectionsMax: 1 });
    expect(await post(to)).toMatchObject({ kind: 'whole', status: 200 });
    expect(await post(to)).toMatchObject({ kind: 'whole', status: 200 });
    const host = platform.url.replace('https://', '');
    expect(proxy.requests).toEqual([`CONNECT ${host}`]);
    expect(platform.requests.map(({ method, path, headers }) => [method, path, headers.host])).toEqual([
      ['POST', '/card?a=1', host],
      ['POST', '/card?a=1', host],
    ]);
    expect(platform.requests[0]?.body.toString()).toBe('{"a":1}');
  });

  it('show our credentials to the proxy, and only to it', async () => {
    const authorization = new Secret('Basic dTpw');
    expect(await post(opened({ proxy: { url: proxy.url, authorization } }))).toMatchObject({ kind: 'whole' });
    expect(proxy.authorizations).toEqual(['Basic dTpw']);
    expect(platform.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('present our certificate to the platform, and verify its name', async () => {
    const strict = await startFakePlatform({ ...certificate, ca: certificate.cert, requestCert: true });
    const tls = { ca: certificate.cert, cert: certificate.cert, key: new Secret(certificate.key) };
    expect(await post(opened({ origin: strict.url, tls }))).toMatchObject({ kind: 'whole' });
    await client?.close();
    const other = await post(opened({ origin: strict.url, tls: { ...tls, serverName: 'other.example' } }));
    expect(other).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(other.kind === 'failed' && other.text).toContain('does not match');
    expect(strict.requests).toHaveLength(1);
    await strict[Symbol.asyncDispose]();
  });

  it('go to an http platform in absolute form', async () => {
    const plain = await startFakePlatform();
    expect(await post(opened({ origin: plain.url, tls: null }))).toMatchObject({ kind: 'whole', status: 200 });
    expect(proxy.requests).toEqual([`POST ${plain.url}/card?a=1`]);
    expect(plain.requests[0]).toMatchObject({ path: '/card?a=1' });
    await plain[Symbol.asyncDispose]();
  });

  it.each([
    [407, 'the proxy refuses the connection with HTTP 407; check proxy.username and proxy.passwordFile'],
    [403, 'the proxy refuses the connection with HTTP 403'],
    [502, 'the proxy refuses the connection with HTTP 502'],
  ])('fail as a connection when the proxy answers %i', async (status, text) => {
    proxy.refusal = status;
    const answer = await post(opened());
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(answer.kind === 'failed' && answer.text).toContain(text);
    expect(platform.requests).toEqual([]);
  });

  it('fail as a connection when the proxy never answers to CONNECT', async () => {
    proxy.refusal = 0;
    const answer = await post(opened({ connectTimeoutMs: 100 }));
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
  });

  it('fail as a connection when the proxy is away', async () => {
    const answer = await post(opened({ proxy: { url: 'http://127.0.0.1:1', authorization: null } }));
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(answer.kind === 'failed' && answer.text).toContain('ECONNREFUSED');
  });

  it('are not written when they may not go any more once the tunnel is open', async () => {
    expect(await post(opened(), () => false)).toMatchObject({ kind: 'failed', cause: 'unsent' });
    expect(platform.requests).toEqual([]);
  });

  it('end with the client', async () => {
    proxy.refusal = 0;
    const to = opened();
    const answer = post(to);
    await to.close();
    expect(await answer).toMatchObject({ kind: 'failed' });
    expect(await post(to)).toMatchObject({ kind: 'failed', cause: 'connection' });
  });
});
