import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'undici';
import { openKeys } from '../../sandbox/keys.ts';
import type { SandboxOptions } from '../../sandbox/options.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { path as apiPath, signedHeaders } from './requests.ts';

/** An HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A running sandbox and a real client of it; ends with the scope (`await using`). */
export interface Session extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Sends a signed request. `body`: text as it is, or an object to be made JSON. */
  post(
    body: unknown,
    options?: { readonly headers?: Record<string, string | undefined>; readonly signal?: AbortSignal },
  ): Promise<HttpAnswer>;
  /** The result code of an answer. */
  codeOf(body: unknown): Promise<string>;
  /** Calls the control API; its parsed JSON. */
  control(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    json?: unknown,
  ): Promise<{ readonly status: number; readonly json: unknown }>;
  /** Any request. */
  fetch(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    headers?: Record<string, string>,
    body?: string,
  ): Promise<HttpAnswer>;
}

/** Starts a sandbox in a new folder. */
export async function aSession(options: SandboxOptions = {}): Promise<Session> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
  await giveKeys(folder);
  const sandbox = await startSandbox({ folder, ...options });
  const pool = new Pool(sandbox.url, { connections: 10 });
  const post: Session['post'] = async (body, { headers, signal } = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const signed = signedHeaders(sandbox.keys.client.privateKey, text, headers);
    return read(
      await pool.request({ method: 'POST', path: apiPath, headers: signed, body: text, signal: signal ?? null }),
    );
  };
  return {
    sandbox,
    post,
    codeOf: async body => JSON.parse((await post(body)).text).result.resultCode,
    control: async (method, controlPath, json) => {
      const body = json === undefined ? null : JSON.stringify(json);
      const { status, text } = await read(await pool.request({ method, path: controlPath, body }));
      return { status, json: JSON.parse(text) };
    },
    fetch: async (method, anyPath, headers = {}, body = '') =>
      read(await pool.request({ method, path: anyPath, headers, body: method === 'GET' ? null : body })),
    [Symbol.asyncDispose]: async () => {
      await pool.destroy();
      await sandbox.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function read(response: Awaited<ReturnType<Pool['request']>>): Promise<HttpAnswer> {
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

const pems = new Map<string, Buffer>();

/** Making keys is slow: each test file makes them once. */
async function giveKeys(folder: string): Promise<void> {
  if (pems.size === 0) {
    const { client, platform } = await openKeys(folder);
    for (const { privateKeyFile } of [client, platform])
      pems.set(path.basename(privateKeyFile), readFileSync(privateKeyFile));
  }
  for (const [name, pem] of pems) writeFileSync(path.join(folder, name), pem);
}
