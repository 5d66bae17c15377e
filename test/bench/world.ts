import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartName } from '../stack/part.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import type { CardSyncOptions } from '../support/connector-process.ts';
import type { BenchOptions } from './options.ts';

/** What every benchmark with Kafka runs in. */
export interface World extends AsyncDisposable {
  readonly stack: Stack;
  readonly bootstrap: string;
  readonly registryUrl: string;
  readonly folder: string;
  readonly topic: string;
  /** The connector as users run it: built. Types that are stripped at run time cost 25 MB. */
  readonly process: CardSyncOptions;
  /** The connector's settings, all but the platform's. A group of its own reads the topic from its start. */
  settings(group: string): object;
  platform(url: string): object;
}

const root = join(import.meta.dirname, '../..');

/** Builds the connector, starts Kafka and the registry, and makes a key pair. */
export async function openWorld(
  options: BenchOptions,
  say: (line: string) => void,
  parts: readonly PartName[] = ['kafka', 'registry'],
): Promise<World> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'card-sync-bench-'));
  const stack = await startStack({ parts, log: say });
  const privateKeyFile = join(folder, 'key.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const topic = 'shop.public.orders';
  const { bootstrap } = stack.kafka;
  return {
    stack,
    bootstrap,
    registryUrl: stack.registry.url,
    folder,
    topic,
    process: {
      script: 'dist/cli/card-sync.js',
      // As the first line of the script has it.
      environment: { MALLOC_ARENA_MAX: '1' },
      nodeOptions: [
        '--max-semi-space-size=8',
        ...options.nodeOptions,
        ...(options.signing ? [] : ['--import', join(import.meta.dirname, 'without-signing.mjs')]),
      ],
    },
    settings: group => ({
      kafka: { brokers: [bootstrap], topics: [topic], groupId: group },
      registry: { url: stack.registry.url },
      mapping: { files: [join(root, 'config/mappings/*.yaml')] },
      // Each change is to be sent.
      flow: { inFlightMax: options.inFlight, conflate: false },
      journal: { topic: `${group}.journal` },
      observe: { port: 0 },
    }),
    platform: url => ({ baseUrl: url, clientId: 'BENCH', privateKeyFile, connectionsMax: options.inFlight }),
    [Symbol.asyncDispose]: async () => {
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
