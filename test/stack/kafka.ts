import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { Guard } from './guard.ts';
import { java, propertiesText } from './java.ts';
import type { Recipe } from './part.ts';
import type { RunFolder } from './run-folder.ts';

// Any base64 UUID will do: each run has its own cluster, on its own ports.
const clusterId = 'bG9jYWwtc3RhY2sta2Fma2E';

/** Apache Kafka in KRaft mode: one node that is broker and controller. */
export function kafkaRecipe(lib: string, run: RunFolder, guard: Guard): Recipe {
  const folder = join(run.dir, 'kafka');
  const logDir = join(folder, 'topics');
  const settingsFile = join(folder, 'server.properties');
  const classPath = join(lib, 'kafka', '*');
  let formatted = false;
  return {
    name: 'kafka',
    portCount: 2,
    prepare: async ports => {
      await mkdir(folder, { recursive: true });
      await writeFile(settingsFile, propertiesText(settings(ports, logDir)));
      if (formatted) return;
      await format(guard, classPath, settingsFile);
      formatted = true;
    },
    command: () =>
      java({
        classPath,
        main: ['kafka.Kafka'],
        args: [settingsFile],
        heapMb: 384,
        properties: { 'org.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer': 'info' },
      }),
    ready: async (child, _ports, deadlineMs) => {
      await child.line(/Kafka Server started/, deadlineMs);
    },
  };
}

/** `host:port` for Kafka clients. */
export function kafkaBootstrap(ports: readonly number[]): string {
  return `127.0.0.1:${ports[0]}`;
}

async function format(guard: Guard, classPath: string, settingsFile: string): Promise<void> {
  const args = ['format', '--ignore-formatted', '-t', clusterId, '-c', settingsFile];
  const child = new Child(guard, java({ classPath, main: ['kafka.tools.StorageTool'], args, heapMb: 128 }));
  const { code } = await child.ended;
  if (code !== 0) throw new Error(`Kafka's storage cannot be formatted:\n${child.tail}`);
}

function settings(ports: readonly number[], logDir: string): Record<string, string | number | boolean> {
  const [broker, controller] = ports;
  return {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    ...brokerSettings,
  };
}

/** What a broker of the stack is like wherever it runs; it lacks addresses, and the folder of its data. */
export const brokerSettings: Readonly<Record<string, string | number | boolean>> = {
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'num.network.threads': 2,
  'num.io.threads': 4,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
  // A broker that was killed is let in again only when its old session has run out (default 9 s).
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  // A client that asks for a topic too early must not make it, with the wrong number of partitions.
  'auto.create.topics.enable': false,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'share.coordinator.state.topic.num.partitions': 4,
  'group.initial.rebalance.delay.ms': 0,
  // Lets a test have the partitions of a killed member given away after a second.
  'group.min.session.timeout.ms': 1_000,
};
