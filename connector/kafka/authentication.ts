import type { SASLOptions } from 'kafkajs';
import { request } from 'undici';
import { Fault, messageOf } from '../kernel/fault.ts';
import type { Secret } from '../kernel/secret.ts';

/** How to log in to the brokers. */
export type SaslOptions =
  | { readonly mechanism: 'none' }
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly scope?: string | undefined;
    };

const tokenTimeoutMs = 10_000;
const tokenBytesMax = 65_536;

/** The options in kafkajs' form; null for no login. */
export function saslOf(options: SaslOptions): SASLOptions | null {
  switch (options.mechanism) {
    case 'none':
      return null;
    case 'oauthbearer':
      // kafkajs asks again with every new connection and when the broker's session ends.
      return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await fetchToken(options) }) };
    default:
      return { mechanism: options.mechanism, username: options.username, password: options.password.reveal() };
  }
}

/** A token by the client credentials grant (RFC 6749, 4.4). Throws a {@link Fault} KAFKA_REFUSED that names no secret. */
async function fetchToken(options: Extract<SaslOptions, { mechanism: 'oauthbearer' }>): Promise<string> {
  const basic = Buffer.from(
    `${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret.reveal())}`,
  ).toString('base64');
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(options.scope === undefined ? {} : { scope: options.scope }),
  });
  let text: string;
  try {
    const { statusCode, body } = await request(options.tokenUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${basic}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form.toString(),
      signal: AbortSignal.timeout(tokenTimeoutMs),
    });
    text = (await body.text()).slice(0, tokenBytesMax);
    if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
  } catch (error) {
    throw new Fault('KAFKA_REFUSED', { detail: `no token from kafka.sasl.tokenUrl: ${messageOf(error)}` });
  }
  const token = tokenIn(text);
  if (token === null)
    throw new Fault('KAFKA_REFUSED', { detail: 'kafka.sasl.tokenUrl answered without an access_token' });
  return token;
}

function tokenIn(text: string): string | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('access_token' in parsed)) return null;
    return typeof parsed.access_token === 'string' ? parsed.access_token : null;
  } catch {
    return null;
  }
}
