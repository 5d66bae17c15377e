import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdmin, type TopicAdmin } from '../../connector/kafka/admin.ts';
import { openKafka } from '../../connector/kafka/client.ts';
import type { TopicPlan } from '../../connector/kafka/inspection/create-topic.ts';
import { Fault } from '../../connector/kernel/fault.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { Member } from '../conformance/member.ts';
import { membershipSuite } from '../conformance/membership.suite.ts';
import { readingSuite } from '../conformance/reading.suite.ts';
import { rejoiningSuite } from '../conformance/rejoining.suite.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';

let world: KafkaWorld;

beforeAll(async () => {
  world = await openKafkaWorld((await sharedStack()).kafka.bootstrap);
});

afterAll(() => world[Symbol.asyncDispose]());

describe('the consumer on a real broker', () => {
  readingSuite(() => world);
});

describe('the consumer in a group of a real broker', () => {
  membershipSuite(() => world);
});

describe('the consumer around a join on a real broker', () => {
  rejoiningSuite(() => world);
});

describe('a compressed topic', () => {
  // As rows are: much the same again and again; and bytes that cannot be compressed, so that every form of block occurs.
  const rows = Array.from({ length: 300 }, (_, n) =>
    Buffer.from(JSON.stringify({ id: n, status: 'PENDING', name: '港鐵' }).repeat(9)),
  );
  const noise = Array.from({ length: 5 }, (_, n) => randomBytes(10_000 * (n + 1)));
  const values = [...rows, ...noise, Buffer.alloc(200_000), ...rows];

  it.each(['gzip', 'snappy', 'lz4', 'zstd'])('is read byte for byte: %s', async compression => {
    const topic = world.newTopicName();
    const configEntries = [{ name: 'compression.type', value: compression }];
    await world.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] });
    await world.sendBatch(topic, values);
    const member = new Member(world.openConsumer(world.newGroup(), topic));
    await member.consumer.start(member);
    const key = partitionKey(topic, 0);
    await Promise.race([member.until(() => member.records(key).length >= values.length), member.consumer.crashed]);
    await member.consumer.close();
    const read = member.records(key).map(({ value }) => Buffer.from(value ?? []));
    expect(read.length).toBe(values.length);
    expect(Buffer.concat(read).equals(Buffer.concat(values))).toBe(true);
  });
});

describe('a consumer that cannot go on', () => {
  it('does not start on a topic that is not there', async () => {
    const member = new Member(world.openConsumer(world.newGroup(), world.newTopicName()));
    await expect(member.consumer.start(member)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    await member.consumer.close();
  });
});

describe('topics', () => {
  let logged: string[];
  let admin: TopicAdmin;
  const never = new AbortController().signal;

  beforeAll(() => {
    logged = [];
    const kafka = openKafka(world.options, (level, text) => {
      if (level === 'error' || level === 'warn') logged.push(text);
    });
    admin = openAdmin(kafka, systemClock);
  });

  afterAll(() => admin.close());

  function plan(change: Partial<TopicPlan> = {}): TopicPlan {
    return { topic: world.newTopicName(), partitions: 3, replicationFactor: -1, config: {}, ...change };
  }

  it('that appear late are waited for, with the reason, and counted', async () => {
    const [there, late] = [await world.createTopic(2), world.newTopicName()];
    const told: Fault[] = [];
    const counts = await admin.waitForTopics([there, late], never, async fault => {
      told.push(fault);
      await world.admin.createTopics({ topics: [{ topic: late, numPartitions: 5 }] });
    });
    expect([...counts].sort()).toEqual(
      [
        [there, 2],
        [late, 5],
      ].sort(),
    );
    expect(told.map(({ code, detail }) => `${code} ${detail}`)).toEqual([`TOPIC_MISSING ${late}`]);
  });

  it('that never appear are waited for until we are told to stop', async () => {
    const stop = new AbortController();
    const waiting = admin.waitForTopics([world.newTopicName()], stop.signal, () => stop.abort());
    await expect(waiting).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', detail: /stopped/ });
  });

  it('are made where they are missing, with their settings', async () => {
    const wanted = plan({ config: { 'retention.ms': '-1' } });
    expect(await admin.ensureTopic(wanted)).toBe(3);
    const { resources } = await world.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: wanted.topic, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('-1');
  });

  it('that exist are left as they are, and their partitions counted, without an error in the log', async () => {
    const wanted = plan();
    await admin.ensureTopic(wanted);
    logged.splice(0);
    expect(await admin.ensureTopic({ ...wanted, partitions: 7 })).toBe(3);
    expect(logged).toEqual([]);
  });

  it('can be made by two at once', async () => {
    const wanted = plan();
    const other = openAdmin(
      openKafka(world.options, () => undefined),
      systemClock,
    );
    expect(await Promise.all([admin.ensureTopic(wanted), other.ensureTopic(wanted)])).toEqual([3, 3]);
    await other.close();
  });

  it.each<[string, Partial<TopicPlan>]>([
    ['more replicas than brokers', { replicationFactor: 3 }],
    ['a name that is none', { topic: 'a b' }],
    ['a setting that there is not', { config: { 'no.such.setting': '1' } }],
  ])('that the broker refuses are a fault that names the reason: %s', async (_, change) => {
    const fault: unknown = await admin.ensureTopic(plan(change)).catch(error => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code: 'KAFKA_REFUSED', detail: /cannot be created: ./ });
  });
});

