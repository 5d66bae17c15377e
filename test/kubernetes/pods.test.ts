import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openHttpServer } from '../../connector/observe/http-server.ts';
import { settingKeys } from '../../connector/settings/keys.ts';
import {
  build,
  type Container,
  connectorOf,
  copyOfConfig,
  type DeploymentSpec,
  deploymentOf,
  type Manifest,
  type PodSpec,
  the,
  type Volume,
} from './manifests.ts';

let deployment: DeploymentSpec;
let sidecar: DeploymentSpec;
let production: readonly Manifest[];

beforeAll(async () => {
  await using config = await copyOfConfig();
  deployment = deploymentOf(await build(config.folder, 'deployment'), 'card-sync');
  sidecar = deploymentOf(await build(config.folder, 'sidecar'), 'order-service');
  production = await build(config.folder, 'overlays/production');
});

describe('the pods', () => {
  const forms = [
    ['deployment', () => deployment],
    ['sidecar', () => sidecar],
  ] as const;

  it.each(forms)('of %s run without rights that they do not need, and with resources', (_, form) => {
    expect(weaknesses(form().template.spec)).toEqual([]);
  });

  it('would be found to have too many rights', () => {
    const { securityContext, resources, ...bare } = connectorOf(deployment.template.spec);
    const root = { ...bare, resources, securityContext: { ...securityContext, runAsUser: 0 } };
    const keys = { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o444 } };
    expect(weaknesses({ containers: [bare, root], volumes: [keys] })).toEqual([
      'a token of the service account',
      'a secret that others than its group may read: keys',
      'a secret that no group may read: keys',
      'card-sync: may run as root',
      'card-sync: may gain privileges',
      'card-sync: may write its file system',
      'card-sync: keeps capabilities',
      'card-sync: may make any system call',
      'card-sync: has no resources',
      'card-sync: may fill the disk of its node',
      'card-sync: may run as root',
    ]);
  });

  it('have the fsGroup that a patch of an overlay sets, where the order service needs its own', async () => {
    const orderService = join(import.meta.dirname, '../../config/kubernetes/sidecar/order-service.yaml');
    const kustomization = `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base, order-service.yaml]
components: [../../components/sidecar]
patches:
  - target: { kind: Deployment }
    patch: |
      - op: replace
        path: /spec/template/spec/securityContext/fsGroup
        value: 2000
`;
    await using config = await copyOfConfig({
      'overlays/mine/kustomization.yaml': kustomization,
      'overlays/mine/order-service.yaml': readFileSync(orderService, 'utf8'),
    });
    const { template } = deploymentOf(await build(config.folder, 'overlays/mine'), 'order-service');
    expect(template.spec.securityContext?.fsGroup).toBe(2000);
  });

  it('are probed where the product answers', async () => {
    const healthy = { live: true, ready: true, reasons: [] };
    const metrics = { contentType: 'text/plain', expose: () => Promise.resolve('') };
    const status = () => {
      throw new Error('no probe asks for it');
    };
    await using server = await openHttpServer('127.0.0.1', 0, { metrics, health: () => healthy, status });
    const { startupProbe, livenessProbe, readinessProbe } = connectorOf(deployment.template.spec);
    const monitored = the(production, 'ServiceMonitor').spec as { readonly endpoints: readonly { path: string }[] };
    const asked = [startupProbe, livenessProbe, readinessProbe].map(probe => probe?.httpGet.path);
    expect(asked).toEqual(['/health/live', '/health/live', '/health/ready']);
    for (const path of [...asked, ...monitored.endpoints.map(endpoint => endpoint.path)]) {
      expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 200]);
    }
  });

  it.each(forms)('of %s name the port that the product listens at, on all addresses', (_, form) => {
    const { ports, env, startupProbe, livenessProbe, readinessProbe } = connectorOf(form().template.spec);
    const port = settingKeys.find(({ path }) => path.join('.') === 'observe.port')?.fallback;
    expect(ports).toEqual([{ name: 'metrics', containerPort: port }]);
    expect(env).toEqual([{ name: 'CARD_SYNC_OBSERVE_HOST', value: '0.0.0.0' }]);
    const probed = [startupProbe, livenessProbe, readinessProbe].flatMap(probe => probe?.httpGet.port ?? []);
    expect(new Set(probed)).toEqual(new Set(['metrics']));
  });

  it('are the same container beside an order service, but for what it would impose on that', () => {
    const { startupProbe, readinessProbe, livenessProbe, ...alone } = connectorOf(deployment.template.spec);
    const beside = connectorOf(sidecar.template.spec);
    expect(beside).toEqual({
      ...alone,
      restartPolicy: 'Always',
      livenessProbe: { ...livenessProbe, initialDelaySeconds: 10 },
    });
    expect(sidecar.template.spec.initContainers).toEqual([beside]);
    expect(sidecar.template.spec.volumes).toEqual(deployment.template.spec.volumes);
  });

  it('are exchanged one at a time, each replaced before the next; an order service keeps its old ones until then', () => {
    expect(deployment.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(sidecar.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect((the(production, 'PodDisruptionBudget').spec as { readonly maxUnavailable: number }).maxUnavailable).toBe(1);
  });

  it('are all found by what selects them', () => {
    const { labels } = deployment.template.metadata;
    const selectors = [
      deployment.selector.matchLabels,
      selectorOf(the(production, 'PodDisruptionBudget')),
      selectorOf(the(production, 'NetworkPolicy')),
      serviceSelector(the(production, 'Service')),
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    // The rest is not ours to select beside an order service.
    expect(sidecar.template.metadata.labels).toMatchObject(serviceSelector(the(production, 'Service')));
    const monitor = the(production, 'ServiceMonitor').spec as { readonly selector: { readonly matchLabels: object } };
    expect(the(production, 'Service').metadata.labels).toMatchObject(monitor.selector.matchLabels);
  });
});

function selectorOf({ spec }: Manifest): object {
  const { selector, podSelector } = spec as Readonly<Record<string, { readonly matchLabels: object }>>;
  return (selector ?? podSelector)?.matchLabels ?? { none: 'given' };
}

function serviceSelector({ spec }: Manifest): object {
  return (spec as { readonly selector: object }).selector;
}

/** What a pod may that it need not: the restricted Pod Security Standard, and tokens, a writable file system, no resources. */
function weaknesses(pod: PodSpec): readonly string[] {
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  return [
    ...(pod.automountServiceAccountToken === false ? [] : ['a token of the service account']),
    ...pod.volumes.flatMap(volume => weaknessesOfSecret(volume, pod)),
    ...containers.flatMap(container => weaknessesOf(container).map(weakness => `${container.name}: ${weakness}`)),
  ];
}

/** The kubelet gives the files of a Secret to root and to the pod's fsGroup. */
function weaknessesOfSecret({ name, secret }: Volume, { securityContext }: PodSpec): readonly string[] {
  if (secret === undefined) return [];
  return [
    ...(secret.defaultMode === 0o440 ? [] : [`a secret that others than its group may read: ${name}`]),
    ...((securityContext?.fsGroup ?? 0) > 0 ? [] : [`a secret that no group may read: ${name}`]),
  ];
}

function weaknessesOf({ securityContext = {}, resources = {} }: Container): readonly string[] {
  const { runAsNonRoot, runAsUser, capabilities, seccompProfile } = securityContext;
  const { requests, limits } = resources;
  const added = capabilities?.add?.length ?? 0;
  const holds: readonly [weakness: string, holds: boolean][] = [
    ['may run as root', runAsNonRoot === true && (runAsUser ?? 0) > 0],
    ['may gain privileges', securityContext.allowPrivilegeEscalation === false],
    ['may write its file system', securityContext.readOnlyRootFilesystem === true],
    ['keeps capabilities', capabilities?.drop?.includes('ALL') === true && added === 0],
    ['may make any system call', seccompProfile?.type === 'RuntimeDefault'],
    ['has no resources', [requests?.cpu, requests?.memory, limits?.memory].every(amount => amount !== undefined)],
    [
      'may fill the disk of its node',
      [requests?.['ephemeral-storage'], limits?.['ephemeral-storage']].every(amount => amount !== undefined),
    ],
  ];
  return holds.flatMap(([weakness, held]) => (held ? [] : [weakness]));
}
