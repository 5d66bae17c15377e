import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault, messageOf } from '../kernel/fault.ts';
import { limitConnections } from './connection-limit.ts';
import type { Health } from './health.ts';
import type { InstanceStatus } from './status.ts';

const connectionsMax = 64;

/** What the server answers from. */
export interface HttpServerParts {
  /** The metrics in Prometheus' text format, and what that is called. */
  readonly metrics: { expose(): Promise<string>; readonly contentType: string };
  readonly health: () => Health;
  readonly status: () => InstanceStatus;
}

/** A server that listens. */
export interface HttpServer extends AsyncDisposable {
  /** With the port that was chosen, e.g. `http://127.0.0.1:9464`. */
  readonly url: string;
}

/**
 * Serves `/metrics`, `/health/live`, `/health/ready`, `/status`, and at `/` a list of them. Throws a {@link Fault} SETTINGS_INVALID where
 * the address cannot be listened at. Closing cuts off whoever is still connected.
 */
export async function openHttpServer(host: string, port: number, parts: HttpServerParts): Promise<HttpServer> {
  // Its clients are probes and scrapers: small requests, soon done. Past these limits Node answers 431, 408 or hangs up.
  const server = createServer(
    {
      maxHeaderSize: 8192,
      requestTimeout: 5_000,
      headersTimeout: 5_000,
      keepAliveTimeout: 5_000,
      // Node looks for requests past their time-out every 30 s unless told otherwise.
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => void answer(request, response, parts),
  );
  // Of one that takes its answer slowly, too.
  server.timeout = 10_000;
  limitConnections(server, connectionsMax);
  server.maxRequestsPerSocket = 10_000;
  await listening(server, host, port);
  // Scraping must not keep alive a process that has nothing else to do.
  server.unref();
  const { address, family, port: chosen } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${chosen}`,
    [Symbol.asyncDispose]: () => closed(server),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: HttpServerParts): Promise<void> {
  try {
    const page = await pageOf(request, parts);
    response.writeHead(page.status, {
      'content-type': page.type,
      'content-length': Buffer.byteLength(page.text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(page.status === 405 && { allow: 'GET, HEAD' }),
      // A body that nobody reads would be taken for the next request.
      ...(page.status === 405 && { connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : page.text);
  } catch {
    // Metrics that cannot be read are a defect of ours; the scrape shows it, and nothing of its text gets out.
    if (!response.headersSent) response.writeHead(500, { 'content-type': plain });
    response.end('internal error\n');
  }
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const plain = 'text/plain; charset=utf-8';
const json = 'application/json; charset=utf-8';

async function pageOf(
  { method, url = '/' }: IncomingMessage,
  { metrics, health, status }: HttpServerParts,
): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, text: 'only GET and HEAD\n' };
  switch (url.split('?', 1)[0]) {
    case '/metrics':
      return { status: 200, type: metrics.contentType, text: await metrics.expose() };
    case '/health/live': {
      const { live, reasons } = health();
      return healthPage(live, reasons);
    }
    case '/health/ready': {
      const { ready, reasons } = health();
      return healthPage(ready, reasons);
    }
    case '/status':
      return { status: 200, type: json, text: `${JSON.stringify(status())}\n` };
    case '/':
      return { status: 200, type: plain, text: '/metrics\n/health/live\n/health/ready\n/status\n' };
    default:
      return {
        status: 404,
        type: plain,
        text: 'not found; there are /metrics, /health/live, /health/ready and /status\n',
      };
  }
}

function healthPage(well: boolean, reasons: readonly string[]): Page {
  const text = `${JSON.stringify({ status: well ? 'ok' : 'failing', reasons })}\n`;
  return { status: well ? 200 : 503, type: json, text };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', error => reject(listenFault(error, host, port)));
    server.listen({ host, port }, resolve);
  });
}

function listenFault(error: Error & { readonly code?: string }, host: string, port: number): Fault {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no such host name',
  };
  return new Fault('SETTINGS_INVALID', {
    detail: `cannot listen at ${host}:${port} (observe.host, observe.port): ${reasons[error.code ?? ''] ?? messageOf(error)}`,
    remedy: 'set observe.port to a free port (0 picks one), and observe.host to an address of this machine',
    cause: error,
  });
}

function closed(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
