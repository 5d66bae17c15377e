import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, TLSSocket } from 'node:tls';
import { messageOf } from '../../../kernel/fault.ts';
import type { HttpProxy } from '../../../kernel/proxy.ts';
import { type DurationMs, instant } from '../../../kernel/time.ts';
import { tlsOptions } from '../../../kernel/tls-material.ts';
import type { Settings } from '../../../settings/settings.ts';
import { span } from '../../words.ts';
import { type Found, failed, type Looked, skipped, warning, well } from '../finding.ts';
import { clockOfPlatform, type ServerTime } from './clocks.ts';
import { openTunnel, proxyHeaders } from './tunnel.ts';

/** How far a request came. */
export interface Probe {
  /** Null: no connection. */
  readonly connected: { readonly address: string; readonly afterMs: DurationMs } | null;
  /** Null: not encrypted, or the handshake failed. */
  readonly secured: { readonly protocol: string; readonly validTo: number | null } | null;
  /** Null: no answer. */
  readonly answered: { readonly status: number; readonly afterMs: DurationMs; readonly time: ServerTime | null } | null;
  /** What ended it before an answer. */
  readonly problem: string | null;
}

const dayMs = 86_400_000;
const expiresSoonMs = 21 * dayMs;

/**
 * Whether the platform can be reached: a connection, the TLS handshake with the same check of the certificate as for cards, and a
 * HEAD of `/` without client id, signature or body, to which any answer will do. Nothing that could be taken for a card is sent.
 */
export async function lookAtEndpoint(
  { baseUrl, tls, proxy, connectTimeoutMs }: Settings['platform'],
  probe: typeof probeEndpoint,
): Promise<Looked<true>> {
  const seen = await probe(baseUrl, tls, Math.min(connectTimeoutMs, 5_000), proxy);
  const isSecure = baseUrl.startsWith('https:');
  const found = [
    connectionFinding(baseUrl, seen),
    isSecure ? tlsFinding(seen, Date.now()) : plainFinding(baseUrl),
    answerFinding(seen, isSecure),
    seen.answered === null
      ? skipped('platform.clock', 'our clock is right', 'no answer to compare it with')
      : clockOfPlatform(seen.answered.time),
  ];
  return { found, value: true };
}

function connectionFinding(baseUrl: string, { connected, problem }: Probe): Found {
  const [id, title] = ['platform.connection', 'the address can be reached'] as const;
  if (connected !== null) return well(id, title, `${baseUrl} at ${connected.address}, in ${span(connected.afterMs)}`);
  const remedy = 'check platform.baseUrl, name resolution, firewalls, egress rules and the proxy';
  return failed(id, title, `${baseUrl}: ${problem ?? 'no connection'}`, remedy);
}

function tlsFinding({ connected, secured, problem }: Probe, now: number): Found {
  const [id, title] = ['platform.tls', 'the certificate holds'] as const;
  if (connected === null) return skipped(id, title, 'no connection');
  if (secured === null) {
    const remedy =
      'is something in between (a proxy with its own authority: platform.tls.caFile), or the name another one?';
    return failed(id, title, problem ?? 'no handshake', remedy);
  }
  const { protocol, validTo } = secured;
  if (validTo === null) return well(id, title, protocol);
  const until = new Date(validTo).toISOString().slice(0, 10);
  const detail = `${protocol}, until ${until}`;
  if (validTo - now > expiresSoonMs) return well(id, title, detail);
  return warning(id, title, `${detail}: it ends soon`, 'ask whoever runs the address to renew it');
}

function plainFinding(baseUrl: string): Found {
  const [id, title] = ['platform.tls', 'the certificate holds'] as const;
  const { hostname } = new URL(baseUrl);
  if (/^(?:localhost|127\.|\[::1\])/.test(hostname)) return well(id, title, 'not encrypted, on this machine');
  return warning(
    id,
    title,
    'not encrypted: everybody on the way can read the orders',
    'use https:// in platform.baseUrl',
  );
}

