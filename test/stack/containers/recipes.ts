import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { brokerSettings } from '../kafka.ts';
import { postgresAt, serverFlags } from '../postgres.ts';
import type { ContainerRecipe } from './container-part.ts';

/** The images, as in docker-compose.yml. */
export const images = {
  postgres: 'postgres:15',
  kafka: 'apache/kafka:4.3.1',
  registry: 'apicurio/apicurio-registry:3.0.9',
  connect: 'quay.io/debezium/connect:3.5.0.Final',
} as const;

/** PostgreSQL, with its port on the host. */
export function postgresContainer(port: number): ContainerRecipe {
  const { user, password, connectionString } = postgresAt(port);
  return {
    name: 'postgres',
    image: images.postgres,
    ports: { 5432: port },
    environment: { POSTGRES_USER: user, POSTGRES_PASSWORD: password },
    command: ['postgres', ...serverFlags({ listen_addresses: '*' })],
    // At once: an orderly end would wait for Debezium.
    endSignal: 'SIGQUIT',
    ready: async () => {
      const client = new pg.Client({ connectionString });
      client.on('error', () => undefined);
      await client.connect();
      await client.end();
      return true;
    },
  };
}

/** Kafka, one node; `host` is its name in the network. */
export function kafkaContainer(port: number, host: string): ContainerRecipe {
  return {
    name: 'kafka',
    image: images.kafka,
    ports: { 9094: port },
    environment: environmentOf({
      ...brokerSettings,
      'controller.quorum.voters': '1@localhost:9093',
      listeners: 'PLAINTEXT://:9092,HOST://:9094,CONTROLLER://localhost:9093',
      'advertised.listeners': `PLAINTEXT://${host}:9092,HOST://127.0.0.1:${port}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,HOST:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'log.dirs': '/var/lib/kafka/data',
    }),
    ready: () => kafkaAnswers(`127.0.0.1:${port}`),
  };
}

/** Whether a broker answers there. Rejects where it cannot be reached. */
export async function kafkaAnswers(broker: string): Promise<boolean> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).controller !== null;
  } finally {
    await admin.disconnect();
  }
}

/** The registry, with its schemas in a file of the container: ids must survive a restart. */
export function registryContainer(port: number): ContainerRecipe {
  return {
    name: 'registry',
    image: images.registry,
    ports: { 8080: port },
    environment: { APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/tmp/schemas;DB_CLOSE_ON_EXIT=FALSE' },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok,
  };
}

/** Kafka Connect with Debezium; `bootstrap` as it is called in the network. */
export function connectContainer(port: number, bootstrap: string): ContainerRecipe {
  return {
    name: 'connect',
    image: images.connect,
    ports: { 8083: port },
    environment: {
      BOOTSTRAP_SERVERS: bootstrap,
      GROUP_ID: 'connect',
      CONFIG_STORAGE_TOPIC: 'connect.configs',
      OFFSET_STORAGE_TOPIC: 'connect.offsets',
      STATUS_STORAGE_TOPIC: 'connect.status',
      ENABLE_APICURIO_CONVERTERS: 'true',
      CONNECT_OFFSET_FLUSH_INTERVAL_MS: '1000',
      // How soon a worker that was killed is out of the group, so that its successor is given the connectors.
      CONNECT_SESSION_TIMEOUT_MS: '3000',
      CONNECT_HEARTBEAT_INTERVAL_MS: '500',
      CONNECT_PRODUCER_RECONNECT_BACKOFF_MAX_MS: '500',
    },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/connectors`)).ok,
  };
}

/** Settings of a broker as its image takes them: `log.dirs` is KAFKA_LOG_DIRS. */
function environmentOf(settings: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  const name = (key: string) =>
    `KAFKA_${key.toUpperCase().replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')}`;
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [name(key), String(value)]));
}
