import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpAnswer, type HttpClient, openHttpClient } from '../../../connector/delivery/http-client.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import type { TlsMaterial } from '../../../connector/kernel/tls-material.ts';
import { type SelfSigned, selfSignedCertificate } from '../../support/certificates.ts';
import { type FakePlatform, startFakePlatform } from '../../support/fake-platform.ts';
import { openSsl } from '../../support/openssl.ts';

const never = new AbortController().signal;

let ofPlatform: SelfSigned;
let ofClient: SelfSigned;
let platform: FakePlatform;
let client: HttpClient | undefined;

beforeAll(async () => {
  ofPlatform = selfSignedCertificate('open.alipay.example');
  ofClient = selfSignedCertificate('merchant.example');
  platform = await startFakePlatform({
    ...ofPlatform,
    ca: ofClient.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
});

afterEach(() => client?.close());
afterAll(() => platform[Symbol.asyncDispose]());

function post(tls: TlsMaterial, origin = platform.url): Promise<HttpAnswer> {
  const limits = { connectTimeoutMs: 200, requestTimeoutMs: 30_000, answerBytesMax: 1_000, connectionsMax: 2 };
  client = openHttpClient({ origin, tls, ...limits });
  return client.post('/', {}, Buffer.from('{}'), never, () => true);
}

describe('over TLS', () => {
  it('a platform whose authority is given is believed', async () => {
    expect(await post({ ca: ofPlatform.cert })).toMatchObject({ kind: 'whole', status: 200 });
  });

  it('a platform whose authority is unknown gets no request', async () => {
    const before = platform.requests.length;
    const answer = await post({});
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(answer.kind === 'failed' && answer.text).toMatch('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(platform.requests).toHaveLength(before);
  });

  it('a platform is known by the name that is set, where it is not the one of the address', async () => {
    const good = { ca: ofPlatform.cert, serverName: 'open.alipay.example' };
    expect(await post(good)).toMatchObject({ kind: 'whole' });
    await client?.close();
    const bad = await post({ ...good, serverName: 'other.example' });
    expect(bad).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(bad.kind === 'failed' && bad.text).toMatch('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('our certificate is shown where it is asked for', async () => {
    const strict = await startFakePlatform({ ...ofPlatform, ca: ofClient.cert, requestCert: true });
    const tls = { ca: ofPlatform.cert, cert: ofClient.cert, key: new Secret(ofClient.key) };
    expect(await post(tls, strict.url)).toMatchObject({ kind: 'whole' });
    await client?.close();
    expect(await post({ ca: ofPlatform.cert }, strict.url)).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(strict.requests).toHaveLength(1);
    await strict[Symbol.asyncDispose]();
  });

  it('presents the certificate of a PKCS#12 store to a platform that asks for one', async () => {
    const strict = await startFakePlatform({ ...ofPlatform, ca: ofClient.cert, requestCert: true });
    using tool = openSsl();
    tool.write('all.pem', ofClient.cert + ofClient.key);
    tool.run('pkcs12 -export -in all.pem -out user.p12 -passout pass:sesame');
    const pkcs12 = new Secret(tool.read('user.p12').toString('base64'));
    const store = { pkcs12, passphrase: new Secret('sesame') };
    expect(await post({ ca: ofPlatform.cert, store }, strict.url)).toMatchObject({ kind: 'whole' });
    await strict[Symbol.asyncDispose]();
  });

  it('HTTP/1.1 is spoken also to a platform that would like HTTP/2', async () => {
    const versions: string[] = [];
    const server = createSecureServer({ ...ofPlatform, allowHTTP1: true }, (request, response) => {
      versions.push(request.httpVersion);
      response.end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await post({ ca: ofPlatform.cert }, `https://127.0.0.1:${port}`)).toMatchObject({ kind: 'whole' });
    expect(versions).toEqual(['1.1']);
    await client?.close();
    server.close();
  });

  it('a platform that takes the connection and then says nothing is given up in time', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const answer = await post({ ca: ofPlatform.cert }, `https://127.0.0.1:${port}`);
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(answer.kind === 'failed' && answer.text).toMatch('UND_ERR_CONNECT_TIMEOUT');
    silent.close();
  });
});
