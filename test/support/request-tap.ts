import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';

/** A request as it went past. */
export interface TappedRequest {
  readonly method: string;
  /** Of the server behind. */
  readonly url: string;
  /** But for those that the connection is about. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A server that notes every request and passes it on, byte for byte, to another one. */
export interface RequestTap extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly TappedRequest[];
}

const ofTheConnection = new Set(['host', 'connection', 'content-length']);

/** Starts one on a free port, before the server at `target`. */
export async function tapBefore(target: string): Promise<RequestTap> {
  const requests: TappedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const { method = '', url = '' } = incoming;
    const headers = Object.fromEntries(
      Object.entries(incoming.headers)
        .filter(([name]) => !ofTheConnection.has(name))
        .map(([name, value]) => [name, String(value)]),
    );
    requests.push({ method, url: target + url, headers, body: body.toString('utf8') });
    const answer = await request(target + url, { method: 'POST', headers, body });
    const answered = Object.entries(answer.headers).filter(([name]) => !ofTheConnection.has(name));
    response.writeHead(answer.statusCode, Object.fromEntries(answered.map(([name, value]) => [name, String(value)])));
    response.end(Buffer.from(await answer.body.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
