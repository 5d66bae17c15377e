import { randomUUID } from 'node:crypto';
import { type Admin, Partitioners } from 'kafkajs';
import { type KafkaOptions, openKafka } from '../../connector/kafka/client.ts';
import { openConsumer } from '../../connector/kafka/consumer.ts';
import { openProducer, type RecordProducer } from '../../connector/kafka/producer.ts';
import type { ConsumerOptions } from '../../connector/kafka/record-consumer.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import { systemClock } from '../../connector/system-clock.ts';
import type { BrokerWorld } from '../conformance/broker-world.ts';
import { until } from './until.ts';

/** A real broker for the conformance suite and the tests beside it. */
export interface KafkaWorld extends BrokerWorld, AsyncDisposable {
  readonly options: KafkaOptions;
  readonly admin: Admin;
  readonly producer: RecordProducer;
  consumerOptions(group: string, topics: readonly string[]): ConsumerOptions;
  newTopicName(): string;
  /** Writes these values to partition 0 in one batch, uncompressed; the topic's own compression is applied by the broker. */
  sendBatch(topic: string, values: readonly Buffer[]): Promise<void>;
}

/** Connects to the broker at `bootstrap`. */
export async function openKafkaWorld(bootstrap: string): Promise<KafkaWorld> {
  const options: KafkaOptions = {
    brokers: [bootstrap],
    clientId: 'card-sync-test',
    tls: null,
    sasl: { mechanism: 'none' },
    requestTimeoutMs: 30_000,
  };
  const errors: string[] = [];
  const open = () =>
    openKafka(options, (level, text) => {
      if (level === 'error') errors.push(text);
    });
  const kafka = open();
  const admin = kafka.admin();
  await admin.connect();
  const producer = openProducer(kafka);
  const plain = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await plain.connect();
  const transactional = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: randomUUID(),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await transactional.connect();

  const newTopicName = () => `t-${randomUUID()}`;
  const consumerOptions = (groupId: string, topics: readonly string[]): ConsumerOptions => ({
    groupId,
    topics,
    // Longer than any test: what needs it to run out fails.
    sessionTimeoutMs: 120_000,
    rebalanceTimeoutMs: 120_000,
    heartbeatIntervalMs: 50,
    fetchMaxBytes: 4_194_304,
    fetchMaxBytesPerPartition: 1_048_576,
    fetchMaxWaitMs: 50,
  });
  const endOf = async (topic: string, partition: number) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return BigInt(offsets.find(one => one.partition === partition)?.high ?? 0);
  };
  const messages = (partition: number, count: number) =>
    Array.from({ length: count }, () => ({ partition, key: 'k', value: 'v' }));

  return {
    options,
    admin,
    producer,
    errors,
    newTopicName,
    consumerOptions,
    createTopic: async partitions => {
      const topic = newTopicName();
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
      return topic;
    },
    sendBatch: async (topic, values) => {
      await plain.send({ topic, messages: values.map(value => ({ partition: 0, value })) });
    },
    newGroup: () => `g-${randomUUID()}`,
    write: record => producer.write(record),
    append: async (topic, partition, count) => {
      await plain.send({ topic, messages: messages(partition, count) });
    },
    appendTransaction: async (topic, partition, count, end) => {
      const transaction = await transactional.transaction();
      const begin = await endOf(topic, partition);
      await transaction.send({ topic, messages: messages(partition, count) });
      await transaction[end]();
      // The broker answers before the marker is written; until then readers see nothing of it.
      await until('the marker is written', async () => (await endOf(topic, partition)) > begin + BigInt(count));
    },
    truncate: async (topic, partition, below) => {
      // Or else kafkajs does not know the topic's leader.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(below) }] });
    },
    committed: async (groupId, topic, partition) => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const offset = BigInt(found?.partitions.find(one => one.partition === partition)?.offset ?? -1);
      return offset < 0n ? null : offset;
    },
    // As a member of the group does: kafkajs' setOffsets takes 5 s.
    setCommitted: async (group, topic, partition, offset) => {
      const member = openConsumer(open(), consumerOptions(group, [topic]), systemClock);
      await member.start({
        rebalancing: () => undefined,
        quiesce: async () => undefined,
        assigned: () => undefined,
        receive: () => undefined,
      });
      await member.commit(new Map([[partitionKey(topic, partition), offset]]));
      await member.close();
    },
    openConsumer: (group, ...topics) => openConsumer(open(), consumerOptions(group, topics), systemClock),
    openHastyConsumer: (group, topic) => {
      const hasty = { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000 };
      return openConsumer(open(), { ...consumerOptions(group, [topic]), ...hasty }, systemClock);
    },
    [Symbol.asyncDispose]: async () => {
      await transactional.disconnect();
      await plain.disconnect();
      await producer.close();
      await admin.disconnect();
    },
  };
}
