import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RemoteStack, remoteStack, serveStack } from '../../stack/remote-stack.ts';
import type { Stack } from '../../stack/stack.ts';

const addresses = {
  dir: 'run',
  postgres: { host: '127.0.0.1', port: 1, user: 'u', password: 'p', database: 'd', connectionString: 'postgres://x' },
  kafka: { bootstrap: '127.0.0.1:2' },
  registry: { url: 'http://127.0.0.1:3/apis/ccompat/v7', nativeUrl: 'http://127.0.0.1:3/apis/registry/v2' },
  connect: { url: 'http://127.0.0.1:4' },
};

let calls: unknown[][];
let served: Awaited<ReturnType<typeof serveStack>>;
let remote: RemoteStack;

beforeEach(async () => {
  calls = [];
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
    };
  const stack = {
    ...addresses,
    startConnector: note('startConnector'),
    restartKafka: note('restartKafka'),
    up: async () => {
      throw new Error('kafka does not start');
    },
  };
  served = await serveStack(stack as unknown as Stack);
  remote = await remoteStack(served.url);
});

afterEach(() => served.close());

describe('a stack of another process', () => {
  it('has the same addresses', () => {
    expect(remote).toMatchObject(addresses);
  });

  it('carries calls out where it runs, one after the other', async () => {
    await remote.startConnector({ name: 'orders', config: { a: 'b' } });
    await remote.restartKafka('kill');
    await remote.restartKafka();
    expect(calls).toEqual([
      ['startConnector', { name: 'orders', config: { a: 'b' } }],
      ['restartKafka', 'kill'],
      ['restartKafka'],
    ]);
  });

  it('throws what the call threw there', async () => {
    await expect(remote.up('kafka')).rejects.toThrow('kafka does not start');
  });
});
