import { request } from 'undici';
import { Fault, messageOf } from '../../kernel/fault.ts';
import type { Sasl } from '../../kernel/sasl.ts';
import type { DurationMs } from '../../kernel/time.ts';

const tokenBytesMax = 65_536;

/** What a token is asked for with. */
export type TokenOptions = Extract<Sasl, { mechanism: 'oauthbearer' }>;

/**
 * A token by the client credentials grant (RFC 6749, 4.4). Throws a {@link Fault} that names no secret: KAFKA_REFUSED where
 * waiting does not mend it, else KAFKA_UNREACHABLE.
 */
export async function fetchToken(options: TokenOptions, timeoutMs: DurationMs): Promise<string> {
  const { status, text } = await askForToken(options, AbortSignal.timeout(timeoutMs)).catch(error => {
    throw new Fault('KAFKA_UNREACHABLE', { detail: `no token from kafka.sasl.tokenUrl: ${messageOf(error)}` });
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

async function askForToken(options: TokenOptions, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const login = [options.clientId, options.clientSecret.reveal()].map(encodeURIComponent).join(':');
  const scope = options.scope === undefined ? {} : { scope: options.scope };
  const { statusCode, body } = await request(options.tokenUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...scope }).toString(),
    signal,
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

function memberOf(json: string, name: string): string | null {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return null;
    const value: unknown = Object.getOwnPropertyDescriptor(parsed, name)?.value;
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
