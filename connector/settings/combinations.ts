import { httpStatusOf } from '../order/result-codes.ts';
import type { CheckedParts, Locate } from './check-document.ts';
import { formatPath, secretName, settingKeys } from './keys.ts';
import type { SettingsProblem } from './problems.ts';
import { tlsParts, usesTls } from './resolve/tls.ts';
import { derivedJournalTopic } from './schema-topics.ts';

/** What the rules look at: the parts that hold by themselves, and which files and secrets are given, readable or not. */
export interface Given {
  readonly parts: CheckedParts;
  /** Is this `…File` key, or the environment variable of its secret, given? */
  readonly has: (path: string) => boolean;
}

/** What no single key shows: keys that need one another, rule one another out, or make no sense together. */
export function checkCombinations(given: Given, locate: Locate): readonly SettingsProblem[] {
  const findings = [
    ...kafkaRules(given),
    ...registryRules(given),
    ...platformRules(given),
    ...verdictRules(given),
    ...tlsParts.flatMap(part => tlsRules(part, given)),
    ...proxyRules(given),
    ...otherRules(given),
  ];
  return findings.map(({ path, ...finding }) => ({ path, source: locate(path.split('.')), ...finding }));
}

type Finding = Omit<SettingsProblem, 'source'>;

function kafkaRules({ parts: { kafka }, has }: Given): readonly Finding[] {
  if (!kafka) return [];
  const { sasl, sessionTimeoutMs, heartbeatIntervalMs, fetchMaxWaitMs, requestTimeoutMs } = kafka;
  return [
    ...saslRules(sasl, has),
    ...when(new Set(kafka.topics).size < kafka.topics.length, () => ({
      path: 'kafka.topics',
      problem: 'names a topic twice',
    })),
    // kafkajs beats between fetches only, and a broker wants to hear three beats in a session.
    ...['heartbeatIntervalMs' as const, 'fetchMaxWaitMs' as const].flatMap(name =>
      when(kafka[name] * 3 >= sessionTimeoutMs, () => ({
        path: `kafka.${name}`,
        problem: `must be less than a third of kafka.sessionTimeoutMs (${sessionTimeoutMs}), is ${kafka[name]}`,
        hint: 'else the broker gives the partitions away between two heartbeats',
      })),
    ),
    ...when(fetchMaxWaitMs >= requestTimeoutMs, () => ({
      path: 'kafka.fetchMaxWaitMs',
      problem: `must be less than kafka.requestTimeoutMs (${requestTimeoutMs}), is ${fetchMaxWaitMs}`,
      hint: 'else a fetch without new records times out',
    })),
    ...when(kafka.fetchMaxBytesPerPartition > kafka.fetchMaxBytes, () => ({
      path: 'kafka.fetchMaxBytesPerPartition',
      problem: `must be at most kafka.fetchMaxBytes (${kafka.fetchMaxBytes}), is ${kafka.fetchMaxBytesPerPartition}`,
    })),
    ...when(heartbeatIntervalMs >= requestTimeoutMs, () => ({
      path: 'kafka.requestTimeoutMs',
      problem: `must be more than kafka.heartbeatIntervalMs (${heartbeatIntervalMs}), is ${requestTimeoutMs}`,
    })),
  ];
}

type SaslDocument = NonNullable<CheckedParts['kafka']>['sasl'];

function saslRules(sasl: SaslDocument, has: Given['has']): readonly Finding[] {
  const password = 'kafka.sasl.passwordFile';
  const ofToken = ['kafka.sasl.clientSecretFile', 'kafka.sasl.tokenFile'];
  const isOauth = sasl.mechanism === 'oauthbearer';
  const misplaced = sasl.mechanism === 'none' ? [password, ...ofToken] : isOauth ? [password] : ofToken;
  return [
    ...when(sasl.mechanism !== 'none' && !isOauth && !has(password), () =>
      missing(password, `mechanism ${sasl.mechanism} needs it`),
    ),
    ...misplaced.filter(has).map(path => ({
      path,
      problem: `has no meaning with mechanism ${JSON.stringify(sasl.mechanism)}`,
      hint: 'set kafka.sasl.mechanism, or remove it',
    })),
    ...(isOauth ? tokenRules(sasl, has) : []),
  ];
}

