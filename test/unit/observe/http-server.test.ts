import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../connector/kernel/fault.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { Health } from '../../../connector/observe/health.ts';
import { type HttpServerParts, openHttpServer } from '../../../connector/observe/http-server.ts';
import { type InstanceStatus, statusOf } from '../../../connector/observe/status.ts';

const well: Health = { live: true, ready: true, reasons: [] };
const aStatus: InstanceStatus = statusOf({
  version: '1.2.3',
  groupId: 'g',
  startedAt: instant(1_000),
  uptimeMs: 60_000,
  joined: true,
  health: well,
  flow: null,
  restore: null,
});

function parts(over: { health?: () => Health; expose?: () => Promise<string> } = {}): HttpServerParts {
  return {
    metrics: {
      expose: over.expose ?? (() => Promise.resolve('a_total 1\n')),
      contentType: 'text/plain; version=0.0.4',
    },
    health: over.health ?? (() => well),
    status: () => aStatus,
  };
}

const open = (given = parts()) => openHttpServer('127.0.0.1', 0, given);

describe('the HTTP server', () => {
  it('serves metrics, health and a list of its pages', async () => {
    await using server = await open();
    const metrics = await fetch(`${server.url}/metrics`);
    expect([metrics.status, metrics.headers.get('content-type'), await metrics.text()]).toEqual([
      200,
      'text/plain; version=0.0.4',
      'a_total 1\n',
    ]);
    const live = await fetch(`${server.url}/health/live?verbose`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok', reasons: [] }]);
    expect(live.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(live.headers.get('connection')).toBe('keep-alive');
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/status`)).json()).toEqual(aStatus);
    expect(await (await fetch(server.url)).text()).toBe('/metrics\n/health/live\n/health/ready\n/status\n');
  });

  it('answers 503 with the reason when it is not live or not ready, each for itself', async () => {
    await using server = await open(parts({ health: () => ({ live: true, ready: false, reasons: ['stopping'] }) }));
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${server.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'failing', reasons: ['stopping'] }]);
  });

  it('answers HEAD like GET without a body, and refuses other methods and pages', async () => {
    await using server = await open();
    const head = await fetch(`${server.url}/metrics`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
    const post = await fetch(`${server.url}/metrics`, { method: 'POST', body: 'x' });
    expect(post.headers.get('connection')).toBe('close');
    expect([post.status, post.headers.get('allow'), await post.text()]).toEqual([
      405,
      'GET, HEAD',
      'only GET and HEAD\n',
    ]);
    expect((await fetch(`${server.url}/../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics/x`)).status).toBe(404);
  });

  it('answers 500 without details when the metrics fail', async () => {
    await using server = await open(parts({ expose: () => Promise.reject(new Error('hunter2')) }));
    const failed = await fetch(`${server.url}/metrics`);
    expect([failed.status, await failed.text()]).toEqual([500, 'internal error\n']);
  });

  it('refuses headers that are too large', async () => {
    await using server = await open();
    expect((await fetch(server.url, { headers: { 'x-large': 'x'.repeat(9000) } })).status).toBe(431);
  });

  it('says clearly when the port is taken, or the address is not ours', async () => {
    await using server = await open();
    const taken = await openHttpServer('127.0.0.1', Number(new URL(server.url).port), parts()).catch(fault => fault);
    expect(taken).toBeInstanceOf(Fault);
    expect(taken).toMatchObject({
      code: 'SETTINGS_INVALID',
      detail: expect.stringMatching(
        /^cannot listen at 127\.0\.0\.1:\d+ \(observe\.host, observe\.port\): another program/,
      ),
    });
    await expect(openHttpServer('192.0.2.1', 0, parts())).rejects.toMatchObject({
      detail: expect.stringContaining('no such address'),
    });
  });

  it('closes although someone is connected and a request hangs', async () => {
    const server = await open(parts({ expose: () => new Promise(() => {}) }));
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(idle, 'connect');
    const hanging = request(`${server.url}/metrics`).end();
    await once(hanging, 'socket').then(([socket]) => once(socket, 'connect'));
    const cutOff = [once(idle, 'close'), new Promise(resolve => hanging.on('error', resolve))];
    await server[Symbol.asyncDispose]();
    await Promise.all(cutOff);
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
