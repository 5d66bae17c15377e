import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAdmin, type TopicAdmin, type TopicPlan } from '../../connector/kafka/admin.ts';
import { openKafka } from '../../connector/kafka/client.ts';
import { openConsumer } from '../../connector/kafka/consumer.ts';
import { Fault } from '../../connector/kernel/fault.ts';
import { type Offset, type PartitionKey, partitionKey } from '../../connector/kernel/position.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { consumerSuite } from '../conformance/consumer.suite.ts';
import { Member } from '../conformance/member.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';

let stack: RemoteStack;
let world: KafkaWorld;

beforeAll(async () => {
  stack = await sharedStack();
  world = await openKafkaWorld(stack.kafka.bootstrap);
});

afterAll(() => world[Symbol.asyncDispose]());

describe('the consumer on a real broker', () => consumerSuite(() => world));

describe('a broker that goes away', () => {
  const members: Member[] = [];

  afterEach(async () => {
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    expect(members.splice(0).flatMap(({ breaches }) => breaches)).toEqual([]);
  });

  /** A member whose seat is given away soon after it is gone without a word. */
  async function join(group: string, topic: string, log: (text: string) => void = () => undefined): Promise<Member> {
    const options = { ...world.consumerOptions(group, [topic]), sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000 };
    const kafka = openKafka(world.options, (_, text) => log(text));
    const member = new Member(openConsumer(kafka, options, systemClock));
    members.push(member);
    await member.consumer.start(member);
    await member.until(() => member.joins > 0);
    return member;
  }

  /** As the flow does: a commit may be refused until the member has joined again, and is then made once more. */
  async function commitAtLast(member: Member, offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void> {
    while (
      !(await member.consumer.commit(offsets).then(
        () => true,
        () => false,
      ))
    )
      await pause(20);
  }

  it.each(['orderly', 'kill'] as const)(
    '(%s) and comes back holds up the reading, and no more: every record comes, and commits hold',
    async how => {
      const topic = await world.createTopic(1);
      const group = world.newGroup();
      const key = partitionKey(topic, 0);
      await world.append(topic, 0, 3);
      const member = await join(group, topic);
      await member.until(() => member.offsets(key).includes(2));
      await stack.restartKafka(how);
      await world.append(topic, 0, 3);
      await member.until(() => member.offsets(key).includes(5));
      expect(new Set(member.offsets(key))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
      await commitAtLast(member, new Map([[key, 6n]]));
      expect(await world.committed(group, topic, 0)).toBe(6n);
    },
  );

  it('for so long that kafkajs starts the consumer anew: pausing does not throw, and nothing is committed unheard', async () => {
    const topic = await world.createTopic(1);
    const group = world.newGroup();
    const key = partitionKey(topic, 0);
    await world.append(topic, 0, 3);
    const member = await join(group, topic);
    await member.until(() => member.offsets(key).includes(2));
    await stack.down('kafka');
    while (member.consumer.joined) {
      // What the flow may do at any time.
      member.consumer.pause([key]);
      member.consumer.resume([key]);
      await pause(20);
    }
    member.consumer.pause([key]);
    await expect(member.consumer.commit(new Map([[key, 1n]]))).rejects.toThrow();
    await stack.up('kafka');
    await world.append(topic, 0, 1);
    await member.until(() => member.offsets(key).includes(3));
    await commitAtLast(member, new Map([[key, 4n]]));
    expect(await world.committed(group, topic, 0)).toBe(4n);
  });

  it('does not bring back a member that was closed meanwhile, not even amid a start', async () => {
    const topic = await world.createTopic(2);
    const group = world.newGroup();
    let starts = 0;
    const closed = await join(group, topic, text => {
      if (text === 'kafkajs: Starting') starts++;
    });
    await stack.down('kafka', 'kill');
    while (starts < 2) await pause(20);
    await closed.consumer.close();
    const heard = closed.heard.length;
    await stack.up('kafka');
    const next = await join(group, topic);
    await next.until(() => next.assignedKeys.length === 2);
    await world.append(topic, 0, 1);
    await next.until(() => next.offsets(partitionKey(topic, 0)).length === 1);
    expect(next.joins).toBe(1);
    expect(closed.heard).toHaveLength(heard);
  });
});

describe('a consumer that cannot go on', () => {
  it('says so, instead of staying alive and idle: a compression that kafkajs does not know', async () => {
    const topic = world.newTopicName();
    const configEntries = [{ name: 'compression.type', value: 'lz4' }];
    await world.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] });
    await world.append(topic, 0, 1);
    const member = new Member(world.openConsumer(world.newGroup(), topic));
    await member.consumer.start(member);
    await expect(member.consumer.crashed).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_STOPPED',
      detail: 'LZ4 compression not implemented',
    });
    await member.consumer.close();
  });

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
    expect(fault).toMatchObject({ code: 'KAFKA_REFUSED', detail: /Topic creation errors: ./ });
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

  it('to a partition that is not there is refused', async () => {
    const topic = await world.createTopic(1);
    await expect(world.write({ topic, partition: 5, key: null, value: null, headers: [] })).rejects.toThrow(
      'has no partition 5',
    );
  });
});
