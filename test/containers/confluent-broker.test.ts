import { randomUUID } from 'node:crypto';
import { KafkaContainer, type StartedKafkaContainer } from '@testcontainers/kafka';
import { Wait } from 'testcontainers';
import { afterAll, beforeAll, describe } from 'vitest';
import { membershipSuite } from '../conformance/membership.suite.ts';
import { readingSuite } from '../conformance/reading.suite.ts';
import { meetEngine, openNetwork, type RunNetwork } from '../stack/containers/engine.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';

// Many merchants run Confluent's broker; what the consumer relies on must hold there too.

const image = 'confluentinc/cp-kafka:8.2.0';

let network: RunNetwork;
let broker: StartedKafkaContainer;
let world: KafkaWorld;

beforeAll(async () => {
  network = await openNetwork(await meetEngine(), `card-sync-${randomUUID().slice(0, 8)}`);
  broker = await new KafkaContainer(image)
    .withNetworkMode(network.name)
    .withEnvironment({
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '4',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  world = await openKafkaWorld(`${broker.getHost()}:${broker.getMappedPort(9093)}`);
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await broker.stop({ removeVolumes: true });
  await network.remove();
});

describe("the consumer on Confluent's broker", () => {
  readingSuite(() => world);
});

describe("the consumer in a group of Confluent's broker", () => {
  membershipSuite(() => world);
});
