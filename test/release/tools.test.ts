import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './npm.ts';

const { dependencies }: { readonly dependencies: object } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const { packages }: { readonly packages: Readonly<Record<string, { version: string; dev?: boolean }>> } = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
);

async function run(script: string, args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  const ended = await promisify(execFile)(process.execPath, [join(root, 'test/release', script), ...args], {
    env,
  }).catch(failed => failed);
  return { code: ended.code ?? 0, out: String(ended.stdout), errors: String(ended.stderr) };
}

/** npm audit asks a registry of ours. */
async function auditAt(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  // npm keeps advisories: ours must not get into the cache of whoever runs this, nor into the next answer.
  const cache = mkdtempSync(join(tmpdir(), 'card-sync-npm-'));
  try {
    return await run('audit.ts', [], {
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_fetch_retries: '0',
      npm_config_cache: cache,
    });
  } finally {
    rmSync(cache, { recursive: true });
    server.close();
  }
}

/** Tells of one advisory. yaml is needed by our tools too: it must not count as theirs. */
function advising(severity: string, name = 'yaml'): RequestListener {
  const advisory = { id: 1, url: 'https://advisories.example/1', title: 'Smuggling', severity, cwe: [] };
  const advisories = { [name]: [{ ...advisory, vulnerable_versions: '<99' }] };
  return ({ url = '/' }, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url.endsWith('/bulk') ? advisories : packumentOf(decodeURIComponent(url.slice(1)))));
  };
}

/** What a registry tells of a package; npm asks for those that need the one of the advisory. */
function packumentOf(name: string): object {
  const version = packages[`node_modules/${name}`]?.version ?? '0.0.0';
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { name, version } } };
}

describe('npm run audit', () => {
  it('tells what was found from what is not bad enough, and from a registry that cannot be asked', async () => {
    const [found, mild, ofTools, refused] = await Promise.all([
      auditAt(advising('high')),
      auditAt(advising('moderate')),
      auditAt(advising('critical', 'typescript')),
      auditAt((_, response) => response.writeHead(405).end()),
    ]);
    expect(found).toMatchObject({ code: 1, errors: '' });
    expect(found.out).toBe(`1 vulnerable packages, 1 of severity high or critical
  yaml *: high
    Smuggling https://advisories.example/1
`);
    expect(mild).toMatchObject({ code: 0, out: '1 vulnerable packages, 0 of severity high or critical\n' });
    expect(ofTools).toMatchObject({ code: 0, out: '0 vulnerable packages, 0 of severity high or critical\n' });
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.errors).toMatch(/^The registry cannot be asked, so nothing is known\.\n405 /);
  }, 30_000);

  it('knows nothing too where nobody listens', async () => {
    const nobody = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };
    expect(await run('audit.ts', [], nobody)).toMatchObject({ code: 2, out: '' });
    expect(await run('audit.ts', ['--help'])).toMatchObject({ code: 0 });
  }, 30_000);
});

describe('npm run sbom', () => {
  it('lists each production dependency with its hash and licence, and no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'card-sync-sbom-'));
    try {
      const file = join(folder, 'sbom.json');
      expect(await run('sbom.ts', [file])).toMatchObject({ code: 0, errors: '' });
      const sbom: Sbom = JSON.parse(readFileSync(file, 'utf8'));
      expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\./) });
      expect(sbom.metadata.component).toMatchObject({ name: 'contract-card-connector', type: 'application' });
      expect(sbom.components.map(({ purl }) => decodeURIComponent(purl)).sort()).toEqual(productionPackages());
      const [whole] = sbom.dependencies.filter(({ ref }) => ref.startsWith('contract-card-connector@'));
      expect(whole?.dependsOn).toHaveLength(Object.keys(dependencies).length);
      expect(sbom.components.filter(({ hashes }) => hashes?.[0]?.alg !== 'SHA-512')).toEqual([]);
      expect(sbom.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 30_000);

  it('ends with 2 for bad usage, with 1 where it cannot write', async () => {
    expect(await run('sbom.ts', ['a.json', 'b.json'])).toMatchObject({ code: 2 });
    expect(await run('sbom.ts', ['/no/such/folder/sbom.json'])).toMatchObject({ code: 1 });
  }, 30_000);
});

interface Sbom {
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly metadata: { readonly component: { readonly name: string; readonly type: string } };
  readonly components: readonly {
    readonly purl: string;
    readonly hashes?: readonly { readonly alg: string }[];
    readonly licenses?: readonly unknown[];
  }[];
}

function productionPackages(): readonly string[] {
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version }]) => `pkg:npm/${path.replace(/^.*node_modules\//, '')}@${version}`)
    .sort();
}
