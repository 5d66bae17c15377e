import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../../connector/cli/program.ts';
import { type HttpServer, openHttpServer } from '../../../../connector/observe/http-server.ts';

let folder: string;
let server: HttpServer;
let ready: boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'card-sync-'));
  ready = true;
  const metrics = { expose: () => Promise.resolve(''), contentType: 'text/plain' };
  const health = () => ({ live: true, ready, reasons: ready ? [] : ['stopping'] });
  const status = (): never => {
    throw new Error('nobody asks for it');
  };
  server = await openHttpServer('127.0.0.1', 0, { metrics, health, status });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function called(...args: readonly string[]) {
  const out: string[] = [];
  const errors: string[] = [];
  const run = () => Promise.reject(new Error('nothing is to run'));
  const print = (text: string) => void out.push(text);
  const printError = (text: string) => void errors.push(text);
  const code = await runProgram(['health', ...args], { environment: {}, print, printError, run });
  return { code, out: out.join(''), errors: errors.join('') };
}

/** A settings file of a connector that listens at this port. */
function settingsWith(port: number): string {
  const file = join(folder, 'connector.yaml');
  writeFileSync(join(folder, 'key.pem'), 'a key that nobody looks at');
  const settings = {
    kafka: { brokers: ['localhost:9092'], topics: ['shop.public.orders'] },
    registry: { url: 'http://localhost:8081' },
    mapping: { files: [join(import.meta.dirname, '../../../../config/mappings/*.yaml')] },
    platform: { clientId: 'C', privateKeyFile: 'key.pem' },
    observe: { host: '0.0.0.0', port },
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

describe('card-sync health', () => {
  it('asks where the settings say that the connector listens', async () => {
    const file = settingsWith(Number(new URL(server.url).port));
    expect(await called('--config', file)).toEqual({ code: 0, out: 'live\n', errors: '' });
    ready = false;
    expect(await called('ready', '-c', file)).toEqual({ code: 1, out: '', errors: 'not ready; stopping\n' });
  });

  it('asks at an address without reading settings, and answers in JSON', async () => {
    ready = false;
    expect(await called('ready', '--url', server.url, '--json')).toEqual({
      code: 1,
      out: '{"ready":false,"reasons":["stopping"]}\n',
      errors: '',
    });
  });

  it('is 1 where nothing answers', async () => {
    const { code, errors } = await called('--url', 'http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(errors).toContain('not live; http://127.0.0.1:1 does not answer: ');
  });

  it('is 2 for bad usage and settings, with what to do', async () => {
    expect((await called('well')).code).toBe(2);
    expect((await called('--url', 'localhost')).errors).toContain('"localhost" is no http address');
    expect(await called('--config', settingsWith(0))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--url http://127.0.0.1:<port>'),
    });
    expect((await called('--config', join(folder, 'none.yaml'))).code).toBe(2);
  });
});
