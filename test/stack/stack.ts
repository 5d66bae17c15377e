import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, type ChildOutput, type Command } from './child.ts';
import { type ConnectorSettings, connectorFile, connectRecipe, connectUrl, rememberConnector } from './connect.ts';
import { connectorRunning, connectorWrote, deleteConnector, putConnector } from './connect-api.ts';
import { fetchParts } from './fetch-parts.ts';
import { Guard } from './guard.ts';
import { kafkaBootstrap, kafkaRecipe } from './kafka.ts';
import { type Log, seconds } from './log.ts';
import { mariadbRecipe } from './mariadb.ts';
import { Part, type PartName, partNames } from './part.ts';
import { type PostgresAddress, postgresAt, postgresRecipe } from './postgres.ts';
import { registryNativeUrl, registryRecipe, registryUrl } from './registry.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';

/** How to start the stack. */
export interface StackOptions {
  /** Where everything is kept: programs in `lib`, each run's data in `run/<id>`. Default: `.stack` in the project's folder. */
  readonly dir?: string;
  /** Hears what is fetched and what is up. Default: nobody. */
  readonly log?: Log;
  /** Only these, and what they need: Connect needs Kafka. Default: all but MariaDB, which {@link Stack.up} can start later. */
  readonly parts?: readonly PartName[];
  /** Breaks the start off; nothing is left then. Has no effect on a started stack. */
  readonly signal?: AbortSignal;
}

/** The running stack. Everything listens on 127.0.0.1 only. Reading the address of a part that was not started throws. */
export interface Stack {
  /** This run's folder: logs are in `logs/<part>.log`. It is removed at the end. */
  readonly dir: string;
  readonly postgres: PostgresAddress;
  readonly kafka: { readonly bootstrap: string };
  /** `url` is the Confluent-compatible API, `nativeUrl` the registry's own. */
  readonly registry: { readonly url: string; readonly nativeUrl: string };
  readonly connect: { readonly url: string };
  /** Registers a connector, or changes it, and waits until it runs. It is kept over restarts of Connect. */
  startConnector(connector: ConnectorSettings): Promise<void>;
  removeConnector(name: string): Promise<void>;
  /** Resolves when a connector has written its first record to a topic: from then on the topic is there. */
  connectorWrote(name: string, topic: string): Promise<void>;
  /** Takes a part down: in its orderly way, or by SIGKILL as a crash does. Its data and ports stay. */
  down(part: PartName, how?: 'orderly' | 'kill'): Promise<void>;
  /** Starts a part that is down, on the same ports; resolves when it can be used, Connect when its connectors run. */
  up(part: PartName): Promise<void>;
  /** Starts MariaDB, where it is not up yet, and gives its port on 127.0.0.1; `root` has no password. */
  startMariadb(): Promise<number>;
  restartPostgres(how?: 'orderly' | 'kill'): Promise<void>;
  restartKafka(how?: 'orderly' | 'kill'): Promise<void>;
  restartRegistry(how?: 'orderly' | 'kill'): Promise<void>;
  restartConnect(how?: 'orderly' | 'kill'): Promise<void>;
  /** Runs a program beside the stack: it is ended with the stack, however that ends. */
  run(command: Command, output?: ChildOutput): Child;
  /** Ends every process and removes the run's data; at most 2 s. The same happens when this process dies in any way. */
  stop(): Promise<void>;
}

const defaultDir = fileURLToPath(new URL('../../.stack', import.meta.url));

