import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectorSettings } from '../connect.ts';
import { connectorRunning, connectorWrote, deleteConnector, putConnector } from '../connect-api.ts';
import { type Log, seconds } from '../log.ts';
import type { PartName } from '../part.ts';
import { choosePorts } from '../ports.ts';
import { postgresAt } from '../postgres.ts';
import type { RemoteStack } from '../remote-stack.ts';
import { ContainerPart } from './container-part.ts';
import { meetEngine, openNetwork, type RunNetwork } from './engine.ts';
import { connectContainer, kafkaContainer, postgresContainer, registryContainer } from './recipes.ts';

/** The stack in containers, as tests use it; `stop` removes all of it. */
export interface ContainerStack extends RemoteStack {
  stop(): Promise<void>;
}

/** MariaDB is one of the local programs only. */
type ContainerName = Exclude<PartName, 'mariadb'>;
type Parts = Readonly<Record<ContainerName, ContainerPart>>;
type Ports = Readonly<Record<ContainerName, number>>;

/** Starts PostgreSQL, Kafka, the registry and Kafka Connect in containers, with empty data. Throws where no engine answers, or a part does not come up; nothing is left then. */
export async function startContainerStack(log: Log): Promise<ContainerStack> {
  const startedAt = performance.now();
  const engine = await meetEngine();
  const network = await openNetwork(engine, `card-sync-${randomUUID().slice(0, 8)}`);
  const ports = await namedPorts();
  const part = (recipe: ConstructorParameters<typeof ContainerPart>[0]) =>
    new ContainerPart(recipe, engine, network, log);
  const parts: Parts = {
    postgres: part(postgresContainer(ports.postgres)),
    kafka: part(kafkaContainer(ports.kafka, network.hostOf('kafka'))),
    registry: part(registryContainer(ports.registry)),
    connect: part(connectContainer(ports.connect, `${network.hostOf('kafka')}:9092`)),
  };
  const dir = await mkdtemp(join(tmpdir(), 'card-sync-containers-'));
  const stop = async () => {
    await Promise.all(Object.values(parts).map(one => one.remove()));
    await network.remove();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await Promise.all([parts.postgres.start(), parts.registry.start(), parts.kafka.start()]);
    await parts.connect.start();
    log(`the containers are up after ${seconds(performance.now() - startedAt)}`);
    return { ...stackOf(parts, ports, network), dir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function namedPorts(): Promise<Ports> {
  const [postgres = 0, kafka = 0, registry = 0, connect = 0] = await choosePorts(4);
  return { postgres, kafka, registry, connect };
}

function stackOf(parts: Parts, ports: Ports, network: RunNetwork): Omit<ContainerStack, 'dir' | 'stop'> {
  const addresses = {
    postgres: postgresAt(ports.postgres),
    kafka: { bootstrap: `127.0.0.1:${ports.kafka}` },
    registry: {
      url: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
      nativeUrl: `http://127.0.0.1:${ports.registry}/apis/registry/v2`,
    },
    connect: { url: `http://127.0.0.1:${ports.connect}` },
  };
  const connectors = new Set<string>();
  const partOf = (name: PartName) => {
    if (name === 'mariadb') throw new Error('MariaDB does not run in containers here: npm test has it as a program');
    return parts[name];
  };
  const up = async (name: PartName) => {
    await partOf(name).start();
    if (name !== 'connect') return;
    for (const connector of connectors) await connectorRunning(addresses.connect.url, connector);
  };
  const restart = (name: PartName) => async (how?: 'orderly' | 'kill') => {
    await partOf(name).end(how);
    await up(name);
  };
  return {
    ...addresses,
    startConnector: async connector => {
      await putConnector(addresses.connect.url, inNetwork(connector, ports, network));
      connectors.add(connector.name);
    },
    removeConnector: async name => {
      await deleteConnector(addresses.connect.url, name);
      connectors.delete(name);
    },
    connectorWrote: (name, topic) => connectorWrote(addresses.connect.url, name, topic),
    down: async (name, how) => partOf(name).end(how),
    up,
    startMariadb: async () => {
      await up('mariadb');
      return 0;
    },
    restartPostgres: restart('postgres'),
    restartKafka: restart('kafka'),
    restartRegistry: restart('registry'),
    restartConnect: restart('connect'),
  };
}

/** A connector's settings name database and registry as the tests reach them; Kafka Connect reaches them inside the network. */
function inNetwork({ name, config }: ConnectorSettings, ports: Ports, network: RunNetwork): ConnectorSettings {
  const registry = `http://127.0.0.1:${ports.registry}/`;
  const moved = Object.entries(config).map(([key, value]) => {
    if (key === 'database.hostname') return [key, network.hostOf('postgres')];
    if (key === 'database.port') return [key, '5432'];
    return [key, value.replace(registry, `http://${network.hostOf('registry')}:8080/`)];
  });
  return { name, config: Object.fromEntries(moved) as ConnectorSettings['config'] };
}
