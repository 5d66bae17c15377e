import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exampleRequest } from '../../sandbox/command-line.ts';

const script = fileURLToPath(new URL('../../sandbox/sandbox.ts', import.meta.url));
const children = new Set<ChildProcess>();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-alone-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL'); // Does nothing where it has ended, as it should have.
  children.clear();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const exit = once(child, 'exit');
  return { child, exit, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

describe('the sandbox alone', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('says where it is, makes its keys, and ends at once at %s', async signal => {
    const { child, exit, lines } = await run('--journal-file', '--fault', 'timeout');
    const ready = JSON.parse((await lines.next()).value ?? '');
    const keys = path.join(folder, '.stack', 'sandbox');
    expect(ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      clientId: 'SANDBOX_CLIENT_0001',
      keyVersion: 1,
      privateKeyFile: path.join(keys, 'client-private.pem'),
      platformPublicKeyFile: path.join(keys, 'platform-public.pem'),
    });
    expect(readFileSync(ready.privateKeyFile, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(statSync(ready.privateKeyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(ready.platformPublicKeyFile, 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(existsSync(path.join(keys, 'client-public.pem'))).toBe(true);
    expect((await fetch(`${ready.url}/sandbox/health`)).status).toBe(200);
    // A request that would never be answered, and an open page, do not hold it up.
    const unanswered = expect(fetch(`${ready.url}/api`, { method: 'POST', body: '{}' })).rejects.toThrow();
    await fetch(`${ready.url}/sandbox/events`);
    child.kill(signal);
    expect(await exit).toEqual([0, null]);
    await unanswered;
  });

  it('refuses what it does not know, with exit code 2', async () => {
    const { child, exit } = await run('--nonsense');
    const [line] = await once(createInterface(child.stderr), 'line');
    expect(line).toContain('--nonsense');
    expect(await exit).toEqual([2, null]);
  });
});

it('the example of a request is one that any shell can send', () => {
  const example = exampleRequest('http://127.0.0.1:1', 'CLIENT', 3, '/keys/client-private.pem', 'RSA256');
  for (const part of ["'CLIENT'", 'keyVersion=3', "-sign '/keys/client-private.pem'", 'http://127.0.0.1:1/api/open']) {
    expect(example).toContain(part);
  }
});
