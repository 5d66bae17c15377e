// Makes test/kubernetes/schemas from what Kubernetes and two operators publish; its README says how to get those.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

const kinds = [
  'io.k8s.api.apps.v1.Deployment',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Namespace',
  'io.k8s.api.core.v1.Secret',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.networking.v1.NetworkPolicy',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
];
const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

const [openApiFile, ...crdFiles] = process.argv.slice(2);
if (openApiFile === undefined || crdFiles.length === 0) {
  console.error('node test/kubernetes/make-schemas.ts <swagger.json> <custom resource definition>…');
  process.exit(2);
}
const definitions = objectAt(JSON.parse(readFileSync(openApiFile, 'utf8')) as Json, 'definitions');
const folder = join(import.meta.dirname, 'schemas');
mkdirSync(folder, { recursive: true });
for (const kind of kinds) write(builtIn(kind));
for (const file of crdFiles) write(custom(parse(readFileSync(file, 'utf8')) as Json));

interface KindSchema {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: JsonObject;
}

function builtIn(name: string): KindSchema {
  const definition = objectAt(definitions, name);
  const [named] = listAt(definition, 'x-kubernetes-group-version-kind');
  const [group, version, kind] = ['group', 'version', 'kind'].map(part => textAt(named ?? null, part));
  if (group === undefined || version === undefined || kind === undefined) throw new Error(`${name} names no kind`);
  const schema = forKind(definition, group, version, kind);
  return { group, version, kind, schema };
}

function custom(crd: Json): KindSchema {
  const spec = objectAt(crd, 'spec');
  const group = textAt(spec, 'group');
  const served = listAt(spec, 'versions').find(version => objectAt(version, 'schema'));
  const version = textAt(served ?? null, 'name');
  const kind = textAt(objectAt(spec, 'names'), 'kind');
  const openApi = objectAt(objectAt(served ?? null, 'schema'), 'openAPIV3Schema');
  return { group, version, kind, schema: forKind(openApi, group, version, kind) };
}

/** Draft 7, on its own, with all that it refers to; `apiVersion` and `kind` are the ones of the kind, and needed. */
function forKind(definition: JsonObject, group: string, version: string, kind: string): JsonObject {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const properties = {
    ...objectAt(definition, 'properties'),
    apiVersion: { type: 'string', enum: [apiVersion] },
    kind: { type: 'string', enum: [kind] },
    // A custom resource definition says only that it is an object: the API server knows the rest.
    metadata: { $ref: `#/definitions/${objectMeta}` },
  };
  const needed = definition.required === undefined ? [] : listAt(definition, 'required');
  const root = {
    ...definition,
    properties,
    required: [...new Set(['apiVersion', 'kind', 'metadata', ...needed])],
  };
  const names = new Set<string>();
  collectReferences(root, names);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...(strict(root) as JsonObject),
    definitions: Object.fromEntries([...names].sort().map(name => [name, strict(objectAt(definitions, name))])),
  };
}

function collectReferences(node: Json, names: Set<string>): void {
  if (Array.isArray(node)) for (const element of node) collectReferences(element, names);
  else if (isObject(node)) {
    if (typeof node.$ref === 'string') {
      const name = node.$ref.replace('#/definitions/', '');
      if (names.has(name)) return;
      names.add(name);
      collectReferences(objectAt(definitions, name), names);
    }
    for (const value of Object.values(node)) collectReferences(value, names);
  }
}

/** Without texts and Kubernetes' own marks, and closed: what a known object does not list is refused, as `kubectl --validate=strict` does. */
function strict(node: Json): Json {
  if (Array.isArray(node)) return node.map(strict);
  if (!isObject(node)) return node;
  if (node['x-kubernetes-int-or-string'] === true || node.format === 'int-or-string') {
    return { type: ['integer', 'string'] };
  }
  // A quantity may be written as a number.
  if (typeof node.description === 'string' && node.description.startsWith('Quantity is a fixed-point')) {
    return { type: ['number', 'string'] };
  }
  const kept = Object.entries(node).filter(([name]) => !name.startsWith('x-') && name !== 'description');
  const open = node['x-kubernetes-preserve-unknown-fields'] === true;
  const closed = isObject(node.properties ?? null) && node.additionalProperties === undefined && !open;
  return {
    ...Object.fromEntries(
      kept.map(([name, value]) => [name, name === 'properties' ? strictProperties(value) : strict(value)]),
    ),
    ...(closed ? { additionalProperties: false } : {}),
  };
}

/** A property may be called "description" itself. */
function strictProperties(properties: Json): Json {
  if (!isObject(properties)) return properties;
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, strict(value)]));
}

/** Named as kubeconform looks for them: https://github.com/yannh/kubeconform#overriding-schemas-location */
function write({ group, version, kind, schema }: KindSchema): void {
  const file = [kind.toLowerCase(), ...(group === '' ? [] : [group.split('.')[0]]), version].join('-');
  writeFileSync(join(folder, `${file}.json`), `${JSON.stringify(schema)}\n`);
}

function isObject(node: Json): node is JsonObject {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function objectAt(node: Json, name: string): JsonObject {
  const value = isObject(node) ? node[name] : undefined;
  if (value === undefined || !isObject(value)) throw new Error(`no object "${name}"`);
  return value;
}

function listAt(node: Json, name: string): readonly Json[] {
  const value = isObject(node) ? node[name] : undefined;
  if (!Array.isArray(value)) throw new Error(`no list "${name}"`);
  return value as readonly Json[];
}

function textAt(node: Json, name: string): string {
  const value = isObject(node) ? node[name] : undefined;
  if (typeof value !== 'string') throw new Error(`no text "${name}"`);
  return value;
}
