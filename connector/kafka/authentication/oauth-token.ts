import { type Dispatcher, request } from 'undici';
import { dispatchErrorText, openProxyDispatcher } from '../../http/proxy-dispatcher.ts';
import { Fault, messageOf } from '../../kernel/fault.ts';
import type { TokenEndpoint } from '../../kernel/sasl.ts';
import type { DurationMs } from '../../kernel/time.ts';

const tokenBytesMax = 65_536;

/**
 * A token by the client credentials grant (RFC 6749, 4.4). Throws a {@link Fault} that names no secret: KAFKA_REFUSED where
 * waiting does not mend it, else KAFKA_UNREACHABLE.
 */
export async function fetchToken(options: TokenEndpoint, timeoutMs: DurationMs): Promise<string> {
  const { status, text } = await askForToken(options, AbortSignal.timeout(timeoutMs)).catch(error => {
    throw new Fault('KAFKA_UNREACHABLE', {
      detail: `no token from kafka.sasl.tokenUrl: ${error instanceof Error ? dispatchErrorText(error) : messageOf(error)}`,
    });
  });
  if (status !== 200) {
    const reason = memberOf(text, 'error');
    const because = reason !== null && /^[a-z_]{1,40}$/.test(reason) ? ` (${reason})` : '';
    throw new Fault(status >= 500 || status === 429 ? 'KAFKA_UNREACHABLE' : 'KAFKA_REFUSED', {
      detail: `no token from kafka.sasl.tokenUrl: HTTP ${status}${because}`,
    });
  }
  const token = memberOf(text, 'access_token');
  if (token) return token;
  throw new Fault('KAFKA_REFUSED', { detail: 'kafka.sasl.tokenUrl answered without an access_token' });
}

async function askForToken(options: TokenEndpoint, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const { proxy } = options;
  if (proxy === undefined) return post(options, { signal });
  const dispatcher = openProxyDispatcher(proxy, { connect: {} });
  try {
    return await post(options, { signal, dispatcher });
  } finally {
    await dispatcher.destroy();
  }
}

async function post(
  { url, clientId, clientSecret, scope }: TokenEndpoint,
  how: { readonly signal: AbortSignal; readonly dispatcher?: Dispatcher },
): Promise<{ status: number; text: string }> {
  const login = [clientId, clientSecret.reveal()].map(encodeURIComponent).join(':');
  const { statusCode, body } = await request(url, {
    ...how,
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }).toString(),
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > tokenBytesMax) throw new Error(`an answer of more than ${tokenBytesMax} bytes`);
  }
  return { status: statusCode, text: Buffer.concat(chunks).toString() };
}

/** A text member of a JSON object; null where there is none. */
export function memberOf(json: string, name: string): string | null {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return null;
    const value: unknown = Object.getOwnPropertyDescriptor(parsed, name)?.value;
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
