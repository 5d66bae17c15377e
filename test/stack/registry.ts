import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { java } from './java.ts';
import type { Recipe } from './part.ts';
import type { RunFolder } from './run-folder.ts';

/** Apicurio Registry, with its schemas in a file: ids must survive a restart, or old records become undecodable. */
export function registryRecipe(lib: string, run: RunFolder): Recipe {
  const folder = join(run.dir, 'registry');
  let jar = '';
  return {
    name: 'registry',
    portCount: 1,
    prepare: async () => {
      await mkdir(folder, { recursive: true });
      const runner = (await readdir(join(lib, 'registry'))).find(name => name.endsWith('-runner.jar'));
      if (runner === undefined) throw new Error('the registry has no -runner.jar: remove the folder .stack/lib');
      jar = join(lib, 'registry', runner);
    },
    command: ports =>
      java({
        classPath: '',
        main: ['-jar', jar],
        heapMb: 256,
        properties: {
          'quarkus.http.host': '127.0.0.1',
          'quarkus.http.port': String(ports[0]),
          'quarkus.datasource.jdbc.url': `jdbc:h2:file:${join(folder, 'schemas')};DB_CLOSE_ON_EXIT=FALSE`,
        },
      }),
    ready: async (child, _ports, deadlineMs) => {
      await child.line(/Listening on: http/, deadlineMs);
    },
  };
}

/** The registry's Confluent-compatible API. */
export function registryUrl(ports: readonly number[]): string {
  return `http://127.0.0.1:${ports[0]}/apis/ccompat/v7`;
}

/** The registry's own API, which Apicurio's converter uses. */
export function registryNativeUrl(ports: readonly number[]): string {
  return `http://127.0.0.1:${ports[0]}/apis/registry/v2`;
}
