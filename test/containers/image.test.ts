import { readFileSync } from 'node:fs';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { runDocker } from '../stack/containers/compose.ts';
import { until } from '../support/until.ts';

const base = 'node:24-slim';
const image = `contract-card-connector:${inject('imageTag')}`;
const ownBytesMax = 40_000_000;
// As a careful host runs it.
const locked = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

interface ImageDetails {
  readonly Size: number;
  readonly Config: {
    readonly User: string;
    readonly StopSignal: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck: { readonly Test: readonly string[] };
    readonly Env: readonly string[];
  };
}

async function docker(...args: readonly string[]): Promise<string> {
  const { code, output } = await runDocker(args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}:\n${output}`);
  return output.trim();
}

async function details(name: string): Promise<ImageDetails> {
  const [found] = JSON.parse(await docker('image', 'inspect', name)) as readonly ImageDetails[];
  if (found === undefined) throw new Error(`there is no image ${name}`);
  return found;
}

/** A connector that waits for a broker that is not there, until the test is over. */
async function startWaiting(): Promise<string> {
  const settings = {
    KAFKA_BROKERS: '127.0.0.1:1',
    KAFKA_TOPICS: 'shop.public.orders',
    REGISTRY_URL: 'http://127.0.0.1:2',
    PLATFORM_CLIENT_ID: 'C',
    PLATFORM_PRIVATE_KEY_FILE: '/keys/merchant-private.pem',
    MAPPING_FILES: '/app/config/mappings/*.yaml',
  };
  const environment = Object.entries(settings).flatMap(([name, value]) => ['--env', `CARD_SYNC_${name}=${value}`]);
  const script = 'card-sync keys generate --out /keys && exec tini -- card-sync run';
  const writable = ['--tmpfs', '/keys:mode=1777'];
  const command = ['--entrypoint', 'sh', image, '-c', script];
  const id = await docker('run', '--detach', '--init=false', ...locked, ...writable, ...environment, ...command);
  onTestFinished(async () => void (await docker('rm', '--force', id)));
  await until('it waits for Kafka', async () => (await docker('logs', id)).includes('waiting for Kafka'));
  return id;
}

describe('the image', () => {
  it('adds at most 40 MB to its base', async () => {
    const own = (await details(image)).Size - (await details(base)).Size;
    console.log(`the image's own bytes: ${(own / 1e6).toFixed(1)} MB`);
    expect(own).toBeLessThanOrEqual(ownBytesMax);
  });

  it('runs as nobody special, says what it is, and how it is stopped and asked', async () => {
    const { Config } = await details(image);
    expect(Config.User).toBe('node');
    expect(Config.StopSignal).toBe('SIGTERM');
    expect(Config.Healthcheck.Test).toEqual(['CMD', 'card-sync', 'health', 'live']);
    const { version, license } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'contract-card-connector',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': license,
    });
  });

  it("has no development packages, and no Node but its base's", async () => {
    const packages = (await docker('run', '--rm', '--entrypoint', 'ls', image, 'node_modules')).split('\n');
    expect(packages).toContain('kafkajs');
    for (const name of ['node', 'typescript', 'vitest', 'pg', '@types']) expect(packages).not.toContain(name);
    const version = await docker('run', '--rm', '--entrypoint', 'node', image, '--version');
    expect(version).toBe(await docker('run', '--rm', '--entrypoint', 'node', base, '--version'));
  });

  it("carries card-sync's other commands, on a read-only file system and without rights", async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await docker('run', '--rm', ...locked, image, '--version')).toBe(version);
    const generate = ['keys', 'generate', '--out', '/keys', '--json'];
    const made = await docker('run', '--rm', ...locked, '--tmpfs', '/keys:mode=1777', image, ...generate);
    expect(JSON.parse(made)).toMatchObject({ algorithm: 'RSA256', privateKeyFile: '/keys/merchant-private.pem' });
  });

  it('without settings says all that is missing, and ends with 2', async () => {
    const { code, output } = await runDocker(['run', '--rm', ...locked, image]);
    expect(code).toBe(2);
    expect(output).toContain('set CARD_SYNC_KAFKA_BROKERS');
    expect(output).toContain('no file matches "mappings/*.yaml"');
  });

  it('bounds its memory as the command does elsewhere, is live while it waits for Kafka, and stops when told', async () => {
    const id = await startWaiting();
    const processes = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; tr "\\0" "\\n" <$p/environ; done';
    const seen = await docker('exec', id, 'sh', '-c', processes);
    expect(seen).toMatch(/node --max-semi-space-size=8 .*card-sync run/);
    expect(seen).toContain('\nMALLOC_ARENA_MAX=1\n');
    expect(await docker('exec', id, 'card-sync', 'health')).toContain('live');
    expect((await runDocker(['exec', id, 'card-sync', 'health', 'ready'])).code).toBe(1);
    await docker('stop', '--time', '30', id);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('0');
  });

  it('ends a command that hangs when told: it is no process 1', async () => {
    const unheard = ['--env', 'CARD_SYNC_KAFKA_BROKERS=10.255.255.1:9092'];
    const hanging = ['--entrypoint', 'tini', image, '--', 'node', '-e', 'setInterval(() => {}, 1000)'];
    const id = await docker('run', '--detach', ...locked, ...unheard, ...hanging);
    onTestFinished(async () => void (await docker('rm', '--force', id)));
    await docker('stop', '--time', '30', id);
    expect(await docker('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('143');
  });
});
