import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { build, copyOfConfig, deploymentOf, the } from './manifests.ts';
import { schemaProblems } from './schema-check.ts';
import { settingsInPod } from './settings-in-pod.ts';

const config = join(import.meta.dirname, '../../config');
const text = readFileSync(join(config, 'kubernetes/README.md'), 'utf8');

/** The files that the README shows: YAML that begins with its path. */
function shownFiles(): Readonly<Record<string, string>> {
  const blocks = text.matchAll(/^```yaml\n# (\S+)\n([\s\S]*?)^```$/gm);
  return Object.fromEntries([...blocks].map(([, path = '', content = '']) => [path, content]));
}

describe('the overlay that config/kubernetes/README.md shows', () => {
  const film = { 'overlays/mine/film.yaml': readFileSync(join(config, 'mappings/movie-ticket.yaml'), 'utf8') };

  it('builds, is taken by the API, and its settings load', async () => {
    expect(Object.keys(shownFiles())).toEqual(['overlays/mine/kustomization.yaml', 'overlays/mine/connector.yaml']);
    await using copy = await copyOfConfig({ ...shownFiles(), ...film });
    const manifests = await build(copy.folder, 'overlays/mine');
    expect(manifests.flatMap(schemaProblems)).toEqual([]);
    const settings = await settingsInPod(manifests, 'card-sync');
    expect(settings.kafka.topics).toEqual(['shop.public.films']);
    expect(settings.mapping.documents).toHaveLength(1);
    expect(deploymentOf(manifests, 'card-sync').replicas).toBe(2);
    expect(the(manifests, 'Deployment').metadata).toMatchObject({ namespace: 'shop' });
  });

  it('builds for the sidecar as well', async () => {
    const files = Object.fromEntries(
      Object.entries(shownFiles()).map(([path, content]) => [
        path,
        content.replace('../../deployment # or ', '').replace('  - name: card-sync\n    count: 2\n', '  []\n'),
      ]),
    );
    await using copy = await copyOfConfig({ ...files, ...film });
    const manifests = await build(copy.folder, 'overlays/mine');
    expect(manifests.flatMap(schemaProblems)).toEqual([]);
    const { initContainers = [] } = deploymentOf(manifests, 'order-service').template.spec;
    expect(initContainers.map(({ image }) => image)).toEqual(['registry.shop.example/card-sync:0.1.0']);
    expect((await settingsInPod(manifests, 'order-service')).mapping.documents).toHaveLength(1);
  });

  it('tells of each folder', () => {
    const told = [...text.matchAll(/^\| `([\w/-]+)\/` \|/gm)].map(([, folder]) => folder);
    expect(told.sort()).toEqual(
      [
        ...['base', 'deployment', 'sidecar', 'overlays/production'],
        ...['keda', 'keys', 'monitoring', 'network-policy', 'sidecar'].map(name => `components/${name}`),
      ].sort(),
    );
  });
});
