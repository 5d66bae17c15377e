import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileAccess } from '../../connector/cli/settings/file-access.ts';
import { loadSettings } from '../../connector/settings/load.ts';
import type { Settings } from '../../connector/settings/settings.ts';
import { type Container, connectorOf, deploymentOf, type Manifest, the } from './manifests.ts';

/** What the connector in a pod loads from the files that the kubelet lays out for it. */
export async function settingsInPod(manifests: readonly Manifest[], deployment: string): Promise<Settings> {
  const pod = deploymentOf(manifests, deployment).template.spec;
  const connector = connectorOf(pod);
  const machine = await mkdtemp(join(tmpdir(), 'card-sync-pod-'));
  try {
    for (const { name, mountPath } of connector.volumeMounts ?? []) {
      const volume = pod.volumes.find(one => one.name === name);
      const [kind, source] = volume?.configMap
        ? ['ConfigMap', volume.configMap.name]
        : ['Secret', volume?.secret?.secretName ?? 'none'];
      const encoding = kind === 'Secret' ? 'base64' : 'utf8';
      await mountAsKubelet(join(machine, mountPath), the(manifests, kind, source).data ?? {}, encoding);
    }
    const loaded = loadSettings({
      file: join(machine, settingsFileOf(connector)),
      environment: Object.fromEntries((connector.env ?? []).map(({ name, value }) => [name, value])),
      ...fileAccess,
    });
    if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems, null, 2));
    return loaded.settings;
  } finally {
    await rm(machine, { recursive: true });
  }
}

/** Each file is a symbolic link into a folder that is itself one, so that all change at once. */
async function mountAsKubelet(
  folder: string,
  data: Readonly<Record<string, string>>,
  encoding: BufferEncoding,
): Promise<void> {
  const version = join(folder, '..2026_11_25_02_40_00.1');
  await mkdir(version, { recursive: true });
  await symlink('..2026_11_25_02_40_00.1', join(folder, '..data'));
  for (const [name, content] of Object.entries(data)) {
    await writeFile(join(version, name), Buffer.from(content, encoding));
    await symlink(join('..data', name), join(folder, name));
  }
}

function settingsFileOf({ args = [] }: Container): string {
  const [command, flag, file] = args;
  if (command !== 'run' || flag !== '--config' || file === undefined) throw new Error(`unlike run --config: ${args}`);
  return file;
}
