import { describe, expect, it } from 'vitest';
import { saslOf } from '../../../connector/kafka/authentication/authentication.ts';
import { openKafka } from '../../../connector/kafka/client.ts';
import type { Sasl } from '../../../connector/kernel/sasl.ts';
import { Secret } from '../../../connector/kernel/secret.ts';

// What brokers say to these is in test/integration/kafka-secure.test.ts.

describe('a login', () => {
  it('by name and password goes to kafkajs as it is; none is none', () => {
    const password = new Secret('hunter2');
    expect(saslOf({ mechanism: 'scram-sha-512', username: 'u', password }, 1)).toEqual({
      mechanism: 'scram-sha-512',
      username: 'u',
      password: 'hunter2',
    });
    expect(saslOf({ mechanism: 'none' }, 1)).toBeNull();
  });

  it('by token sends the token with its extensions as RFC 7628 lays them out', async () => {
    const token = { kind: 'given' as const, token: new Secret('abc') };
    const extensions = { logicalCluster: 'lkc-1', identityPoolId: 'pool-1' };
    expect(await sentBy({ mechanism: 'oauthbearer', token, extensions })).toBe(
      'n,,\u0001auth=Bearer abc\u0001logicalCluster=lkc-1\u0001identityPoolId=pool-1\u0001\u0001',
    );
    expect(await sentBy({ mechanism: 'oauthbearer', token, extensions: {} })).toBe(
      'n,,\u0001auth=Bearer abc\u0001\u0001',
    );
  });
});

/** What a login writes, without the length before it. */
async function sentBy(sasl: Sasl): Promise<string> {
  const mechanism = saslOf(sasl, 1);
  if (mechanism === null || !('authenticationProvider' in mechanism)) throw new Error('no provider');
  let sent = Buffer.alloc(0);
  const saslAuthenticate = async ({ request }: { request: { encode: () => Buffer | Promise<Buffer> } }) => {
    sent = Buffer.from(await request.encode());
    return undefined;
  };
  const logger = openKafka({
    brokers: ['b:1'],
    clientId: 'c',
    tls: null,
    sasl: { mechanism: 'none' },
    requestTimeoutMs: 1,
  }).logger();
  await mechanism
    .authenticationProvider({ host: 'b', port: 1, logger, saslAuthenticate: saslAuthenticate as never })
    .authenticate();
  expect(sent.readInt32BE()).toBe(sent.length - 4);
  return sent.subarray(4).toString();
}
