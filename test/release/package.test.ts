import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npm, root } from './npm.ts';

const folder = mkdtempSync(join(tmpdir(), 'card-sync-package-'));
const app = join(folder, 'app');
const installed = join(app, 'node_modules/contract-card-connector');
let packed: readonly string[];

/** `npx card-sync` in the folder where the package is installed. */
function cardSync(args: readonly string[], pathFirst = dirname(process.execPath)) {
  const path = `${pathFirst}${delimiter}${process.env.PATH}`;
  const env = { PATH: path, HOME: process.env.HOME };
  const { status, stdout, stderr } = spawnSync('npx', ['card-sync', ...args], {
    cwd: app,
    encoding: 'utf8',
    env,
  });
  return { code: status, out: stdout, errors: stderr };
}

/** What `pick` finds first in the lines of a log. */
async function lineOf(log: Readable, pick: (line: { event?: string; url?: string }) => string | undefined) {
  for await (const line of createInterface({ input: log })) {
    const found = pick(JSON.parse(line));
    if (found !== undefined) {
      log.resume();
      return found;
    }
  }
  throw new Error('it ended before');
}

// Packed from a copy, so that what others build meanwhile is not in it; installed outside of the repository.
beforeAll(() => {
  const copy = join(folder, 'copy');
  for (const entry of [
    'connector',
    'config',
    'schemas',
    'docs',
    'test/release',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    if (existsSync(join(root, entry))) cpSync(join(root, entry), join(copy, entry), { recursive: true });
  }
  for (const entry of ['package.json', 'README.md', 'DESIGN.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']) {
    cpSync(join(root, entry), join(copy, entry));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What lies about where somebody tried it out.
  for (const secret of [
    'config/keys/own',
    'config/kubernetes/components/keys/merchant-private.pem',
    'config/own.pem',
  ]) {
    mkdirSync(dirname(join(copy, secret)), { recursive: true });
    writeFileSync(join(copy, secret), 'SECRET');
  }
  writeFileSync(join(copy, 'sbom.json'), '{}');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "private": true }');
  const { code, out, errors } = npm(['pack', '--json', '--silent', `--pack-destination=${folder}`], copy);
  expect([code, errors]).toEqual([0, '']);
  const [pack]: { filename: string; files: { path: string }[] }[] = JSON.parse(out.slice(out.indexOf('[')));
  packed = pack?.files.map(({ path }) => path) ?? [];
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  expect(npm(['install', ...options, join(folder, pack?.filename ?? '')], app)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', () => {
  it('holds what is needed and no more: no test, source, map, declaration or secret', () => {
    const kinds = new Set(packed.map(path => (path.startsWith('dist/') ? 'dist' : path.split('/')[0])));
    const texts = ['CHANGELOG.md', 'DESIGN.md', 'LICENSE', 'README.md', 'SECURITY.md'];
    const folders = ['config', 'dist', 'schemas', ...(existsSync(join(root, 'docs')) ? ['docs'] : [])];
    expect([...kinds].sort()).toEqual([...texts, ...folders, 'package.json'].sort());
    expect(packed.filter(path => path.startsWith('dist/') && !path.endsWith('.js'))).toEqual([]);
    expect(packed.filter(path => /\.(pem|map|ts|tgz|log)$|^test\/|keys\/own|sbom/.test(path))).toEqual([]);
    expect(packed).toContain('config/kubernetes/components/keys/kustomization.yaml');
    expect(packed.filter(path => path.endsWith('.avsc')).length).toBeGreaterThan(0);
  });

  it('names no file outside of itself, but for those of its repository', () => {
    const texts = packed.filter(path => path.endsWith('.md'));
    const dead = texts.flatMap(path => {
      const links = readFileSync(join(installed, path), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g);
      return [...links]
        .map(([, target = '']) => target)
        .filter(target => !/^[a-z]+:/.test(target))
        .filter(target => !existsSync(resolve(installed, dirname(path), target)))
        .map(target => join(dirname(path), target));
    });
    // Whoever reads of the tests has the repository; and there they are.
    expect(dead.filter(target => !target.startsWith('test/') || !existsSync(join(root, target)))).toEqual([]);
  });

  it('runs in an empty folder with npx', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(cardSync(['--version'])).toEqual({ code: 0, out: `${version}\n`, errors: '' });
    const help = cardSync(['--help']);
    expect(help).toMatchObject({ code: 0, errors: '' });
    expect(help.out).toMatch(/Usage: card-sync [\s\S]*run [\s\S]*Exit codes:/);
  }, 60_000);

  it('tells what is wrong with the settings, and ends with 2', () => {
    const config = join(installed, 'config/connector.yaml');
    const { code, out, errors } = cardSync(['run', '--config', config]);
    expect([code, out]).toEqual([2, '']);
    // Its own mappings and templates are found: only the key is missing.
    expect(errors).toMatch(/^card-sync cannot start: a problem with its settings\n\n {2}platform\.privateKeyFile/);
    writeFileSync(join(app, 'bad.yaml'), 'kafka: { brokers: [], topic: orders }\n');
    expect(cardSync(['run', '--config', 'bad.yaml'])).toMatchObject({
      code: 2,
      out: '',
      errors: expect.stringMatching(/problems[\s\S]*did you mean topics[\s\S]*kafka\.brokers/),
    });
  }, 60_000);

  it('starts with its own dependencies alone, answers probes, and ends as asked', async () => {
    expect(cardSync(['keys', 'generate', '--out', 'keys'])).toMatchObject({ code: 0 });
    const [privateKey] = readdirSync(join(app, 'keys')).filter(name => name.includes('private'));
    const env = {
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
      CARD_SYNC_PLATFORM_PRIVATE_KEY_FILE: join(app, 'keys', privateKey ?? ''),
      CARD_SYNC_KAFKA_BROKERS: '127.0.0.1:9',
      CARD_SYNC_OBSERVE_PORT: '0',
    };
    const args = ['run', '--config', join(installed, 'config/connector.yaml')];
    const started = spawn(join(app, 'node_modules/.bin/card-sync'), args, {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = await lineOf(started.stdout, line => (line.event === 'listening' ? line.url : undefined));
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      started.kill('SIGTERM');
      expect(await once(started, 'exit')).toEqual([0, null]);
    } finally {
      started.kill('SIGKILL');
    }
  }, 60_000);

  it('gives one clear line to a Node that is too old', () => {
    // As far as our code can tell: the real one says another version of itself.
    const old = join(folder, 'old');
    mkdirSync(old);
    writeFileSync(join(old, 'old.cjs'), "Object.defineProperty(process.versions, 'node', { value: '22.23.3' });\n");
    writeFileSync(join(old, 'node'), `#!/bin/sh\nexec "${process.execPath}" -r "${join(old, 'old.cjs')}" "$@"\n`);
    chmodSync(join(old, 'node'), 0o755);
    const bin = join(installed, 'dist/cli/card-sync.js');
    const env = { PATH: `${old}${delimiter}${process.env.PATH}` };
    const { status, stdout, stderr } = spawnSync(bin, ['--version'], { encoding: 'utf8', env });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^card-sync needs Node 24 or newer, and \S+ is 22\.23\.3: .*\n$/);
    const { engines } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${/needs Node (\d+)/.exec(stderr)?.[1]}`);
  });
});