describe('the offsets of a group', () => {
  it('are those of each partition, as it is now', async () => {
    const [read, unread] = [await world.createTopic(2), await world.createTopic(1)];
    const group = world.newGroup();
    await world.append(read, 0, 30);
    await world.setCommitted(group, read, 0, 10n);
    await world.truncate(read, 0, 20n);
    const admin = openAdmin(
      openKafka(world.options, () => undefined),
      systemClock,
    );
    expect([...(await admin.offsetsOf(group, [read, unread]))].sort()).toEqual(
      [
        [partitionKey(read, 0), { low: 20n, end: 30n, committed: 10n }],
        [partitionKey(read, 1), { low: 0n, end: 0n, committed: null }],
        [partitionKey(unread, 0), { low: 0n, end: 0n, committed: null }],
      ].sort(),
    );
    expect(await admin.settingOf(read, 'cleanup.policy')).toBe('delete');
    expect(await admin.settingOf(read, 'no.such.setting')).toBeNull();
    await expect(admin.offsetsOf(group, [world.newTopicName()])).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    await admin.close();
  });
});

describe('writing', () => {
  it('without a partition goes by the hash of the key, as with the clients of Java', async () => {
    const topic = await world.createTopic(6);
    const member = new Member(world.openConsumer(world.newGroup(), topic));
    await member.consumer.start(member);
    // Kafka's own Utils.murmur2 has these values for these texts (UtilsTest.testMurmur2).
    const murmur2: Readonly<Record<string, number>> = {
      '21': -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
    };
    for (const [key, hash] of Object.entries(murmur2)) {
      await world.write({ topic, partition: null, key: Buffer.from(key), value: null, headers: [] });
      const expected = partitionKey(topic, (hash & 0x7fffffff) % 6);
      await member.until(() =>
        member.records(expected).some(record => Buffer.from(record.key ?? []).toString() === key),
      );
    }
    await member.consumer.close();
  });

  it('to a topic that is not there is refused', async () => {
    const record = { topic: world.newTopicName(), partition: 0, key: null, value: null, headers: [] };
    await expect(world.write(record)).rejects.toThrow('does not host this topic-partition');
  });

  it('of many goes in one request, to all their partitions, in order', async () => {
    const topic = await world.createTopic(3);
    const records = Array.from({ length: 30 }, (_, n) => ({
      topic,
      partition: n % 3,
      key: null,
      value: Buffer.from(String(n)),
      headers: [],
    }));
    await world.producer.writeAll(records);
    await world.producer.writeAll([]);
    const member = new Member(world.openConsumer(world.newGroup(), topic));
    await member.consumer.start(member);
    const read = (partition: number) =>
      member.records(partitionKey(topic, partition)).map(({ value }) => Number(Buffer.from(value ?? []).toString()));
    await member.until(() => [0, 1, 2].every(partition => read(partition).length === 10));
    expect([0, 1, 2].map(read)).toEqual([0, 1, 2].map(n => Array.from({ length: 10 }, (_, index) => index * 3 + n)));
    const one = { topic, key: null, value: null, headers: [] };
    const stray = [
      { ...one, partition: 0 },
      { ...one, partition: 7 },
    ];
    await expect(world.producer.writeAll(stray)).rejects.toThrow('has no partition 7');
    await member.consumer.close();
  });

  it('to a partition that is not there is refused', async () => {
    const topic = await world.createTopic(1);
    await expect(world.write({ topic, partition: 5, key: null, value: null, headers: [] })).rejects.toThrow(
      'has no partition 5',
    );
  });
});
