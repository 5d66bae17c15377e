import { beforeAll, describe, expect, it } from 'vitest';
import { Compose } from '../stack/containers/compose.ts';
import { images } from '../stack/containers/recipes.ts';

interface Service {
  readonly image: string;
  readonly build?: object;
  readonly healthcheck?: object;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly privileged?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly host_ip?: string; readonly published?: string }[];
  readonly volumes?: readonly { readonly source: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = new Compose('card-sync-config');
let services: readonly (readonly [name: string, service: Service])[];
let completing: ReadonlySet<string>;

beforeAll(async () => {
  const text = await compose.must('--profile', '*', 'config', '--format', 'json');
  const config = JSON.parse(text.slice(text.indexOf('{'))) as { readonly services: Readonly<Record<string, Service>> };
  services = Object.entries(config.services);
  const needs = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
  completing = new Set(needs.flatMap(([name, { condition }]) => (/completed/.test(condition) ? [name] : [])));
});

describe('docker-compose.yml', () => {
  it.each<{ profiles: readonly string[] }>([
    { profiles: [] },
    { profiles: ['demo'] },
    { profiles: ['grafana'] },
    { profiles: ['demo', 'grafana'] },
  ])('holds with $profiles', async ({ profiles }) => {
    const chosen = profiles.flatMap(profile => ['--profile', profile]);
    const names = (await compose.must(...chosen, 'config', '--services')).split('\n');
    expect(names).toContain('connector');
    expect(names.includes('generator')).toBe(profiles.includes('demo'));
    expect(names.includes('grafana')).toBe(profiles.includes('grafana'));
  });

  it('publishes ports on 127.0.0.1 only, each to be set', async () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(new Set(published.map(({ host_ip }) => host_ip))).toEqual(new Set(['127.0.0.1']));
    const names = ['SANDBOX_PORT', 'METRICS_PORT', 'PROMETHEUS_PORT', 'GRAFANA_PORT'];
    expect(published.length).toBe(names.length);
    const moved = new Compose('card-sync-config', Object.fromEntries(names.map((name, n) => [name, `${4000 + n}`])));
    const text = await moved.must('--profile', '*', 'config');
    for (const n of names.keys()) expect(text).toContain(`published: "${4000 + n}"`);
  });

  it('pins every image that is not built here, and those that the tests run on are the same', () => {
    const pulled = services.flatMap(([, { image, build }]) => (build === undefined ? [image] : []));
    for (const image of pulled) expect(image).toMatch(/:\d|:v\d/);
    expect(pulled).toEqual(expect.arrayContaining(Object.values(images)));
  });

  it('waits for what is needed: healthy, or done', () => {
    const conditions = services.flatMap(([, { depends_on = {} }]) => Object.values(depends_on));
    for (const { condition } of conditions) expect(condition).not.toBe('service_started');
    for (const [name, { healthcheck, restart }] of services) {
      if (completing.has(name) || name === 'generator') continue;
      expect([name, healthcheck !== undefined, restart]).toEqual([name, true, 'unless-stopped']);
    }
  });

  it('gives our own images no rights and no file system to write to, and none the engine', () => {
    for (const [name, { build, read_only, cap_drop, privileged = false, volumes = [] }] of services) {
      if (build !== undefined) expect([name, read_only, cap_drop]).toEqual([name, true, ['ALL']]);
      expect([name, privileged]).toEqual([name, false]);
      expect(volumes.filter(({ source }) => source.includes('docker.sock'))).toEqual([]);
    }
  });

  it('has no secret in an environment', () => {
    const names = services.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(names.filter(name => /PASSWORD|PRIVATE_KEY|SECRET|TOKEN/.test(name) && !name.endsWith('_FILE'))).toEqual([]);
    const urls = services.flatMap(([, { environment = {} }]) => Object.values(environment));
    expect(urls.filter(value => /:\/\/[^/]*:[^/]*@/.test(value))).toEqual([]);
  });
});
