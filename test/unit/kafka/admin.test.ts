import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Kafka } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdmin, type TopicAdmin } from '../../../connector/kafka/admin.ts';
import { openKafka } from '../../../connector/kafka/client.ts';
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
});
