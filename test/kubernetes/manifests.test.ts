import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { build, copyOfConfig, type Manifest, the } from './manifests.ts';
import { schemaProblems } from './schema-check.ts';

const root = join(import.meta.dirname, '../..');
const kustomizations = ['deployment', 'sidecar', 'overlays/production'];
let config: Awaited<ReturnType<typeof copyOfConfig>>;

beforeAll(async () => {
  config = await copyOfConfig();
});
afterAll(() => config[Symbol.asyncDispose]());

describe('config/kubernetes', () => {
  it.each(kustomizations)('%s is what the API of Kubernetes and of its operators take', async kustomization => {
    const manifests = await build(config.folder, kustomization);
    expect(manifests.length).toBeGreaterThan(2);
    expect(manifests.flatMap(one => schemaProblems(one).map(problem => `${one.kind}: ${problem}`))).toEqual([]);
  });

  it('holds each kind that it is said to', async () => {
    const kinds = (await build(config.folder, 'overlays/production')).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual([
      'ConfigMap',
      'ConfigMap',
      'Deployment',
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PrometheusRule',
      'ScaledObject',
      'Secret',
      'Service',
      'ServiceMonitor',
    ]);
  });

  it.each<[string, string, RegExp, string, string]>([
    ['a misspelt field', 'deployment/deployment.yaml', /periodSeconds: 2/, 'periodSecond: 2', 'periodSecond'],
    ['a wrong type', 'deployment/deployment.yaml', /Seconds: 30\n/, 'Seconds: long\n', 'must be integer'],
    [
      'a field at the wrong place',
      'deployment/deployment.yaml',
      /enableServiceLinks/,
      'minReadySeconds',
      'minReadySeconds',
    ],
    ["an operator's field", 'components/keda/scaled-object.yaml', /minReplicaCount/, 'minReplicas', 'minReplicas'],
    [
      'a missing one',
      'components/keda/scaled-object.yaml',
      / {4}name: card-sync/,
      '    kind: Deployment',
      'required property',
    ],
    ['an unknown version', 'components/monitoring/service-monitor.yaml', /com\/v1\b/, 'com/v1beta1', 'no schema'],
  ])('%s would be found', async (_, file, there, planted, told) => {
    const text = readFileSync(join(config.folder, file), 'utf8');
    expect(text).toMatch(there);
    await using broken = await copyOfConfig({ [file]: text.replace(there, planted) });
    const manifests = await build(broken.folder, 'overlays/production');
    expect(manifests.flatMap(schemaProblems).join('\n')).toContain(told);
  });

  it('puts the pods into a namespace that takes none with more rights than they need', async () => {
    const manifests = await build(config.folder, 'overlays/production');
    const namespace = the(manifests, 'Namespace');
    expect(the(manifests, 'Deployment').metadata.namespace).toBe(namespace.metadata.name);
    for (const mode of ['enforce', 'audit', 'warn']) {
      expect(namespace.metadata.labels).toMatchObject({
        [`pod-security.kubernetes.io/${mode}`]: 'restricted',
        [`pod-security.kubernetes.io/${mode}-version`]: expect.stringMatching(/^(latest|v1\.\d+)$/),
      });
    }
  });

  it('leaves no secret in the repository, and keeps an exchanged key in the same Secret', async () => {
    const secret = the(await build(config.folder, 'overlays/production'), 'Secret');
    expect(secret.metadata.name).toBe('card-sync-keys');
    expect(Object.keys(secret.data ?? {}).sort()).toEqual(['alipayhk-public.pem', 'merchant-private.pem']);
    expect(readFileSync(join(root, 'config/kubernetes/components/keys/.gitignore'), 'utf8')).toBe('*.pem\n');
    for (const kustomization of ['deployment', 'sidecar']) {
      expect((await build(config.folder, kustomization)).map(({ kind }) => kind)).not.toContain('Secret');
    }
  });

  it('takes all mappings of config/mappings, and none of their tests', async () => {
    const mappings = readdirSync(join(root, 'config/mappings')).filter(name => /(?<!\.test)\.yaml$/.test(name));
    const made = the(await build(config.folder, 'deployment'), 'ConfigMap', 'card-sync-mappings');
    expect(Object.keys(made.data ?? {}).sort()).toEqual(mappings.sort());
  });

  it('scales on the lag of the group and the topic of the settings, and then leaves the number of pods alone', async () => {
    const manifests = await build(config.folder, 'overlays/production');
    const settings: unknown = parse(
      the(manifests, 'ConfigMap', 'card-sync-settings').data?.['connector.yaml'] ?? 'null',
    );
    const { spec } = the(manifests, 'ScaledObject') as Manifest & { readonly spec: ScaledObjectSpec };
    expect(settings).toMatchObject({
      kafka: {
        brokers: spec.triggers[0]?.metadata.bootstrapServers?.split(','),
        groupId: spec.triggers[0]?.metadata.consumerGroup,
        topics: [spec.triggers[0]?.metadata.topic],
      },
    });
    expect(spec.scaleTargetRef.name).toBe(the(manifests, 'Deployment').metadata.name);
    expect(spec.triggers[0]?.metadata.allowIdleConsumers).toBe('false');
    expect(the(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
  });
});

interface ScaledObjectSpec {
  readonly scaleTargetRef: { readonly name: string };
  readonly triggers: readonly { readonly metadata: Readonly<Record<string, string>> }[];
}
