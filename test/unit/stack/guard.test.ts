import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ownerScript = fileURLToPath(new URL('./guard-owner.ts', import.meta.url));

let parent: string;
let folder: string;
let server: Server;
let owner: ChildProcess | undefined;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'guard-test-'));
  folder = join(parent, 'run');
  mkdirSync(folder);
  writeFileSync(join(folder, 'something'), '');
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  owner?.kill('SIGKILL');
  server.close();
  rmSync(parent, { recursive: true, force: true });
});

/** Starts an owner; answers when its child is there, with the connection that ends with the child. */
async function startOwner(manner = ''): Promise<{ owner: ChildProcess; childEnded: Promise<unknown> }> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const args = [ownerScript, folder, String(port), manner];
  owner = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.resume().on('error', () => undefined);
  return { owner, childEnded: once(socket, 'close') };
}

/** Resolves when the folder is gone. */
async function folderGone(): Promise<void> {
  const watcher = watch(parent);
  try {
    while (existsSync(folder)) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

describe('the guard', () => {
  it('ends the children and removes the folder when the owner is killed', async () => {
    const { owner, childEnded } = await startOwner();
    owner.kill('SIGKILL');
    await childEnded;
    await folderGone();
  });

  it('kills a child that does not end by its signal', async () => {
    const { owner, childEnded } = await startOwner('stubborn');
    owner.kill('SIGKILL');
    await childEnded;
    await folderGone();
  });

  it('has ended everything when close() resolves', async () => {
    const { owner, childEnded } = await startOwner();
    const output = text(owner.stdout as NonNullable<typeof owner.stdout>);
    owner.kill('SIGUSR1');
    expect(await output).toBe('closed, child ended\n');
    await childEnded;
    expect(existsSync(folder)).toBe(false);
  });

  it('outlives Ctrl-C, which the terminal gives to the whole group', async () => {
    const { owner, childEnded } = await startOwner();
    process.kill(-Number(owner.pid), 'SIGINT');
    await childEnded;
    await folderGone();
  });
});
