import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type NodeProcess, startNode } from './child-process.ts';
import { type Samples, scrape } from './prometheus-text.ts';

/** The connector as a process of its own, as users run it. */
export interface ConnectorProcess extends NodeProcess {
  /** Of its metrics and health. */
  readonly url: string;
  metrics(): Promise<Samples>;
}

/** Writes `settings` to `<folder>/<name>.yaml` and runs `card-sync run` with it; resolves when it listens. */
export async function startConnectorProcess(folder: string, name: string, settings: object): Promise<ConnectorProcess> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(settings));
  const connector = startNode('connector/cli/card-sync.ts', ['run', '--config', file]);
  try {
    const url = await connector.line(listeningUrl);
    return Object.assign(connector, { url, metrics: () => scrape(`${url}/metrics`) });
  } catch (error) {
    await connector.kill();
    throw error;
  }
}

function listeningUrl(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  const { event, url }: { event?: unknown; url?: unknown } = JSON.parse(line);
  return event === 'listening' && typeof url === 'string' ? url : undefined;
}
