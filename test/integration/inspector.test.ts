import { randomUUID } from 'node:crypto';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openAdmin } from '../../connector/kafka/admin.ts';
import { type KafkaOptions, openKafka } from '../../connector/kafka/client.ts';
import { type ClusterInspector, openInspector } from '../../connector/kafka/inspection/inspector.ts';
import { Secret } from '../../connector/kernel/secret.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { password, type SecureKafka, startSecureKafka, stranger } from '../support/secure-kafka.ts';

let broker: SecureKafka;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  broker = await startSecureKafka(inject('stackKind'));
});

afterAll(async () => {
  for (const close of closing) await close();
  await broker[Symbol.asyncDispose]();
});

function clientOf(change: Partial<KafkaOptions>) {
  const open = { brokers: [broker.open], clientId: 'test', tls: null, requestTimeoutMs: 5_000 };
  return openKafka({ ...open, sasl: { mechanism: 'none' }, ...change }, () => undefined);
}

function inspectorAs(username: string | null): ClusterInspector {
  const login = {
    brokers: [broker.withLogin],
    tls: { ca: broker.certificate.cert },
    sasl: { mechanism: 'plain', username: username ?? '', password: new Secret(password) },
  } as const;
  const inspector = openInspector(clientOf(username === null ? {} : login), systemClock);
  closing.push(() => inspector.close());
  return inspector;
}

async function newTopic(partitions = 1): Promise<string> {
  const topic = `t-${randomUUID()}`;
  const admin = openAdmin(clientOf({}), systemClock);
  await admin.ensureTopic({ topic, partitions, replicationFactor: -1, config: { 'cleanup.policy': 'compact' } });
  await admin.close();
  return topic;
}

async function allow(
  kind: 'TOPIC' | 'GROUP',
  name: string,
  ...operations: readonly (keyof typeof AclOperationTypes)[]
): Promise<void> {
  const admin = clientOf({}).admin();
  await admin.connect();
  await admin.createAcls({
    acl: operations.map(operation => ({
      resourceType: AclResourceTypes[kind],
      resourceName: name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${stranger}`,
      host: '*',
      operation: AclOperationTypes[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await admin.disconnect();
}

describe('a cluster that is looked at', () => {
  it('tells its brokers, its topics, and that everything is allowed to who may all', async () => {
    const topic = await newTopic(3);
    const { brokers, topics, rights } = await inspectorAs(null).describe([topic, 'there-is-none']);
    expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([broker.open]);
    expect(rights).toContain('create');
    expect(topics.get('there-is-none')).toMatchObject({ errorCode: 3, partitions: [] });
    const found = topics.get(topic);
    const facts = { hasLeader: true, leader: 1, replicas: 1, inSync: 1 };
    expect(found?.partitions.toSorted((a, b) => a.partition - b.partition)).toEqual(
      [0, 1, 2].map(partition => ({ partition, ...facts })),
    );
    expect(found?.errorCode).toBe(0);
    expect([...(found?.rights ?? [])]).toEqual(['read', 'write', 'create', 'describe', 'describeConfigs']);
    expect((await inspectorAs(null).settingsOf(topic)).get('cleanup.policy')).toBe('compact');
  });

  it('tells of a user what it may do with topics and with a group, before it does it', async () => {
    const [readable, writable, hidden] = [await newTopic(), await newTopic(), await newTopic()];
    await allow('TOPIC', readable, 'READ');
    await allow('TOPIC', writable, 'WRITE');
    await allow('TOPIC', 'to-be-made', 'CREATE', 'DESCRIBE');
    await allow('GROUP', 'ours', 'READ');
    const inspector = inspectorAs(stranger);
    const { topics, rights } = await inspector.describe([readable, writable, hidden, 'to-be-made']);
    const told = (topic: string) => [...(topics.get(topic)?.rights ?? [])];
    expect(told(readable)).toEqual(['read', 'describe']);
    expect(told(writable)).toEqual(['write', 'describe']);
    expect(topics.get(hidden)?.errorCode).toBe(29);
    expect([topics.get('to-be-made')?.errorCode, told('to-be-made')]).toEqual([3, ['create', 'describe']]);
    expect(rights?.size).toBe(0);
    expect(await inspector.describeGroup('ours')).toMatchObject({ state: 'Dead', members: [] });
    expect([...((await inspector.describeGroup('ours')).rights ?? [])]).toEqual(['read', 'describe']);
    await expect(inspector.describeGroup('theirs')).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
    await expect(inspector.settingsOf(readable)).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
  });
});
