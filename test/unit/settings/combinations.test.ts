import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../support/certificates.ts';
import { problemsOf } from './loading.ts';

const files = { 'conf/a.pem': 'A', 'conf/pw': 'P', 'conf/cert.pem': selfSignedCertificate('merchant.example').cert };

/** The least settings, with other parts over them. */
const withParts = (parts: Readonly<Record<string, object>>) => {
  const least = {
    kafka: { brokers: ['k:1'], topics: ['t'] },
    registry: { url: 'http://r' },
    platform: { clientId: 'C', privateKeyFile: 'key.pem' },
  };
  const names = new Set([...Object.keys(least), ...Object.keys(parts)]);
  const merged = [...names].map(name => [name, { ...least[name as keyof typeof least], ...parts[name] }]);
  return JSON.stringify(Object.fromEntries(merged));
};

describe('keys that do not go together', () => {
  it.each<[string, Readonly<Record<string, object>>, string]>([
    [
      'a SASL mechanism without its password',
      { kafka: { sasl: { mechanism: 'plain', username: 'u' } } },
      'kafka.sasl.passwordFile | conf/connector.yaml | is missing: mechanism plain needs it | name a file, or put the secret itself into CARD_SYNC_KAFKA_SASL_PASSWORD',
    ],
    [
      'OAuth without its secret',
      { kafka: { sasl: { mechanism: 'oauthbearer', tokenUrl: 'https://l', clientId: 'c' } } },
      'kafka.sasl.clientSecretFile',
    ],
    [
      'a password without a mechanism',
      { kafka: { sasl: { mechanism: 'none', passwordFile: 'pw' } } },
      'has no meaning with mechanism "none" | it belongs to plain, scram-sha-256, scram-sha-512',
    ],
    [
      'another meaning of SUCCESS',
      { platform: { verdicts: { SUCCESS: 'retry' } } },
      'platform.verdicts.SUCCESS | conf/connector.yaml | SUCCESS cannot mean anything else | remove it',
    ],
    [
      'a verdict of no HTTP status',
      { platform: { verdicts: { HTTP_200: 'retry' } } },
      'platform.verdicts.HTTP_200 | conf/connector.yaml | is no HTTP status that can have a verdict',
    ],
    ['a verdict of half an HTTP status', { platform: { verdicts: { HTTP_40: 'retry' } } }, 'platform.verdicts.HTTP_40'],
    [
      'a success told by HTTP alone',
      { platform: { verdicts: { HTTP_404: 'accepted' } } },
      'platform.verdicts.HTTP_404 | conf/connector.yaml | must be one of retry, reject, halt, is "accepted"',
    ],
    ['a topic named twice', { kafka: { topics: ['t', 't'] } }, 'kafka.topics'],
    [
      'heartbeats too rare for the session',
      { kafka: { sessionTimeoutMs: 9_000, heartbeatIntervalMs: 3_000 } },
      'kafka.heartbeatIntervalMs | conf/connector.yaml | must be less than a third of kafka.sessionTimeoutMs (9000), is 3000',
    ],
    ['fetches too long for the session', { kafka: { fetchMaxWaitMs: 10_000 } }, 'kafka.fetchMaxWaitMs'],
    [
      'fetches longer than a request may last',
      { kafka: { fetchMaxWaitMs: 5_000, requestTimeoutMs: 5_000 } },
      'kafka.fetchMaxWaitMs',
    ],
    ['requests that may not last a heartbeat', { kafka: { requestTimeoutMs: 3_000 } }, 'kafka.requestTimeoutMs'],
    [
      'more bytes of a partition than of a fetch',
      { kafka: { fetchMaxBytes: 2_000, fetchMaxBytesPerPartition: 2_001 } },
      'kafka.fetchMaxBytesPerPartition',
    ],
    [
      'certificates for an unencrypted Kafka',
      { kafka: { tls: { caFile: 'a.pem' } } },
      'kafka.tls.caFile | conf/connector.yaml | has no effect: kafka.tls.enabled is false',
    ],
    ['certificates for plain http', { registry: { tls: { caFile: 'a.pem' } } }, 'registry.tls.caFile'],
    [
      'certificates for a platform on plain http',
      { platform: { baseUrl: 'http://p', tls: { caFile: 'a.pem' } } },
      'platform.tls.caFile',
    ],
    [
      "a client's certificate without its key",
      { registry: { url: 'https://r', tls: { certFile: 'cert.pem' } } },
      'registry.tls.keyFile',
    ],
    ["a client's key without its certificate", { platform: { tls: { keyFile: 'a.pem' } } }, 'platform.tls.certFile'],
    ['a registry user without a password', { registry: { username: 'u' } }, 'registry.passwordFile'],
    ['a registry password without a user', { registry: { passwordFile: 'pw' } }, 'registry.username'],
    [
      'two ways to log in to the registry',
      { registry: { username: 'u', passwordFile: 'pw', bearerTokenFile: 'pw' } },
      'registry.bearerTokenFile',
    ],
    [
      'verification without a key',
      { platform: { verifyAnswers: 'required' } },
      "platform.verifyAnswers | conf/connector.yaml | required needs AlipayHK's public key",
    ],
    ['a warning that cannot be given', { platform: { verifyAnswers: 'warn' } }, 'platform.verifyAnswers'],
    ['dead letters that would be read as changes', { deadLetters: { topic: 't' } }, 'deadLetters.topic'],
    ['a topic without a replica', { deadLetters: { replicationFactor: 0 } }, 'deadLetters.replicationFactor'],
    ['a journal that would be read as changes', { journal: { topic: 't' } }, 'journal.topic'],
    [
      'a journal among the dead letters',
      { journal: { topic: 'd' }, deadLetters: { topic: 'd' } },
      'journal.topic | conf/connector.yaml | is one of kafka.topics, or deadLetters.topic',
    ],
    ['a journal without a replica', { journal: { replicationFactor: 0 } }, 'journal.replicationFactor'],
    [
      'fewer waiting than in flight',
      { flow: { queuedMax: 63 } },
      'flow.queuedMax | conf/connector.yaml | must be at least flow.inFlightMax (64), is 63',
    ],
    ['a stall shorter than two heartbeats', { observe: { stalledAfterMs: 5_999 } }, 'observe.stalledAfterMs'],
    ['a drain that outlives a rebalance', { shutdown: { drainMs: 60_000 } }, 'shutdown.drainMs'],
  ])('%s', (_, parts, problem) => {
    const problems = problemsOf(withParts(parts), { files }).map(line => line.replace(/:1:\d+ /, ' '));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('hold at the limit', () => {
    const parts = {
      kafka: {
        sessionTimeoutMs: 9_001,
        heartbeatIntervalMs: 3_000,
        fetchMaxBytes: 2_000,
        fetchMaxBytesPerPartition: 2_000,
      },
      flow: { queuedMax: 64 },
      observe: { stalledAfterMs: 6_000 },
      shutdown: { drainMs: 59_999 },
      platform: { verifyAnswers: 'off' },
    };
    expect(problemsOf(withParts(parts), { files })).toEqual([]);
  });

  it('tell of a secret in the environment that nothing uses', () => {
    expect(problemsOf(withParts({}), { environment: { CARD_SYNC_KAFKA_SASL_PASSWORD: 'x' } })).toEqual([
      'kafka.sasl.passwordFile | CARD_SYNC_KAFKA_SASL_PASSWORD | has no meaning with mechanism "none" | set kafka.sasl.mechanism, or remove it',
    ]);
  });
});
