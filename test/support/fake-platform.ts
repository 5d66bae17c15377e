import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it arrived: the exact bytes of its body. */
export interface ArrivedRequest {
  readonly method: string;
  readonly path: string;
  readonly httpVersion: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Counts the connections from 1: equal numbers are one connection. */
  readonly connection: number;
}

/** What the platform does when a request has arrived whole: it writes what it likes to the socket. */
export type Behaviour = (socket: Socket, request: ArrivedRequest) => void;

/** A server for delivery to be tested against: it behaves as badly as it is told to. It knows nothing of the API. */
export interface FakePlatform extends AsyncDisposable {
  /** Scheme, host and port. */
  readonly url: string;
  readonly requests: readonly ArrivedRequest[];
  /** Connections that are open now. */
  readonly connections: number;
  /** The most that were open at once. */
  readonly connectionsPeak: number;
  /** What is done with the coming requests, one after another; with the last of these also later ones. */
  behave(...behaviours: Behaviour[]): void;
  /** Resolves when so many requests have arrived whole since the start. */
  arrived(count: number): Promise<void>;
  /** Ends all connections in an orderly way (FIN), as a server does whose keep-alive time is over. */
  closeConnections(): void;
  /** Resolves when no connection is open. */
  unconnected(): Promise<void>;
}

/** Starts a platform on a free port of 127.0.0.1; with `tls` it speaks HTTPS. */
export async function startFakePlatform(tls?: ServerOptions): Promise<FakePlatform> {
  const requests: ArrivedRequest[] = [];
  const sockets = new Map<Socket, number>();
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event('change'));
  let behaviours: readonly Behaviour[] = [answers('{}')];
  let made = 0;
  let peak = 0;

  const listener: RequestListener = async request => {
    const { method = '', url: path = '', httpVersion, headers, socket } = request;
    const body = await buffer(request);
    const arrived = { method, path, httpVersion, headers, body, connection: sockets.get(socket) ?? 0 };
    requests.push(arrived);
    const [now, ...later] = behaviours;
    if (later.length > 0) behaviours = later;
    now?.(socket, arrived);
    changed();
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.set(socket, ++made);
    peak = Math.max(peak, sockets.size);
    // A reset by the other side is what many tests want.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      changed();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const until = async (holds: () => boolean) => {
    while (!holds()) await once(changes, 'change');
  };
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    get connections() {
      return sockets.size;
    },
    get connectionsPeak() {
      return peak;
    },
    behave: (...next) => {
      behaviours = next;
    },
    arrived: count => until(() => requests.length >= count),
    closeConnections: () => {
      for (const socket of sockets.keys()) socket.end();
    },
    unconnected: () => until(() => sockets.size === 0),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.keys()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole, orderly answer. Text is sent as UTF-8. */
export function answers(
  body: string | Uint8Array,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Behaviour {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ 'content-length': bytes.length, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = `HTTP/1.1 ${status} Some Reason\r\n${lines.join('\r\n')}\r\n\r\n`;
  return socket => socket.write(Buffer.concat([Buffer.from(head), bytes]));
}

/** Sends these bytes, whatever they are, and then keeps the connection open, ends it (FIN) or resets it (RST). */
export function sends(bytes: string | Uint8Array, then: 'stays' | 'ends' | 'resets'): Behaviour {
  return socket => {
    socket.write(bytes, () => {
      if (then === 'ends') socket.end();
      if (then === 'resets') socket.resetAndDestroy();
    });
  };
}

/** Sends `start` at once and then `drop`, over and over, until the other side has had enough. */
export function drips(start: string, drop: string): Behaviour {
  return socket => {
    socket.write(start);
    const timer = setInterval(() => socket.write(drop), 5);
    socket.on('close', () => clearInterval(timer));
  };
}

/** Takes the request and says nothing. */
export const keepsSilent: Behaviour = () => undefined;

/** Resets the connection. */
export const resets: Behaviour = socket => {
  socket.resetAndDestroy();
};