function tokenRules(
  { tokenUrl, clientId, scope, tokenCommand, extensions }: Extract<SaslDocument, { mechanism: 'oauthbearer' }>,
  has: Given['has'],
): readonly Finding[] {
  const [secret, file] = ['kafka.sasl.clientSecretFile', 'kafka.sasl.tokenFile'] as const;
  const sources = [tokenUrl !== undefined, has(file), tokenCommand !== undefined].filter(Boolean).length;
  const unused = [
    ...when(clientId, () => 'kafka.sasl.clientId'),
    ...when(scope, () => 'kafka.sasl.scope'),
    ...[secret].filter(has),
  ];
  const oneOf = 'one of kafka.sasl.tokenUrl, tokenFile and tokenCommand gives the token';
  return [
    ...when(sources === 0, () => ({ path: 'kafka.sasl.tokenUrl', problem: 'is missing', hint: oneOf })),
    ...when(sources > 1, () => ({
      path: 'kafka.sasl',
      problem: 'names more than one source of the token',
      hint: oneOf,
    })),
    ...when(tokenUrl && !clientId, () => ({ path: 'kafka.sasl.clientId', problem: 'is missing: tokenUrl needs it' })),
    ...when(tokenUrl && !has(secret), () => missing(secret, 'tokenUrl needs it')),
    ...when(sources > 0 && !tokenUrl, () =>
      unused.map(path => ({ path, problem: 'has no effect without kafka.sasl.tokenUrl', hint: 'remove it' })),
    ).flat(),
    ...when(extensions?.auth, () => ({
      path: 'kafka.sasl.extensions.auth',
      problem: 'is the name of the token itself',
      hint: 'extensions have other names (RFC 7628, 3.1)',
    })),
  ];
}

function registryRules({ parts: { registry }, has }: Given): readonly Finding[] {
  if (!registry) return [];
  const password = 'registry.passwordFile';
  const token = 'registry.bearerTokenFile';
  return [
    ...when(registry.username !== undefined && !has(password), () => missing(password, 'registry.username needs it')),
    ...when(registry.username === undefined && has(password), () => ({
      path: 'registry.username',
      problem: 'is missing: a password is given',
    })),
    ...when(has(password) && has(token), () => ({
      path: token,
      problem: 'is given beside a password',
      hint: 'keep one way to log in',
    })),
  ];
}

function proxyRules({ parts: { proxy }, has }: Given): readonly Finding[] {
  if (!proxy) return [];
  const [username, password] = ['proxy.username', 'proxy.passwordFile'] as const;
  const hasUser = proxy.username !== undefined;
  const unused = (path: string) => ({ path, problem: 'has no effect: proxy.url is not given' });
  return [
    ...when(proxy.url === undefined && hasUser, () => unused(username)),
    ...when(proxy.url === undefined && has(password), () => unused(password)),
    ...when(hasUser && !has(password), () => missing(password, 'proxy.username needs it')),
    ...when(!hasUser && has(password), () => ({ path: username, problem: 'is missing: a password is given' })),
  ];
}

function platformRules({ parts: { platform }, has }: Given): readonly Finding[] {
  const verify = platform?.verifyAnswers;
  const hasPublicKey = has('platform.publicKeyFile') || (platform?.publicKeyFiles.length ?? 0) > 0;
  return [
    ...when(!has('platform.privateKeyFile'), () =>
      missing('platform.privateKeyFile', 'every request is signed with it'),
    ),
    ...when((verify === 'required' || verify === 'warn') && platform && !hasPublicKey, () => ({
      path: 'platform.verifyAnswers',
      problem: `${verify} needs AlipayHK's public key`,
      hint: 'set platform.publicKeyFile or platform.publicKeyFiles, or platform.verifyAnswers: off',
    })),
  ];
}

function verdictRules({ parts: { platform } }: Given): readonly Finding[] {
  return Object.entries(platform?.verdicts ?? {}).flatMap(([name, verdict]) => {
    const path = `platform.verdicts.${name}`;
    const status = httpStatusOf(name);
    return [
      ...when(name === 'SUCCESS', () => ({ path, problem: 'SUCCESS cannot mean anything else', hint: 'remove it' })),
      ...when(name.startsWith('HTTP_') && (status === null || status < 300 || status > 599), () => ({
        path,
        problem: 'is no HTTP status that can have a verdict',
        hint: 'HTTP_300 to HTTP_599; with a 2xx the result code tells',
      })),
      ...when(status !== null && !['retry', 'reject', 'halt'].includes(verdict), () => ({
        path,
        problem: `must be one of retry, reject, halt, is "${verdict}"`,
        hint: 'an HTTP status alone tells neither of success nor of the card',
      })),
    ];
  });
}

