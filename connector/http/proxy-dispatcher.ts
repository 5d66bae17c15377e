import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { HttpProxy } from '../kernel/proxy.ts';
import type { DurationMs } from '../kernel/time.ts';
import type { TlsOptions } from '../kernel/tls-material.ts';

/** Options of undici's `Pool` and `Agent` that hold for the requests themselves. */
export interface RequestOptions {
  readonly connections?: number;
  readonly pipelining?: number;
  readonly headersTimeout?: DurationMs;
  readonly bodyTimeout?: DurationMs;
  readonly maxResponseSize?: number;
  /** TLS to the server, not to the proxy. `timeout` limits opening a connection. */
  readonly connect: TlsOptions & { readonly timeout?: DurationMs };
}

/** undici's default. */
const connectTimeoutMs: DurationMs = 10_000;

/**
 * Sends requests through a proxy: to `https:` servers through a tunnel (CONNECT), so that the proxy sees neither the request nor
 * the certificates; to `http:` servers in absolute form (RFC 9112, 3.2.2). HTTP/1.1 only.
 */
export function openProxyDispatcher(proxy: HttpProxy, { connect, ...options }: RequestOptions): Dispatcher {
  const timeout = connect.timeout ?? connectTimeoutMs;
  return new ProxyAgent({
    ...options,
    uri: proxy.url,
    ...(proxy.authorization && { token: proxy.authorization.reveal() }),
    allowH2: false,
    requestTls: { ...connect, timeout, allowH2: false },
    proxyTls: { timeout, allowH2: false },
    // The wait for the answer to CONNECT is a part of opening a connection. undici would wait for 5 minutes.
    clientFactory: (origin, given) => new Pool(origin, { ...given, headersTimeout: timeout }),
    // undici forgets the options where it does not tunnel.
    factory: (origin, given) => new Pool(origin, { ...options, allowH2: false, ...given }),
  });
}

/** The text of an error of a dispatcher; of a proxy that refuses a tunnel it says so. */
export function dispatchErrorText(error: Error): string {
  // Node tries all addresses of a name and puts their errors into one without a text (Happy Eyeballs, RFC 8305).
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(one => (one instanceof Error ? one.message : String(one))).join('; ');
  }
  // Read in undici 8.12.4, proxy-agent.js.
  const status = /^Proxy response \((\d+)\) !== 200/.exec(error.message)?.[1];
  if (status === undefined && !error.message.startsWith('Proxy Authentication Required')) return error.message;
  const hint = status === undefined || status === '407' ? '; check proxy.username and proxy.passwordFile' : '';
  return `the proxy refuses the connection with HTTP ${status ?? 407}${hint}`;
}
