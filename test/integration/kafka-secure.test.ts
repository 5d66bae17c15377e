import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openAdmin } from '../../connector/kafka/admin.ts';
import { type KafkaOptions, openKafka } from '../../connector/kafka/client.ts';
import { openConsumer } from '../../connector/kafka/consumer.ts';
import { openProducer } from '../../connector/kafka/producer.ts';
import type { RecordConsumer } from '../../connector/kafka/record-consumer.ts';
import type { Fault } from '../../connector/kernel/fault.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import type { Sasl } from '../../connector/kernel/sasl.ts';
import { Secret } from '../../connector/kernel/secret.ts';
import type { TlsMaterial } from '../../connector/kernel/tls-material.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { Member } from '../conformance/member.ts';
import { answers, type FakePlatform, startFakePlatform } from '../support/fake-platform.ts';
import { password, type SecureKafka, startSecureKafka, stranger, user } from '../support/secure-kafka.ts';

let broker: SecureKafka;
let tokens: FakePlatform;
let logged: string[];
let onLogged: (line: string) => void;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  broker = await startSecureKafka(inject('stackKind'));
  tokens = await startFakePlatform();
});

beforeEach(() => {
  logged = [];
  onLogged = () => undefined;
  tokens.behave(answers(JSON.stringify({ access_token: unsignedToken(user) })));
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

afterAll(async () => {
  await tokens[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

/** As the broker's default for development takes it (Kafka, OAuthBearerUnsecuredValidatorCallbackHandler). */
function unsignedToken(subject: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const parts = [{ alg: 'none' }, { sub: subject, iat: now, exp: now + 3_600 }];
  return `${parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}

function tls(change: Partial<TlsMaterial> = {}): TlsMaterial {
  return { ca: broker.certificate.cert, ...change };
}

function byPassword(mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', change: object = {}): Sasl {
  return { mechanism, username: user, password: new Secret(password), ...change };
}

function byToken(): Sasl {
  const token = { url: `${tokens.url}/token`, clientId: 'card-sync', clientSecret: new Secret('s3cret') };
  return { mechanism: 'oauthbearer', token: { kind: 'endpoint', ...token }, extensions: {} };
}

function connect(options: Partial<KafkaOptions>) {
  const all = { brokers: [broker.withLogin], clientId: 'test', tls: tls(), requestTimeoutMs: 5_000 };
  return openKafka({ ...all, sasl: { mechanism: 'none' }, ...options }, (...said) => {
    const line = JSON.stringify(said);
    logged.push(line);
    onLogged(line);
  });
}

type Client = ReturnType<typeof connect>;

function adminOf(kafka: Client) {
  const admin = openAdmin(kafka, systemClock);
  closing.push(() => admin.close());
  return admin;
}

function consumerOf(kafka: Client, topic: string): RecordConsumer {
  const group = { groupId: `g-${randomUUID()}`, topics: [topic] };
  const times = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, heartbeatIntervalMs: 500, fetchMaxWaitMs: 50 };
  const options = { ...group, ...times, fetchMaxBytes: 1_000_000, fetchMaxBytesPerPartition: 1_000_000 };
  const consumer = openConsumer(kafka, options, systemClock);
  closing.push(() => consumer.close());
  return consumer;
}

async function newTopic(): Promise<string> {
  const topic = `t-${randomUUID()}`;
  const open = connect({ brokers: [broker.open], tls: null });
  const admin = openAdmin(open, systemClock);
  await admin.ensureTopic({ topic, partitions: 1, replicationFactor: -1, config: {} });
  await admin.close();
  return topic;
}

/** Everything that the connector does with a broker: looks at topics, writes, reads, commits. */
async function useAll(kafka: Client): Promise<void> {
  const topic = `t-${randomUUID()}`;
  const admin = adminOf(kafka);
  await admin.ensureTopic({ topic, partitions: 1, replicationFactor: -1, config: {} });
  const counts = await admin.waitForTopics([topic], new AbortController().signal, () => undefined);
  expect([...counts]).toEqual([[topic, 1]]);
  const producer = openProducer(kafka);
  closing.push(() => producer.close());
  await producer.write({ topic, partition: 0, key: null, value: Buffer.from('v'), headers: [] });
  const member = new Member(consumerOf(kafka, topic));
  await member.consumer.start(member);
  const key = partitionKey(topic, 0);
  await member.until(() => member.offsets(key).length === 1);
  await member.consumer.commit(new Map([[key, 1n]]));
}

/** The first that waiting for a topic says: why it waits, or why it does not wait. */
async function firstWord(kafka: Client): Promise<unknown> {
  const stop = new AbortController();
  const told = Promise.withResolvers<Fault>();
  const waiting = adminOf(kafka).waitForTopics(['any'], stop.signal, told.resolve);
  const ended = waiting.catch((error: unknown) => ({ refused: error }));
  const word = await Promise.race([told.promise, ended]);
  stop.abort();
  await ended;
  return word;
}

describe('over TLS', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('a login by %s can do all there is to do', mechanism =>
    useAll(connect({ sasl: byPassword(mechanism) })),
  );

  it('a login by a token (OAUTHBEARER) can do all there is to do', () => useAll(connect({ sasl: byToken() })));

  it('a client certificate can do all there is to do', () => {
    const { cert, key } = broker.clientCertificate;
    const material = tls({ cert, key: new Secret(key), serverName: 'kafka.example' });
    return useAll(connect({ brokers: [broker.withCertificate], tls: material }));
  });

  it.each([
    ['of an unknown authority', () => ({}), 'self-signed certificate'],
    ['of another name', () => tls({ serverName: 'other.example' }), "does not match certificate's altnames"],
  ])('a broker %s is not talked to, and the log says why', async (_, material, why) => {
    const said = Promise.withResolvers<string>();
    onLogged = line => {
      if (line.includes('Connection error')) said.resolve(line);
    };
    const stop = new AbortController();
    const admin = adminOf(connect({ tls: material(), sasl: byPassword('plain') }));
    const waiting = admin.waitForTopics(['any'], stop.signal, () => undefined);
    expect(await said.promise).toMatch(why);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  });
});

describe('a refused login', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'by %s ends the waiting, and no password is shown',
    async mechanism => {
      const wrong = new Secret('wrong horse battery staple');
      const word = await firstWord(connect({ sasl: byPassword(mechanism, { password: wrong }) }));
      expect(word).toMatchObject({ refused: { code: 'KAFKA_REFUSED', detail: /SASL/ } });
      expect(logged.join() + inspect(word)).not.toMatch(/horse/);
    },
  );

  it("by a bad token ends the waiting, with the broker's reason", async () => {
    tokens.behave(answers('{"access_token":"not.a.token"}'));
    const word = await firstWord(connect({ sasl: byToken() }));
    expect(word).toMatchObject({ refused: { code: 'KAFKA_REFUSED', detail: /refuses the token.*invalid_token/ } });
  });

  it('at the token server ends the waiting, with its reason', async () => {
    tokens.behave(answers('{"error":"invalid_client"}', { status: 401 }));
    const word = await firstWord(connect({ sasl: byToken() }));
    expect(word).toMatchObject({ refused: { code: 'KAFKA_REFUSED', detail: /HTTP 401 \(invalid_client\)/ } });
    expect(logged.join() + inspect(word)).not.toMatch(/s3cret/);
  });

  it('while the token server is down does not end it: we wait and say why', async () => {
    tokens.behave(answers('', { status: 503 }));
    const word = await firstWord(connect({ sasl: byToken() }));
    expect(word).toMatchObject({ code: 'KAFKA_UNREACHABLE', detail: /HTTP 503/ });
  });
});

describe('without rights', () => {
  const asStranger = () => connect({ sasl: byPassword('plain', { username: stranger }) });

  it('to a topic the waiting says that it is missing: the broker does not tell us more', async () => {
    expect(await firstWord(asStranger())).toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it('to make a topic is a refusal', async () => {
    const plan = { topic: `t-${randomUUID()}`, partitions: 1, replicationFactor: -1, config: {} };
    await expect(adminOf(asStranger()).ensureTopic(plan)).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
  });

  it('to write is an error, not a silence', async () => {
    const producer = openProducer(asStranger());
    closing.push(() => producer.close());
    const record = { topic: await newTopic(), partition: 0, key: null, value: null, headers: [] };
    await expect(producer.write(record)).rejects.toThrow(/[Nn]ot authorized/);
  });

  it('to the topic the consumer does not start', async () => {
    const topic = await newTopic();
    const consumer = consumerOf(asStranger(), topic);
    const starting = consumer.start(new Member(consumer));
    await expect(starting).rejects.toMatchObject({ code: 'KAFKA_REFUSED', detail: /[Nn]ot authorized/ });
  });

  it('to the group the consumer is over: it does not stay alive and idle', async () => {
    const topic = await newTopic();
    const admin = connect({ brokers: [broker.open], tls: null }).admin();
    const rights = { resourceType: AclResourceTypes.TOPIC, resourceName: topic, operation: AclOperationTypes.READ };
    const whom = { principal: `User:${stranger}`, host: '*', permissionType: AclPermissionTypes.ALLOW };
    await admin.connect();
    await admin.createAcls({ acl: [{ ...rights, ...whom, resourcePatternType: ResourcePatternTypes.LITERAL }] });
    await admin.disconnect();
    const consumer = consumerOf(asStranger(), topic);
    await consumer.start(new Member(consumer));
    await expect(consumer.crashed).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_STOPPED',
      detail: /has no right to it/,
    });
    expect(consumer.joined).toBe(false);
  });
});
