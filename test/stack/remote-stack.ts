import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Stack } from './stack.ts';

/** The stack as other processes use it: all but its end, which is its owner's, and programs beside it. */
export type RemoteStack = Omit<Stack, 'stop' | 'run'>;

type Addresses = Pick<Stack, 'dir' | 'postgres' | 'kafka' | 'registry' | 'connect'>;
type Call = Exclude<keyof RemoteStack, keyof Addresses>;
interface CallBody {
  readonly call: Call;
  readonly args: readonly unknown[];
}
type Outcome =
  | { readonly ok: true; readonly addresses: Addresses; readonly value?: unknown }
  | { readonly ok: false; readonly why: string };

/** Lets other processes of this machine use a whole stack (test workers, where the stack was started once for the run). Give `url` to {@link remoteStack}. */
export async function serveStack(stack: RemoteStack): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const outcome = await answer(stack, request);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(outcome));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The stack that another process serves with {@link serveStack}: the same addresses, and calls that its owner carries out. */
export async function remoteStack(url: string): Promise<RemoteStack> {
  const { dir, postgres, kafka, registry, connect } = (await ask(url)).addresses;
  const call =
    (name: Call) =>
    async (...args: readonly unknown[]) => {
      await ask(url, { call: name, args });
    };
  return {
    dir,
    postgres,
    kafka,
    registry,
    connect,
    startConnector: call('startConnector'),
    removeConnector: call('removeConnector'),
    connectorWrote: call('connectorWrote'),
    down: call('down'),
    up: call('up'),
    startMariadb: async () => Number((await ask(url, { call: 'startMariadb', args: [] })).value),
    restartPostgres: call('restartPostgres'),
    restartKafka: call('restartKafka'),
    restartRegistry: call('restartRegistry'),
    restartConnect: call('restartConnect'),
  };
}

async function answer(stack: RemoteStack, request: IncomingMessage): Promise<Outcome> {
  try {
    let value: unknown;
    if (request.method === 'POST') {
      const { call, args } = (await json(request)) as CallBody;
      value = await (stack[call] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
    }
    const { dir, postgres, kafka, registry, connect } = stack;
    return { ok: true, addresses: { dir, postgres, kafka, registry, connect }, value };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

async function ask(url: string, body?: CallBody): Promise<Extract<Outcome, { ok: true }>> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  const outcome = (await response.json()) as Outcome;
  if (!outcome.ok) throw new Error(outcome.why);
  return outcome;
}