/** Starts PostgreSQL, Kafka, the registry and Kafka Connect on free ports, with empty data. Throws when a part does not come up; nothing is left then. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { dir = defaultDir, log = () => undefined, signal } = options;
  signal?.throwIfAborted();
  const startedAt = performance.now();
  const names = withNeeds(options.parts ?? partNames.filter(name => name !== 'mariadb'));
  const guard = new Guard();
  const breakOff = () => void guard.close();
  signal?.addEventListener('abort', breakOff);
  try {
    const needsJava = names.some(name => name !== 'postgres' && name !== 'mariadb');
    const lib = needsJava ? await fetchParts(dir, guard, log) : join(dir, 'lib');
    const run = openRunFolder(dir, guard);
    const parts = makeParts(lib, run, guard, log);
    await Promise.all(names.filter(name => name !== 'connect').map(name => parts[name].start()));
    // After Kafka, which it asks for the cluster's id. (Both at once is slower on two cores.)
    if (names.includes('connect')) await parts.connect.start();
    log(`the stack is up after ${seconds(performance.now() - startedAt)}`);
    return stackOf(parts, run, guard);
  } catch (error) {
    await guard.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', breakOff);
  }
}

/** Fetches the programs of the stack, where they are missing, and starts nothing. */
export async function fetchStack(options: Pick<StackOptions, 'dir' | 'log'> = {}): Promise<void> {
  const guard = new Guard();
  try {
    await fetchParts(options.dir ?? defaultDir, guard, options.log ?? (() => undefined));
  } finally {
    await guard.close();
  }
}

function withNeeds(names: readonly PartName[]): PartName[] {
  return partNames.filter(name => names.includes(name) || (name === 'kafka' && names.includes('connect')));
}

function makeParts(lib: string, run: RunFolder, guard: Guard, log: Log): Record<PartName, Part> {
  const part = (recipe: ConstructorParameters<typeof Part>[0]) => new Part(recipe, guard, run, log);
  const kafka = part(kafkaRecipe(lib, run, guard));
  return {
    kafka,
    postgres: part(postgresRecipe(run, guard)),
    mariadb: part(mariadbRecipe(run, guard)),
    registry: part(registryRecipe(lib, run)),
    connect: part(connectRecipe(lib, run, () => kafkaBootstrap(portsOf(kafka)))),
  };
}

function stackOf(parts: Record<PartName, Part>, run: RunFolder, guard: Guard): Stack {
  const connectors = new Set<string>();
  const up = async (name: PartName) => {
    await parts[name].start();
    if (name !== 'connect') return;
    for (const connector of connectors) await connectorRunning(connectUrl(portsOf(parts.connect)), connector);
  };
  const restart = (name: PartName) => async (how?: 'orderly' | 'kill') => {
    await parts[name].end(how);
    await up(name);
  };
  return {
    dir: run.dir,
    get postgres() {
      return postgresAddress(portsOf(parts.postgres));
    },
    get kafka() {
      return { bootstrap: kafkaBootstrap(portsOf(parts.kafka)) };
    },
    get registry() {
      const ports = portsOf(parts.registry);
      return { url: registryUrl(ports), nativeUrl: registryNativeUrl(ports) };
    },
    get connect() {
      return { url: connectUrl(portsOf(parts.connect)) };
    },
    startConnector: async connector => {
      await putConnector(connectUrl(portsOf(parts.connect)), connector);
      await rememberConnector(run, connector);
      connectors.add(connector.name);
    },
    removeConnector: async name => {
      await deleteConnector(connectUrl(portsOf(parts.connect)), name);
      await rm(connectorFile(run, name));
      connectors.delete(name);
    },
    connectorWrote: (name, topic) => connectorWrote(connectUrl(portsOf(parts.connect)), name, topic),
    down: (name, how) => parts[name].end(how),
    up,
    startMariadb: async () => {
      await up('mariadb');
      return portsOf(parts.mariadb)[0] ?? 0;
    },
    restartPostgres: restart('postgres'),
    restartKafka: restart('kafka'),
    restartRegistry: restart('registry'),
    restartConnect: restart('connect'),
    run: (command, output) => new Child(guard, command, output),
    stop: () => guard.close(),
  };
}

function portsOf(part: Part): readonly number[] {
  if (part.ports.length === 0) throw new Error(`${part.name} was not started: name it in the option "parts"`);
  return part.ports;
}

function postgresAddress(ports: readonly number[]): PostgresAddress {
  return postgresAt(ports[0] ?? 0);
}
