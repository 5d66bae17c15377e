import { describe, expect, it } from 'vitest';
import { readPrivateKey } from '../../connector/keys/read-key.ts';
import { compileMappings } from '../../connector/mapping/compile.ts';
import { build, copyOfConfig, deploymentOf, the } from './manifests.ts';
import { settingsInPod } from './settings-in-pod.ts';

describe('the settings in a pod', () => {
  it.each([
    ['on its own', 'deployment', 'card-sync'],
    ['beside an order service', 'sidecar', 'order-service'],
  ])('load without problems, with mappings that compile and keys that can be used: %s', async (_, form, name) => {
    await using config = await copyOfConfig();
    const keys = (await build(config.folder, 'overlays/production')).filter(({ kind }) => kind === 'Secret');
    const settings = await settingsInPod([...(await build(config.folder, form)), ...keys], name);
    const { documents, ...options } = settings.mapping;
    expect(documents).toHaveLength(5);
    expect(compileMappings(documents, options)).toMatchObject({ kind: 'compiled' });
    const { privateKey, publicKeys, eccHash } = settings.platform.keys;
    expect(readPrivateKey(privateKey, { passphrase: null, eccHash }).algorithm).toBe('RSA256');
    expect(publicKeys).toHaveLength(1);
    expect(settings.observe.host).toBe('0.0.0.0');
  });

  it('leave the pod the time that draining and leaving the group take', async () => {
    await using config = await copyOfConfig();
    const manifests = await build(config.folder, 'overlays/production');
    const { shutdown } = await settingsInPod(manifests, 'card-sync');
    const graceMs = (deploymentOf(manifests, 'card-sync').template.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    expect(graceMs).toBeGreaterThanOrEqual(shutdown.drainMs + 10_000);
    // There the order service ends first.
    const beside = deploymentOf(await build(config.folder, 'sidecar'), 'order-service').template.spec;
    expect((beside.terminationGracePeriodSeconds ?? 30) * 1000).toBeGreaterThanOrEqual(2 * graceMs);
  });

  it('give each change of a setting a ConfigMap of its own, so that the pods start anew', async () => {
    await using config = await copyOfConfig();
    await using changed = await copyOfConfig({ 'base/connector.yaml': 'kafka: {}\n' });
    const names = await Promise.all(
      [config, changed].map(async ({ folder }) => {
        const manifests = await build(folder, 'deployment');
        const { volumes } = deploymentOf(manifests, 'card-sync').template.spec;
        return [the(manifests, 'ConfigMap', 'card-sync-settings').metadata.name, volumes[0]?.configMap?.name];
      }),
    );
    expect(names[0]?.[0]).toBe(names[0]?.[1]);
    expect(names[1]?.[0]).toBe(names[1]?.[1]);
    expect(names[0]?.[0]).not.toBe(names[1]?.[0]);
  });
});
