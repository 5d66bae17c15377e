import type { Mechanism, SASLOptions } from 'kafkajs';
import { Fault } from '../../kernel/fault.ts';
import type { Sasl } from '../../kernel/sasl.ts';
import type { DurationMs } from '../../kernel/time.ts';
import { tokenOf } from './token-source.ts';

/** The options in kafkajs' form; null for no login. `tokenTimeoutMs` limits one request for a token. */
export function saslOf(options: Sasl, tokenTimeoutMs: DurationMs): SASLOptions | Mechanism | null {
  switch (options.mechanism) {
    case 'none':
      return null;
    case 'oauthbearer':
      // kafkajs asks again with every new connection and when the broker's session ends.
      return {
        mechanism: 'oauthbearer',
        authenticationProvider: loginByToken(() => tokenOf(options.token, tokenTimeoutMs), options.extensions),
      };
    default: {
      const login: SASLOptions = { ...options, password: options.password.reveal() };
      return login;
    }
  }
}

/**
 * The login by token (RFC 7628), with extensions of the broker (KIP-342). kafkajs has one, but takes a refusal for a success: to a bad token the broker answers with
 * its reasons where it else says nothing, and hangs up afterwards.
 */
function loginByToken(
  token: () => Promise<string>,
  extensions: Readonly<Record<string, string>>,
): Mechanism['authenticationProvider'] {
  const more = Object.entries(extensions).map(([name, value]) => `${name}=${value}\u0001`);
  return ({ saslAuthenticate }) => ({
    authenticate: async () => {
      const login = Buffer.from(`n,,\u0001auth=Bearer ${await token()}\u0001${more.join('')}\u0001`);
      const reasons = await saslAuthenticate({
        request: { encode: () => Buffer.concat([lengthOf(login), login]) },
        response: { decode: answer => answer, parse: answer => answer.subarray(lengthBytes).toString() },
      });
      if (!reasons) return;
      throw new Fault('KAFKA_REFUSED', { detail: `the broker refuses the token: ${reasons.slice(0, 200)}` });
    },
  });
}

// kafkajs hands over and expects Kafka's BYTES: a length of 32 bits before them.
const lengthBytes = 4;

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeInt32BE(bytes.length);
  return length;
}
