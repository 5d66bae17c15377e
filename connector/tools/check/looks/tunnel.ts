import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { messageOf } from '../../../kernel/fault.ts';
import type { HttpProxy } from '../../../kernel/proxy.ts';
import type { DurationMs } from '../../../kernel/time.ts';

/** A connection through a proxy, or why there is none. */
export type Tunnel = { readonly socket: Socket } | { readonly problem: string };

/** Opens a tunnel (CONNECT) to the host of a URL. Never rejects. */
export function openTunnel(proxy: HttpProxy, url: string, limitMs: DurationMs): Promise<Tunnel> {
  const { hostname, port, protocol } = new URL(url);
  const host = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
  const options = { method: 'CONNECT', path: host, agent: false, headers: { host, ...proxyHeaders(proxy) } };
  return new Promise(resolve => {
    const request = proxy.url.startsWith('https:') ? requestHttps(proxy.url, options) : requestHttp(proxy.url, options);
    const end = (tunnel: Tunnel) => {
      clearTimeout(timer);
      if ('problem' in tunnel) request.destroy();
      resolve(tunnel);
    };
    const fail = (problem: string) => end({ problem: `the proxy ${proxy.url} ${problem}` });
    const timer = setTimeout(() => fail(`does not answer within ${limitMs / 1000} s`), limitMs);
    request.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode === 200) return end({ socket });
      socket.destroy();
      fail(`refuses the connection with HTTP ${answer.statusCode}`);
    });
    request.once('response', answer => fail(`refuses the connection with HTTP ${answer.statusCode}`));
    request.once('error', error => fail(`cannot be used: ${messageOf(error) || String(Object(error).code)}`));
    request.end();
  });
}

/** Our credentials for the proxy. */
export function proxyHeaders({ authorization }: HttpProxy): Readonly<Record<string, string>> {
  return authorization === null ? {} : { 'proxy-authorization': authorization.reveal() };
}
