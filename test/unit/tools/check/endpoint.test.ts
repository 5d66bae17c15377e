import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../connector/kernel/secret.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import type { Settings } from '../../../../connector/settings/settings.ts';
import { clockOfPlatform } from '../../../../connector/tools/check/looks/clocks.ts';
import { lookAtEndpoint, type Probe, probeEndpoint } from '../../../../connector/tools/check/looks/endpoint.ts';
import { selfSignedCertificate } from '../../../support/certificates.ts';
import { type FakeProxy, startFakeProxy } from '../../../support/fake-proxy.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';
import { lineOf, linesOf } from './looks.ts';

const { platform } = settingsOf(leastYaml);
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
    await once(server, 'close');
  }
});

/** Its end is heard only when what came before is read. */
const drained = (socket: Socket) => socket.on('error', () => undefined).resume();

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function look(baseUrl: string, tls: Settings['platform']['tls'] = null, probe = probeEndpoint) {
  return linesOf(await lookAtEndpoint({ ...platform, baseUrl, tls, connectTimeoutMs: 2_000 }, probe));
}

describe('the address of AlipayHK', () => {
  it('answers to a bare HEAD, whatever it says; nothing else is sent', async () => {
    const seen: string[] = [];
    const port = await listen(
      createHttpServer((request, response) => {
        const { method, url, headers } = request;
        seen.push(`${method} ${url} ${Object.keys(headers).sort()}`);
        response.statusCode = 404;
        response.end();
      }),
    );
    expect(await look(`http://127.0.0.1:${port}`)).toEqual([
      expect.stringMatching(/^well platform\.connection: http:\/\/127\.0\.0\.1:\d+ at 127\.0\.0\.1:\d+, in /),
      'well platform.tls: not encrypted, on this machine',
      expect.stringMatching(/^well platform\.answer: HEAD \/ without client id, signature or body: HTTP 404 in /),
      'well platform.clock: within seconds of the one at platform.baseUrl',
    ]);
    expect(seen).toEqual(['HEAD / connection,host']);
  });

  it('shows a certificate that holds, or one that does not', async () => {
    const certificate = selfSignedCertificate('platform.example');
    const port = await listen(createHttpsServer(certificate, (_, response) => response.end()));
    const lines = await look(`https://127.0.0.1:${port}`, { ca: certificate.cert });
    // The test's certificate is for two days.
    expect(lines[1]).toMatch(/^warning platform\.tls: TLSv1\.3, until \d{4}-\d\d-\d\d: it ends soon/);
    expect(lines[2]).toMatch(/^well platform\.answer/);
    const untrusted = await look(`https://127.0.0.1:${port}`);
    expect(untrusted[0]).toMatch(/^well platform\.connection/);
    expect(untrusted[1]).toMatch(/^failed platform\.tls: .*self-signed.* → .*platform\.tls\.caFile/);
    expect(untrusted[2]).toMatch(/^skipped platform\.answer/);
    const misnamed = await look(`https://127.0.0.1:${port}`, { ca: certificate.cert, serverName: 'other.example' });
    expect(misnamed[1]).toMatch(/^failed platform\.tls: .*other\.example/);
  });

  it('is not there, or speaks something else, or nothing', async () => {
    const port = await listen(createServer(socket => void drained(socket).end('SSH-2.0-OpenSSH\r\n')));
    const stranger = await look(`http://127.0.0.1:${port}`);
    expect(stranger[0]).toMatch(/^well platform\.connection/);
    expect(stranger[2]).toMatch(/^failed platform\.answer: .* → check platform\.baseUrl/);
    const mute = await listen(createServer(drained));
    const nothing = await look(`http://127.0.0.1:${mute}`, null, (url, tls) => probeEndpoint(url, tls, 50));
    expect(nothing[2]).toMatch(/^failed platform\.answer: nothing more within 0\.05 s/);
    const away = await look('http://127.0.0.1:1');
    expect(away[0]).toMatch(/^failed platform\.connection: .*ECONNREFUSED/);
    expect(away.slice(2).every(line => line.startsWith('skipped'))).toBe(true);
  });

  it('is not encrypted, away from this machine', async () => {
    const probe: Probe = { connected: { address: 'a', afterMs: 1 }, secured: null, answered: null, problem: 'cut' };
    expect((await look('http://proxy.example', null, async () => probe))[1]).toMatch(
      /^warning platform\.tls: not encrypted/,
    );
  });

  it('has a certificate for a long time', async () => {
    const validTo = Date.now() + 100 * 86_400_000;
    const secured = { protocol: 'TLSv1.3', validTo };
    const probe: Probe = { connected: { address: 'a', afterMs: 1 }, secured, answered: null, problem: 'cut' };
    expect((await look('https://a.example', null, async () => probe))[1]).toMatch(
      /^well platform\.tls: TLSv1\.3, until/,
    );
  });
});

