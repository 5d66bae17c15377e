import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Health } from '../../../connector/observe/health.ts';
import { openHttpServer } from '../../../connector/observe/http-server.ts';
import { askHealth, healthAddress } from '../../../connector/tools/ask-health.ts';

const nobodyAsks = (): never => {
  throw new Error('nobody asks for it');
};

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function connectorSaying(health: Health): Promise<string> {
  const metrics = { expose: () => Promise.resolve(''), contentType: 'text/plain' };
  const server = await openHttpServer('127.0.0.1', 0, { metrics, health: () => health, status: nobodyAsks });
  closing.push(() => server[Symbol.asyncDispose]());
  return server.url;
}

async function serverDoing(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the address of health', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:9464'],
    ['0.0.0.0', 'http://127.0.0.1:9464'],
    ['::', 'http://[::1]:9464'],
    ['::1', 'http://[::1]:9464'],
    ['10.0.0.7', 'http://10.0.0.7:9464'],
  ])('of a connector that listens at %s is %s', (host, address) => {
    expect(healthAddress({ host, port: 9464 })).toBe(address);
  });

  it('is not known where the port is chosen at the start', () => {
    expect(healthAddress({ host: '127.0.0.1', port: 0 })).toBeNull();
  });
});

describe('asking for health', () => {
  it('tells live and ready apart, each with the reasons', async () => {
    const reasons = ['not a member of the consumer group'];
    const url = await connectorSaying({ live: true, ready: false, reasons });
    expect(await askHealth(url, 'live', 5_000)).toEqual({ kind: 'answered', well: true, reasons });
    expect(await askHealth(url, 'ready', 5_000)).toEqual({ kind: 'answered', well: false, reasons });
  });

  it('of a server that is not there, or not the connector, says so', async () => {
    expect(await askHealth('http://127.0.0.1:1', 'live', 5_000)).toMatchObject({
      kind: 'silent',
      why: expect.stringContaining('ECONNREFUSED'),
    });
    for (const body of ['<html>', '{}', 'null', '{"reasons":[]}']) {
      const url = await serverDoing((_, response) => void response.writeHead(404).end(body));
      const why = 'something else answers there, with HTTP 404';
      expect(await askHealth(url, 'live', 5_000)).toEqual({ kind: 'silent', why });
    }
  });

  it('gives up on one that does not answer, or not to the end', async () => {
    const silent = await serverDoing(() => undefined);
    const why = 'no answer within 50 ms';
    expect(await askHealth(silent, 'live', 50)).toEqual({ kind: 'silent', why });
    const halting = await serverDoing((_, response) => void response.writeHead(200).write('{"reasons":'));
    expect(await askHealth(halting, 'live', 50)).toEqual({ kind: 'silent', why });
  });
});
