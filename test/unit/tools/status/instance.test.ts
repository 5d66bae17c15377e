import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { instant } from '../../../../connector/kernel/time.ts';
import { openHttpServer } from '../../../../connector/observe/http-server.ts';
import { statusOf } from '../../../../connector/observe/status.ts';
import { addressIn, askInstance } from '../../../../connector/tools/status/instance.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';

const health = { live: true, ready: true, reasons: [] };
const status = statusOf({
  ...{ version: '1.2.3', groupId: 'g', startedAt: instant(0), uptimeMs: 1_000, joined: true },
  ...{ health, flow: null, restore: null },
});

describe('an instance', () => {
  it('tells its status', async () => {
    const metrics = { expose: async () => '', contentType: 'text/plain' };
    await using server = await openHttpServer('127.0.0.1', 0, { metrics, health: () => health, status: () => status });
    expect(await askInstance(server.url)).toEqual({ kind: 'answered', url: server.url, status });
  });

  it('does not answer, or is something else', async () => {
    expect(await askInstance('http://127.0.0.1:1')).toMatchObject({ kind: 'silent', problem: /ECONNREFUSED/ });
    const answers = ['{"version":1}', 'no JSON', '[]'];
    const server = createServer((_, response) => {
      response.statusCode = answers.length === 0 ? 404 : 200;
      response.end(answers.shift());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await askInstance(url)).toEqual({ kind: 'silent', url, problem: 'what answers there is not card-sync' });
    expect(await askInstance(url)).toMatchObject({ kind: 'silent' });
    expect(await askInstance(url)).toMatchObject({ kind: 'silent', problem: 'what answers there is not card-sync' });
    expect(await askInstance(url)).toMatchObject({ kind: 'silent', problem: /^HTTP 404 for \/status/ });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('is asked at the address of the settings', () => {
    const { observe } = settingsOf(leastYaml);
    expect(addressIn(observe)).toBe('http://127.0.0.1:9464');
    expect(addressIn({ ...observe, host: '0.0.0.0' })).toBe('http://127.0.0.1:9464');
    expect(addressIn({ ...observe, host: '::1' })).toBe('http://[::1]:9464');
    expect(addressIn({ ...observe, port: 0 })).toBeNull();
  });
});
