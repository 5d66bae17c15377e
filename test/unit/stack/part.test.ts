import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Guard } from '../../stack/guard.ts';
import { Part, type Recipe } from '../../stack/part.ts';
import { openRunFolder } from '../../stack/run-folder.ts';

// A part of its own: a server that says "up <pid>" when it listens, or why it does not.
const program = `
  const server = require('node:net').createServer();
  server.on('error', error => { console.error('java.net.BindException: ' + error.message.replace('listen EADDRINUSE: a', 'A')); process.exit(1); });
  server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('up ' + process.pid));
`;

let dir: string;
let guard: Guard;
let taken: Server;
let starts: number[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'part-test-'));
  guard = new Guard();
  taken = createServer();
  starts = [];
});

afterEach(async () => {
  await guard.close();
  await new Promise<void>(resolve => taken.close(() => resolve()));
  rmSync(dir, { recursive: true, force: true });
});

/** `portOf` says what the program is told to bind, from the ports that were chosen and the number of the start. */
function partOf(source: string, portOf = (port: number, _start: number) => port): Part {
  const recipe: Recipe = {
    name: 'registry',
    portCount: 1,
    prepare: async ports => {
      starts.push(ports[0] ?? 0);
    },
    command: ports => ({
      file: process.execPath,
      args: ['-e', source, String(portOf(ports[0] ?? 0, starts.length))],
    }),
    ready: async (child, _ports, deadlineMs) => {
      await child.line(/^up/, deadlineMs);
    },
  };
  return new Part(recipe, guard, openRunFolder(dir, guard), () => undefined);
}

async function occupy(): Promise<number> {
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a part', () => {
  it('starts again with other ports, once, when its address is in use', async () => {
    const busy = await occupy();
    const part = partOf(program, (port, start) => (start === 1 ? busy : port));
    await part.start();
    expect(starts).toHaveLength(2);
    expect(part.ports).toEqual([starts[1]]);
    expect(starts[1]).not.toBe(starts[0]);
  });

  it('gives up when its address is in use again', async () => {
    const busy = await occupy();
    await expect(partOf(program, () => busy).start()).rejects.toThrow(/Address already in use/);
    expect(starts).toHaveLength(2);
  });

  it('does not start again for any other reason, and shows its last lines', async () => {
    const part = partOf('console.error("no licence"); process.exit(3)');
    await expect(part.start()).rejects.toThrow(/registry does not start: it ended with code 3\nno licence/);
    expect(starts).toHaveLength(1);
  });

  it('comes back on the ports it had', async () => {
    const part = partOf(program);
    await part.start();
    const ports = part.ports;
    await part.end('kill');
    await part.start();
    expect(part.ports).toEqual(ports);
    expect(starts).toEqual([ports[0], ports[0]]);
  });

  it('is started once, however often it is asked', async () => {
    const part = partOf(program);
    await part.start();
    await part.start();
    expect(starts).toHaveLength(1);
  });

  it('does not start once its guard is closed', async () => {
    const part = partOf(program);
    await guard.close();
    await expect(part.start()).rejects.toThrow('the stack has been ended');
  });
});
