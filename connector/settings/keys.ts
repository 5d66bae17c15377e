import { z } from 'zod';
import { settingsSchema } from './schema.ts';

/** What a key's value is. Lists are of texts or of numbers; a map gives texts names. */
export type ValueKind = 'text' | 'number' | 'boolean' | 'texts' | 'numbers' | 'map';

/** One setting, with all that its name, its reading and its description need. */
export interface SettingKey {
  readonly kind: 'key';
  readonly path: readonly string[];
  readonly value: ValueKind;
  readonly text: string;
  /** Undefined where there is no default. */
  readonly fallback: unknown;
  /** Undefined where there is a default. */
  readonly example: unknown;
  /** The connector does not start without it. */
  readonly needed: boolean;
  /** The only values it may have; empty where any will do. */
  readonly choices: readonly string[];
  /** It names a file that holds a secret. */
  readonly secret: boolean;
  /** It names a file that may be no text: a key. */
  readonly bytes: boolean;
  /** The values of the section's `mechanism` that it belongs to; empty where it always applies. */
  readonly onlyWith: readonly string[];
}

/** A group of settings. */
export interface SettingSection {
  readonly kind: 'section';
  readonly path: readonly string[];
  readonly text: string;
  readonly children: readonly SettingNode[];
}

/** A key or a section, in the order of the schema. */
export type SettingNode = SettingKey | SettingSection;

type JsonSchema = z.core.JSONSchema.BaseSchema;

const wholeSchema: JsonSchema = z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-7' });

/** All settings as a tree. */
export const settingTree: readonly SettingNode[] = childrenOf(wholeSchema, []);

/** All settings, in the order of the schema. */
export const settingKeys: readonly SettingKey[] = settingTree.flatMap(keysBelow);

/** The name of a setting in problems and texts: `kafka.groupId`; elements of lists as `kafka.brokers[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.map((step, index) => stepText(step, index)).join('');
}

/** The environment variable that overrides a setting: `kafka.groupId` → `CARD_SYNC_KAFKA_GROUP_ID`. */
export function environmentName(path: readonly string[]): string {
  return `CARD_SYNC_${path.map(upperSnake).join('_')}`;
}

/** The environment variable that holds the secret itself: of `platform.privateKeyFile` it is `CARD_SYNC_PLATFORM_PRIVATE_KEY`. */
export function secretName(path: readonly string[]): string {
  return environmentName(path).replace(/_FILE$/, '');
}

/** The JSON Schema of a settings file, for editors. A section whose keys all have defaults may stand empty. */
export function settingsJsonSchema(): unknown {
  const published = JSON.parse(JSON.stringify(wholeSchema, withoutOwnMarks)) as JsonSchema;
  allowEmptySections(published);
  return {
    ...published,
    title: 'Settings of card-sync, the contract card connector',
  };
}

function stepText(step: PropertyKey, index: number): string {
  if (typeof step === 'number') return `[${step}]`;
  return index === 0 ? String(step) : `.${String(step)}`;
}

function upperSnake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase();
}

function keysBelow(node: SettingNode): readonly SettingKey[] {
  return node.kind === 'key' ? [node] : node.children.flatMap(keysBelow);
}

function childrenOf(schema: JsonSchema, path: readonly string[]): readonly SettingNode[] {
  return Object.entries(propertiesOf(schema)).map(([name, property]) =>
    nodeOf(property, [...path, name], schema.required?.includes(name) ?? false),
  );
}

function nodeOf(schema: JsonSchema, path: readonly string[], required: boolean): SettingNode {
  const text = schema.description ?? '';
  if (schema.oneOf) return { kind: 'section', path, text, children: childrenOfVariants(schema, schema.oneOf, path) };
  if (schema.type === 'object' && !isMap(schema)) {
    return { kind: 'section', path, text, children: childrenOf(schema, path) };
  }
  return {
    kind: 'key',
    path,
    value: valueKindOf(schema),
    text,
    fallback: schema.default,
    example: schema.examples?.[0],
    needed: required || schema['x-needed'] === true,
    choices: choicesOf(isMap(schema) ? schema.additionalProperties : schema),
    secret: schema['x-secret'] === true,
    bytes: schema['x-bytes'] === true,
    onlyWith: [],
  };
}

/** The variants of a section told apart by `mechanism`, as one list of keys: each key names the mechanisms it belongs to. */
function childrenOfVariants(
  schema: JsonSchema,
  variants: readonly JsonSchema[],
  path: readonly string[],
): readonly SettingNode[] {
  const mechanisms = variants.map(variant => choicesOf(propertiesOf(variant).mechanism ?? {}));
  const children = variants.flatMap((variant, index) =>
    childrenOf(variant, path)
      .filter(child => child.kind === 'key')
      .map(child => ({ ...child, needed: false, onlyWith: mechanisms[index] ?? [] })),
  );
  const ofMechanism = children.filter(child => child.path.at(-1) === 'mechanism');
  const fallback: unknown = (schema.default as Readonly<Record<string, unknown>> | undefined)?.mechanism;
  const merged = ofMechanism
    .slice(0, 1)
    .map(first => ({ ...first, fallback, choices: mechanisms.flat(), onlyWith: [] as readonly string[] }));
  return [...merged, ...children.filter(child => !ofMechanism.includes(child))];
}

/** Names are free, values are of one kind. */
function isMap(schema: JsonSchema): schema is JsonSchema & { readonly additionalProperties: JsonSchema } {
  return schema.type === 'object' && typeof schema.additionalProperties === 'object';
}

function valueKindOf(schema: JsonSchema): ValueKind {
  if (isMap(schema)) return 'map';
  if (schema.type === 'array') return numeric(schema.items) ? 'numbers' : 'texts';
  if (schema.type === 'boolean') return 'boolean';
  return numeric(schema) ? 'number' : 'text';
}

function numeric(schema: unknown): boolean {
  const type = (schema as JsonSchema).type;
  return type === 'integer' || type === 'number';
}

function choicesOf(schema: JsonSchema): readonly string[] {
  return [schema.const ?? [], schema.enum ?? []].flat().map(String);
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
}

function withoutOwnMarks(name: string, value: unknown): unknown {
  return name.startsWith('x-') ? undefined : value;
}

/** A section of which every line is commented out reads as null in YAML. */
function allowEmptySections(schema: JsonSchema): void {
  for (const property of Object.values(propertiesOf(schema))) {
    property.oneOf?.push({ type: 'null' });
    if (property.type !== 'object' || isMap(property)) continue;
    if (property.required === undefined) property.type = ['object', 'null'];
    allowEmptySections(property);
  }
}

/** Settings of former versions by their path, and why each was removed. Given in a file or the environment, they are refused with that. */
export const removedSettings: ReadonlyMap<string, { readonly problem: string; readonly hint: string }> = new Map([
  [
    'journal.enabled',
    {
      problem: 'was removed: the connector does not run without its journal',
      hint: 'without it a restart forgets which cards exist and which deliveries are pending, and ended cards come back; remove the setting',
    },
  ],
]);
