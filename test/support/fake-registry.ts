import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A registry's answer to one request. Null lets the registry answer as it should. */
export type Misbehaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** A small schema registry with Confluent's API on 127.0.0.1, which misbehaves when told to. */
export interface FakeRegistry extends AsyncDisposable {
  readonly url: string;
  /** `METHOD path` of each request so far. */
  readonly requests: readonly string[];
  /** The last request. */
  readonly last: IncomingMessage | undefined;
  /** Answers in the registry's place, while it is set. */
  misbehaviour: Misbehaviour | null;
  /** Has a schema from now on. `more` are further members of the answer, such as `schemaType` and `references`. */
  addSchema(id: number, schema: unknown, more?: object): void;
  /** Has a subject's version from now on. */
  addVersion(subject: string, version: number, schema: unknown, more?: object): void;
}

/** Starts a registry; with TLS where there are options of it. */
export async function startFakeRegistry(tls?: ServerOptions): Promise<FakeRegistry> {
  const answers = new Map<string, unknown>();
  const requests: string[] = [];
  let last: IncomingMessage | undefined;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    last = request;
    if (registry.misbehaviour !== null) return registry.misbehaviour(response, request);
    const [path = ''] = request.url?.split('?') ?? [];
    const answer = answers.get(path);
    response.statusCode = answer === undefined ? 404 : 200;
    const absence = { error_code: path.startsWith('/subjects') ? 40401 : 40403, message: 'not found' };
    response.end(JSON.stringify(answer ?? absence));
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const registry: FakeRegistry = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    get last() {
      return last;
    },
    misbehaviour: null,
    addSchema: (id, schema, more = {}) => {
      answers.set(`/schemas/ids/${id}`, { schema: JSON.stringify(schema), ...more });
    },
    addVersion: (subject, version, schema, more = {}) => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      answers.set(path, { subject, version, schema: JSON.stringify(schema), ...more });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return registry;
}

/** An answer with this status and body. */
export function answering(status: number, body: string): Misbehaviour {
  return response => {
    response.statusCode = status;
    response.end(body);
  };
}