describe('the address of AlipayHK behind a proxy', () => {
  const lookThrough = async (baseUrl: string, proxy: FakeProxy, tls: Settings['platform']['tls'] = null) =>
    linesOf(
      await lookAtEndpoint(
        {
          ...platform,
          baseUrl,
          tls,
          connectTimeoutMs: 2_000,
          proxy: { url: proxy.url, authorization: new Secret('Basic x') },
        },
        probeEndpoint,
      ),
    );

  it('is looked at through a tunnel, with the certificate of the platform', async () => {
    await using proxy = await startFakeProxy();
    const certificate = selfSignedCertificate('platform.example');
    const port = await listen(createHttpsServer(certificate, (_, response) => response.end()));
    const lines = await lookThrough(`https://127.0.0.1:${port}`, proxy, { ca: certificate.cert });
    expect(lines[0]).toMatch(`at proxy ${proxy.url}, in`);
    expect(lines[1]).toMatch(/^warning platform\.tls: TLSv1\.3, until/);
    expect(lines[2]).toMatch(/^well platform\.answer: .*HTTP 200/);
    expect(proxy.requests).toEqual([`CONNECT 127.0.0.1:${port}`]);
    expect(proxy.authorizations).toEqual(['Basic x']);
    const misnamed = { ca: certificate.cert, serverName: 'other.example' };
    expect((await lookThrough(`https://127.0.0.1:${port}`, proxy, misnamed))[1]).toMatch(/^failed platform\.tls/);
    expect((await lookThrough(`https://127.0.0.1:${port}`, proxy))[1]).toMatch(/^failed platform\.tls: .*self-signed/);
  });

  it('is looked at in absolute form when it is http', async () => {
    await using proxy = await startFakeProxy();
    const port = await listen(createHttpServer((_, response) => response.end()));
    expect((await lookThrough(`http://127.0.0.1:${port}/prefix`, proxy))[2]).toMatch(/^well platform\.answer/);
    expect(proxy.requests).toEqual([`HEAD http://127.0.0.1:${port}/`]);
  });

  it('cannot be reached when the proxy refuses', async () => {
    await using proxy = await startFakeProxy();
    proxy.refusal = 407;
    const [line] = await lookThrough('https://127.0.0.1:1', proxy);
    expect(line).toMatch(/^failed platform\.connection: .*the proxy http:.* refuses the connection with HTTP 407/);
    const away = { ...proxy, url: 'http://127.0.0.1:1' };
    expect((await lookThrough('https://127.0.0.1:1', away))[0]).toMatch(/the proxy .* cannot be used: .*ECONNREFUSED/);
  });
});

describe('our clock beside the platform’s', () => {
  const off = (ms: number) => lineOf(clockOfPlatform({ at: instant(1_000_000), heardAt: instant(1_000_000 + ms) }));

  it('is right, ahead or behind; whole seconds are cut off', () => {
    expect(off(900)).toMatch(/^well/);
    expect(off(-4_000)).toMatch(/^well/);
    expect(off(90_000)).toMatch(/^warning platform\.clock: our clock is 90 s ahead of/);
    expect(off(-90_000)).toMatch(/^warning platform\.clock: our clock is 90 s behind/);
    expect(lineOf(clockOfPlatform(null))).toMatch(/^skipped/);
  });
});
