import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Child } from '../../stack/child.ts';
import type { Stack } from '../../stack/stack.ts';
import { MetricsPage } from './metrics-page.ts';
import type { SandboxServer } from './sandbox-server.ts';
import { projectDir, script } from './script.ts';

/** The running connector. */
export interface ConnectorServer {
  readonly child: Child;
  readonly metricsUrl: string;
  /** What its metrics page says now. */
  metrics(): Promise<MetricsPage>;
}

const readyMs = 30_000;

/** The settings of a connector that reads `topic` of the stack and writes to the sandbox. */
export function connectorSettings(stack: Stack, sandbox: SandboxServer, topic: string): Record<string, unknown> {
  return {
    kafka: { brokers: [stack.kafka.bootstrap], topics: [topic], fetchMaxWaitMs: 50 },
    registry: { url: stack.registry.url },
    mapping: { files: [join(projectDir, 'config/mappings/*.yaml')] },
    platform: {
      baseUrl: sandbox.url,
      clientId: sandbox.clientId,
      privateKeyFile: sandbox.privateKeyFile,
      publicKeyFile: sandbox.platformPublicKeyFile,
    },
    flow: { commitIntervalMs: 500 },
    observe: { port: 0 },
    shutdown: { drainMs: 2_000 },
  };
}

/** Starts the connector as a process of its own, with these settings in `settingsFile`; resolves when its metrics can be read. */
export async function startConnector(
  stack: Pick<Stack, 'run'>,
  options: {
    readonly settings: Record<string, unknown>;
    readonly settingsFile: string;
    readonly logFile: string;
  },
): Promise<ConnectorServer> {
  await writeFile(options.settingsFile, stringify(options.settings));
  const command = script('connector/cli/card-sync.ts', ['run', '--config', options.settingsFile]);
  const child = stack.run(command, { file: options.logFile });
  const line = await child.line(/"event":"listening"/, readyMs).catch(error => {
    throw new Error(`the connector does not start: ${error.message}\n${child.tail}`);
  });
  const { url } = JSON.parse(line) as { url: string };
  const metricsUrl = `${url.replace(/\/$/, '')}/metrics`;
  return {
    child,
    metricsUrl,
    metrics: async () => MetricsPage.parse(await (await fetch(metricsUrl)).text()),
  };
}
