import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { makePair } from '../../connector/keys/new-pair.ts';

/** A Kubernetes object, as far as the tests look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** What is not in a folder by itself: the user's files, by their path from `config/kubernetes`. */
export type UserFiles = Readonly<Record<string, string>>;

const config = join(import.meta.dirname, '../../config');
const run = promisify(execFile);

/** A copy of `config/` as a user has it, with a key pair and files of their own. */
export async function copyOfConfig(files: UserFiles = {}): Promise<AsyncDisposable & { readonly folder: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'card-sync-kubernetes-'));
  const folder = join(parent, 'config', 'kubernetes');
  await cp(config, join(parent, 'config'), { recursive: true });
  const pair = await makePair('RSA256', null);
  const keys = {
    'components/keys/merchant-private.pem': pair.privatePem.reveal(),
    'components/keys/alipayhk-public.pem': pair.publicPem,
  };
  for (const [path, text] of Object.entries({ ...keys, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return { folder, [Symbol.asyncDispose]: () => rm(parent, { recursive: true }) };
}

/** What `kubectl apply -k` would send. Works without a cluster. */
export async function build(folder: string, kustomization: string): Promise<readonly Manifest[]> {
  const { stdout } = await run('kubectl', ['kustomize', join(folder, kustomization)], { maxBuffer: 16 * 1024 * 1024 });
  return parseAllDocuments(stdout, { version: '1.1' }).map(document => document.toJS() as Manifest);
}

/** The one object of a kind, or of those that have a name beginning so. */
export function the(manifests: readonly Manifest[], kind: string, name = ''): Manifest {
  const [found, ...others] = manifests.filter(one => one.kind === kind && one.metadata.name.startsWith(name));
  if (found === undefined || others.length > 0)
    throw new Error(`${others.length + (found ? 1 : 0)} of ${kind} ${name}`);
  return found;
}

/** What a Deployment says of its pods. */
export interface DeploymentSpec {
  readonly replicas?: number;
  readonly strategy: { readonly rollingUpdate: { readonly maxSurge: number; readonly maxUnavailable: number } };
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}

/** A pod, as far as the tests look into it. */
export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: { readonly fsGroup?: number };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

/** A container of a pod. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources?: {
    readonly requests?: { readonly cpu?: string; readonly memory?: string; readonly 'ephemeral-storage'?: string };
    readonly limits?: { readonly memory?: string; readonly 'ephemeral-storage'?: string };
  };
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
    readonly seccompProfile?: { readonly type: string };
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** A probe over HTTP. */
export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** A volume of files. */
export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string; readonly defaultMode?: number };
}

/** The pods of a Deployment. */
export function deploymentOf(manifests: readonly Manifest[], name: string): DeploymentSpec {
  return the(manifests, 'Deployment', name).spec as DeploymentSpec;
}

/** The connector's container of a pod, a sidecar or not. */
export function connectorOf({ initContainers = [], containers }: PodSpec): Container {
  const found = [...initContainers, ...containers].find(({ name }) => name === 'card-sync');
  if (found === undefined) throw new Error('the pod has no container card-sync');
  return found;
}
