import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Kafka } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdmin, type TopicAdmin } from '../../../connector/kafka/admin.ts';
import { openKafka } from '../../../connector/kafka/client.ts';
import { validationOf } from '../../../connector/kafka/inspection/create-topic.ts';
import { int16, int32, WireReader, wireBytes } from '../../../connector/kafka/inspection/wire.ts';
import { systemClock } from '../../../connector/system-clock.ts';

// A broker that takes connections and never says a word. What a real one says is in test/integration/kafka.test.ts.
let silent: Server;
let admin: TopicAdmin;

beforeEach(async () => {
  silent = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const options = { brokers: [`127.0.0.1:${port}`], clientId: 'x', tls: null, requestTimeoutMs: 60_000 };
  admin = openAdmin(
    openKafka({ ...options, sasl: { mechanism: 'none' } }, () => undefined),
    systemClock,
  );
});

afterEach(() => {
  silent.close();
});

describe('waiting for the source topics', () => {
  it('ends at once when it is stopped, though kafkajs waits on for the broker', async () => {
    const stop = new AbortController();
    const waiting = admin.waitForTopics(['t'], stop.signal, () => undefined);
    await once(silent, 'connection');
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', detail: /stopped/ });
  });

  it('does not begin when it is stopped already', async () => {
    await expect(admin.waitForTopics(['t'], AbortSignal.abort(), () => undefined)).rejects.toThrow('stopped');
  });
});

describe('making a topic', () => {
  /** What KRaft's controller has made, a broker lists some moments later. */
  const brokerThatLearnsAfter = (looks: number) => {
    let looked = 0;
    const fake = {
      connect: async () => undefined,
      listTopics: async () => (looked++ > looks ? ['t'] : []),
      // Another instance was first.
      createTopics: async () => false,
      fetchTopicMetadata: async () => ({ topics: [{ name: 't', partitions: [{}, {}, {}] }] }),
    };
    return { admin: () => fake } as unknown as Kafka;
  };
  const plan = { topic: 't', partitions: 3, replicationFactor: -1, config: {} };
  const clock = { ...systemClock, sleep: async () => undefined };

  it('that another instance made a moment ago: waits until the broker has heard of it', async () => {
    expect(await openAdmin(brokerThatLearnsAfter(10), clock).ensureTopic(plan)).toBe(3);
  });

  it('that never comes to be is a fault', async () => {
    const making = openAdmin(brokerThatLearnsAfter(1_000), clock).ensureTopic(plan);
    await expect(making).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  const refusing = (type: string, message: string) => {
    const refusal = Object.assign(new Error(message), { name: 'KafkaJSProtocolError', type });
    const errors = Object.assign(new Error('Topic creation errors'), { errors: [refusal] });
    const fake = {
      connect: async () => undefined,
      listTopics: async () => [],
      createTopics: () => Promise.reject(errors),
    };
    return { admin: () => fake } as unknown as Kafka;
  };

  it("that the broker refuses is a fault with the broker's own sentence, and what to do", async () => {
    const kafka = refusing('POLICY_VIOLATION', 'Request parameters do not satisfy the configured policy');
    const sentence = 'Topic replication factor must be 3';
    const asked: unknown[] = [];
    const objection = async (...given: unknown[]) => {
      asked.push(given);
      return sentence;
    };
    await expect(openAdmin(kafka, clock, objection).ensureTopic(plan)).rejects.toMatchObject({
      code: 'KAFKA_REFUSED',
      detail: `topic t cannot be created: ${sentence}`,
      remedy: 'create it yourself with 3 partitions, as the brokers allow it, or change its settings',
    });
    expect(asked).toEqual([[plan, kafka]]);
  });

  it("that the broker refuses without words is a fault with kafkajs' words", async () => {
    const kafka = refusing('TOPIC_AUTHORIZATION_FAILED', 'Not authorized to access topics');
    const making = openAdmin(kafka, clock, () => Promise.reject(new Error('away'))).ensureTopic(plan);
    await expect(making).rejects.toMatchObject({
      detail: 'topic t cannot be created: Topic creation errors: Not authorized to access topics',
      remedy: expect.stringContaining('check the rights of the Kafka user'),
    });
  });
});

describe('the request that validates a topic', () => {
  const plan = {
    topic: 'card-sync.journal',
    partitions: 6,
    replicationFactor: -1,
    config: { 'cleanup.policy': 'compact' },
  };

  it("has the bytes of kafkajs' own", async () => {
    const encoder = createRequire(import.meta.url)('kafkajs/src/protocol/requests/createTopics/v1/request.js');
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    const topics = [{ topic: plan.topic, numPartitions: 6, replicationFactor: -1, configEntries }];
    const { buffer } = await encoder({ topics, validateOnly: true, timeout: 5_000 }).encode();
    expect(wireBytes(validationOf(plan).body(4))).toEqual(buffer);
  });

  it("reads the broker's sentence from the answer", () => {
    const answer = (errorCode: number, message: string) =>
      new WireReader(wireBytes([int32(0), int32(1), plan.topic, int16(errorCode), message]));
    expect(validationOf(plan).read(answer(44, 'Topic must have 3 replicas'), 4)).toBe('Topic must have 3 replicas');
    expect(validationOf(plan).read(answer(0, ''), 4)).toBe('');
  });
});