function tlsRules(part: (typeof tlsParts)[number], { parts, has }: Given): readonly Finding[] {
  const certificate = has(`${part}.tls.certFile`);
  const key = has(`${part}.tls.keyFile`);
  const used = usesTls(part, parts);
  const passphrase = has(`${part}.tls.keyPassphraseFile`);
  const given = ['caFile', 'certFile', 'keyFile', 'keyPassphraseFile'].map(name => `${part}.tls.${name}`).filter(has);
  return [
    ...when(certificate && !key, () => missing(`${part}.tls.keyFile`, 'a client certificate is given')),
    ...when(passphrase && !key, () => missing(`${part}.tls.keyFile`, "a key's passphrase is given")),
    ...when(used === false, () => given.map(path => unused(path, part))).flat(),
  ];
}

function otherRules({ parts }: Given): readonly Finding[] {
  const { kafka, flow, deadLetters, journal, observe, shutdown } = parts;
  return [
    ...when(kafka && deadLetters && kafka.topics.includes(deadLetters.topic), () => ({
      path: 'deadLetters.topic',
      problem: 'is one of kafka.topics',
      hint: 'dead letters would be read as changes, again and again',
    })),
    ...when(deadLetters?.replicationFactor === 0, () => ({
      path: 'deadLetters.replicationFactor',
      problem: "must be at least 1, or -1 for the broker's default, is 0",
    })),
    ...when(journal && [...(kafka?.topics ?? []), deadLetters?.topic].includes(journalTopicIn(parts)), () => ({
      path: 'journal.topic',
      problem: 'is one of kafka.topics, or deadLetters.topic',
      hint: 'the journal needs a topic of its own',
    })),
    ...when(journal?.replicationFactor === 0, () => ({
      path: 'journal.replicationFactor',
      problem: "must be at least 1, or -1 for the broker's default, is 0",
    })),
    ...when(flow && flow.queuedMax < flow.inFlightMax, () => ({
      path: 'flow.queuedMax',
      problem: `must be at least flow.inFlightMax (${flow?.inFlightMax}), is ${flow?.queuedMax}`,
      hint: 'else so many requests are never in flight',
    })),
    ...when(
      kafka && observe && observe.stalledAfterMs < 2 * Math.max(kafka.heartbeatIntervalMs, kafka.fetchMaxWaitMs),
      () => ({
        path: 'observe.stalledAfterMs',
        problem: `must be at least twice kafka.heartbeatIntervalMs and kafka.fetchMaxWaitMs, is ${observe?.stalledAfterMs}`,
        hint: 'else a healthy connector is not live between two heartbeats',
      }),
    ),
    ...when(kafka && shutdown && shutdown.drainMs >= kafka.rebalanceTimeoutMs, () => ({
      path: 'shutdown.drainMs',
      problem: `must be less than kafka.rebalanceTimeoutMs (${kafka?.rebalanceTimeoutMs}), is ${shutdown?.drainMs}`,
      hint: 'else another instance may begin with the same orders before this one has stopped',
    })),
  ];
}

function when<T>(condition: unknown, finding: () => T): readonly T[] {
  return condition ? [finding()] : [];
}

function missing(path: string, why: string): Finding {
  const key = settingKeys.find(known => formatPath(known.path) === path);
  const orSecret = key?.secret ? `, or put the secret itself into ${secretName(key.path)}` : '';
  return { path, problem: `is missing: ${why}`, hint: `name a file${orSecret}` };
}

function unused(path: string, part: string): Finding {
  return part === 'kafka'
    ? { path, problem: 'has no effect: kafka.tls.enabled is false', hint: 'set kafka.tls.enabled: true' }
    : { path, problem: 'has no effect: the URL is not https' };
}

function journalTopicIn({ journal, kafka }: Given['parts']): string {
  return journal?.topic ?? derivedJournalTopic(kafka?.groupId);
}
