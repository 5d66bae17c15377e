import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { java, propertiesText } from './java.ts';
import type { Recipe } from './part.ts';
import type { RunFolder } from './run-folder.ts';

/** A connector for Kafka Connect's REST API: its name, and its settings as texts. */
export interface ConnectorSettings {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

// Names the converter for plugin.discovery=service_load, which spares Connect a scan of all jars (5 s).
const services = fileURLToPath(new URL('./connect-services', import.meta.url));

/** Kafka Connect, standalone: connectors come over its REST API, and their offsets are in a file. */
export function connectRecipe(lib: string, run: RunFolder, bootstrap: () => string): Recipe {
  const folder = join(run.dir, 'connect');
  const workerFile = join(folder, 'worker.properties');
  let connectors: string[] = [];
  return {
    name: 'connect',
    portCount: 1,
    prepare: async ports => {
      await mkdir(connectorsFolder(run), { recursive: true });
      await writeFile(
        workerFile,
        propertiesText({ ...workerSettings(ports, folder, bootstrap()), 'plugin.path': join(lib, 'plugins') }),
      );
      connectors = (await readdir(connectorsFolder(run))).map(name => join(connectorsFolder(run), name));
    },
    command: () =>
      java({
        classPath: [join(lib, 'connect', '*'), services].join(delimiter),
        main: ['org.apache.kafka.connect.cli.ConnectStandalone'],
        args: [workerFile, ...connectors],
        heapMb: 384,
      }),
    ready: async (child, ports, deadlineMs) => {
      const deadline = performance.now() + deadlineMs;
      while (performance.now() < deadline) {
        if (!child.living) throw new Error('it ended');
        const answer = await fetch(`${connectUrl(ports)}/connectors`).catch(() => undefined);
        if (answer?.ok) return;
        await sleep(50);
      }
      throw new Error(`its REST API does not answer within ${deadlineMs} ms`);
    },
  };
}

/** Connect's REST API. */
export function connectUrl(ports: readonly number[]): string {
  return `http://127.0.0.1:${ports[0]}`;
}

/** Keeps the connector for later starts of Connect: standalone, it forgets what came over its REST API. */
export async function rememberConnector(run: RunFolder, connector: ConnectorSettings): Promise<void> {
  await writeFile(join(connectorsFolder(run), `${connector.name}.json`), JSON.stringify(connector));
}

/** The file that {@link rememberConnector} writes. */
export function connectorFile(run: RunFolder, name: string): string {
  return join(connectorsFolder(run), `${name}.json`);
}

function connectorsFolder(run: RunFolder): string {
  return join(run.dir, 'connect', 'connectors');
}

function workerSettings(ports: readonly number[], folder: string, bootstrap: string): Record<string, string | number> {
  return {
    'bootstrap.servers': bootstrap,
    listeners: connectUrl(ports),
    'plugin.discovery': 'service_load',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': 1_000,
    // Each connector brings its own; a worker must have some.
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'producer.linger.ms': 0,
    // How soon a client comes back after the broker was restarted.
    'producer.reconnect.backoff.max.ms': 500,
  };
}
