import { get } from 'node:http';
import { messageOf } from '../kernel/fault.ts';
import type { DurationMs } from '../kernel/time.ts';

/** The pages of health. */
export const healthPages = ['live', 'ready'] as const;

/** One of them. */
export type HealthPage = (typeof healthPages)[number];

/** What a running connector says of itself, or why it says nothing. */
export type HealthAnswer =
  | { readonly kind: 'answered'; readonly well: boolean; readonly reasons: readonly string[] }
  | { readonly kind: 'silent'; readonly why: string };

/** Where the health of a connector with these settings can be asked for on its own machine; null where its port is chosen at its start. */
export function healthAddress({ host, port }: { readonly host: string; readonly port: number }): string | null {
  if (port === 0) return null;
  // Listening at every address is listening at the loopback.
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** Asks for a page of health. Never rejects. */
export function askHealth(url: string, page: HealthPage, timeoutMs: DurationMs): Promise<HealthAnswer> {
  return new Promise(resolve => {
    const silent = (error: unknown) => resolve({ kind: 'silent', why: messageOf(error) });
    const signal = AbortSignal.timeout(timeoutMs);
    signal.addEventListener('abort', () => silent(new Error(`no answer within ${timeoutMs} ms`)));
    // Not fetch, which takes a probe twice as long to load.
    const asked = get(new URL(`/health/${page}`, url), { signal, agent: false }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', silent);
      response.on('end', () => resolve(readAnswer(response.statusCode ?? 0, text)));
    });
    asked.on('error', silent);
  });
}

function readAnswer(status: number, text: string): HealthAnswer {
  try {
    const { reasons } = JSON.parse(text) as { readonly reasons?: unknown };
    if (!Array.isArray(reasons) || (status !== 200 && status !== 503)) throw new Error('no health');
    return { kind: 'answered', well: status === 200, reasons: reasons.map(String) };
  } catch {
    return { kind: 'silent', why: `something else answers there, with HTTP ${status}` };
  }
}
