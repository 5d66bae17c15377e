import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
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
    expect(live.headers.get('keep-alive')).toMatch(/^timeout=5\b/);
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

  describe('with 64 connections open', () => {
    /** Connections, one after the other, that send this and no more; and which of them were closed, in order. */
    async function open64(url: string, text: (index: number) => string) {
      const closed: number[] = [];
      const sockets: Socket[] = [];
      for (let index = 0; index < 64; index++) {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.on('close', () => closed.push(index)).on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(text(index));
        sockets.push(socket);
      }
      return { closed, closing: (index: number) => once(sockets[index] ?? socketless(), 'close') };
    }
    const socketless = (): never => {
      throw new Error('there is no such connection');
    };
    const probe = async (url: string) =>
      (await fetch(`${url}/health/live`, { headers: { connection: 'close' } })).status;
    const metrics = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n';

    it.each([
      ['send nothing', ''],
      ['send a request slowly', 'GET /metrics HTTP/1.1\r\nhost: '],
    ])('answers a probe, and gives up the one that has been idle longest: all %s', async (_, text) => {
      await using server = await open();
      const { closed, closing } = await open64(server.url, () => text);
      const given = closing(0);
      expect(await probe(server.url)).toBe(200);
      await given;
      expect(closed).toEqual([0]);
    });

    it('gives up none that is being answered while another is idle', async () => {
      let asked = 0;
      const waiting = Promise.withResolvers<string>();
      const expose = () => {
        asked++;
        return waiting.promise;
      };
      await using server = await open(parts({ expose }));
      const { closed, closing } = await open64(server.url, index => (index < 10 ? metrics : ''));
      await vi.waitUntil(() => asked === 10);
      const given = closing(10);
      expect(await probe(server.url)).toBe(200);
      await given;
      expect(closed).toEqual([10]);
    });

    it('gives up the one that has been answered longest where none is idle', async () => {
      let asked = 0;
      const expose = () => {
        asked++;
        return new Promise<string>(() => undefined);
      };
      await using server = await open(parts({ expose }));
      const { closed, closing } = await open64(server.url, () => metrics);
      await vi.waitUntil(() => asked === 64);
      const given = closing(0);
      expect(await probe(server.url)).toBe(200);
      await given;
      expect(closed).toEqual([0]);
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