function answerFinding({ connected, secured, answered, problem }: Probe, isSecure: boolean): Found {
  const [id, title] = ['platform.answer', 'it speaks HTTP'] as const;
  if (connected === null || (isSecure && secured === null)) return skipped(id, title, 'no connection');
  if (answered === null)
    return failed(id, title, problem ?? 'no answer', 'check platform.baseUrl: scheme, host and port');
  return well(
    id,
    title,
    `HEAD / without client id, signature or body: HTTP ${answered.status} in ${span(answered.afterMs)}`,
  );
}

/** Makes the one request, on a connection of its own, through the proxy where there is one. Never rejects. */
export async function probeEndpoint(
  baseUrl: string,
  tls: Settings['platform']['tls'],
  limitMs: DurationMs,
  proxy?: HttpProxy,
): Promise<Probe> {
  const startedAt = performance.now();
  const { origin, host } = new URL(baseUrl);
  const options: RequestOptions = { method: 'HEAD', path: '/', agent: false };
  if (!origin.startsWith('https:')) {
    if (proxy === undefined) return follow(requestHttp(origin, options), startedAt, limitMs);
    const headers = { host, ...proxyHeaders(proxy) };
    return follow(requestHttp(proxy.url, { ...options, path: `${origin}/`, headers }), startedAt, limitMs);
  }
  const secure: ConnectionOptions = tlsOptions(tls);
  if (proxy === undefined) return follow(requestHttps(origin, { ...options, ...secure }), startedAt, limitMs);
  const tunnel = await openTunnel(proxy, origin, limitMs);
  if ('problem' in tunnel) return { connected: null, secured: null, answered: null, problem: tunnel.problem };
  const connected = { address: `proxy ${proxy.url}`, afterMs: performance.now() - startedAt };
  const { hostname } = new URL(origin);
  const servername = isIP(hostname) === 0 ? { servername: hostname } : { host: hostname };
  const createConnection = () => connect({ ...servername, ...secure, socket: tunnel.socket });
  // Node asks for the connection itself only where no agent is named.
  const overTunnel = { method: 'HEAD', path: '/', createConnection };
  return follow(requestHttps(origin, overTunnel), startedAt, limitMs, connected);
}

/** Waits for an answer to a request, and tells how far it came. */
function follow(
  request: ClientRequest,
  startedAt: number,
  limitMs: DurationMs,
  connected: Probe['connected'] = null,
): Promise<Probe> {
  const seen: { -readonly [K in keyof Probe]: Probe[K] } = { connected, secured: null, answered: null, problem: null };
  return new Promise(resolve => {
    const end = (problem: string | null) => {
      clearTimeout(timer);
      request.destroy();
      resolve({ ...seen, problem });
    };
    const timer = setTimeout(() => end(`nothing more within ${limitMs / 1000} s`), limitMs);
    request.on('socket', socket => {
      socket.once('connect', () => {
        const address = `${socket.remoteAddress}:${socket.remotePort}`;
        seen.connected ??= { address, afterMs: performance.now() - startedAt };
      });
      if (!(socket instanceof TLSSocket)) return;
      socket.once('secureConnect', () => {
        const validTo = Date.parse(socket.getPeerCertificate().valid_to);
        seen.secured = { protocol: socket.getProtocol() ?? 'TLS', validTo: Number.isNaN(validTo) ? null : validTo };
      });
    });
    request.once('response', answer => {
      const status = answer.statusCode ?? 0;
      seen.answered = { status, afterMs: performance.now() - startedAt, time: timeOf(answer) };
      end(null);
    });
    request.once('error', error => end(textOf(error)));
    request.end();
  });
}

function timeOf({ headers }: IncomingMessage): ServerTime | null {
  const at = Date.parse(headers.date ?? '');
  return Number.isNaN(at) ? null : { at: instant(at), heardAt: instant(Date.now()) };
}

/** A refused connection to a name with two addresses has no text of its own, only a code. */
function textOf(error: Error & { readonly code?: string }): string {
  const text = messageOf(error);
  return text === '' ? (error.code ?? 'no connection') : text;
}
