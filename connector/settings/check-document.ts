import type { z } from 'zod';
import { didYouMean } from '../kernel/did-you-mean.ts';
import type { Override } from './environment.ts';
import {
  environmentName,
  formatPath,
  removedSettings,
  type SettingKey,
  type SettingNode,
  secretName,
  settingKeys,
  settingTree,
} from './keys.ts';
import { type SettingsProblem, shown } from './problems.ts';
import { type PartName, type SettingsDocument, settingsSchema } from './schema.ts';

/** The parts of the settings that hold by themselves; a part with a problem is undefined. */
export type CheckedParts = { readonly [P in PartName]: SettingsDocument[P] | undefined };

/** A section as it was written: unchecked. */
export type RawSection = Readonly<Record<string, unknown>>;

/** Tells where a key came from: file and line, or an environment variable. */
export type Locate = (path: readonly PropertyKey[]) => string;

/** The file's document with the environment's values over it. A section of which nothing is given (`flow:`) counts as empty. */
export function mergeOverrides(content: RawSection, overrides: readonly Override[]): RawSection {
  return overrides.reduce(
    (document, { key, value }) => placed(document, key.path, value),
    withoutNullSections(content, settingTree),
  );
}

/** Checks each part by itself, so that the problems of all are found at once. */
export function checkDocument(
  document: RawSection,
  locate: Locate,
): { parts: CheckedParts; problems: readonly SettingsProblem[] } {
  const problems: SettingsProblem[] = [...unknownKeys(document, settingTree, [], locate)];
  const check = <P extends PartName>(name: P): SettingsDocument[P] | undefined => {
    const schema = settingsSchema.shape[name] as unknown as z.ZodType<SettingsDocument[P]>;
    const checked = schema.safeParse(document[name] ?? {});
    if (checked.success) return checked.data;
    problems.push(
      ...checked.error.issues.flatMap(issue => explain({ ...issue, path: [name, ...issue.path] }, document, locate)),
    );
    return undefined;
  };
  const parts: CheckedParts = {
    kafka: check('kafka'),
    registry: check('registry'),
    proxy: check('proxy'),
    mapping: check('mapping'),
    platform: check('platform'),
    flow: check('flow'),
    deadLetters: check('deadLetters'),
    journal: check('journal'),
    observe: check('observe'),
    shutdown: check('shutdown'),
  };
  return { parts, problems };
}

/** The value at a path of a raw document; undefined where there is none. */
export function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step],
    document,
  );
}

/** Is it a section: an object that is no list? */
export function isSection(value: unknown): value is RawSection {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function placed(document: RawSection, path: readonly string[], value: unknown): RawSection {
  const [step = '', ...rest] = path;
  if (rest.length === 0) return { ...document, [step]: value };
  const inner = document[step] ?? {};
  // Something else than a section stands there: that is reported, and nothing can be put into it.
  return isSection(inner) ? { ...document, [step]: placed(inner, rest, value) } : document;
}

function withoutNullSections(section: RawSection, nodes: readonly SettingNode[]): RawSection {
  const sections = new Map(nodes.map(node => [node.path.at(-1), node.kind === 'section' ? node.children : null]));
  return Object.fromEntries(
    Object.entries(section).flatMap(([name, value]) => {
      const children = sections.get(name);
      if (!children) return [[name, value]];
      if (value === null) return [];
      return [[name, isSection(value) ? withoutNullSections(value, children) : value]];
    }),
  );
}

function* unknownKeys(
  section: RawSection,
  nodes: readonly SettingNode[],
  path: readonly string[],
  locate: Locate,
): Iterable<SettingsProblem> {
  for (const [name, value] of Object.entries(section)) {
    const here = [...path, name];
    const node = nodes.find(known => known.path.at(-1) === name);
    if (!node) {
      const explained = removedSettings.get(formatPath(here)) ?? explainUnknown(name, nodes);
      yield { path: formatPath(here), source: locate(here), ...explained };
    }
    if (node?.kind === 'section' && isSection(value)) yield* unknownKeys(value, node.children, here, locate);
  }
}

function explainUnknown(name: string, siblings: readonly SettingNode[]): { problem: string; hint?: string } {
  const secret = siblings.find(node => node.kind === 'key' && node.secret && node.path.at(-1) === `${name}File`);
  if (secret) {
    return {
      problem: 'a secret must not stand in the settings',
      hint: `put it into a file and name that in ${formatPath(secret.path)}, or into the environment variable ${secretName(secret.path)}`,
    };
  }
  const elsewhere = settingKeys.find(key => key.path.at(-1) === name);
  const hint =
    didYouMean(
      name,
      siblings.map(node => node.path.at(-1) ?? ''),
    ) ??
    (elsewhere && `did you mean ${formatPath(elsewhere.path)}?`);
  return { problem: 'there is no such key', ...(hint !== undefined && { hint }) };
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, document: RawSection, locate: Locate): readonly SettingsProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap(name => misplaced([...issue.path, name], document, locate));
  }
  const value = valueAt(document, issue.path);
  const key = keyAt(issue.path);
  if (issue.code === 'invalid_key')
    return [{ path: formatPath(issue.path), source: locate(issue.path), ...badName(issue.path) }];
  const described = value === undefined ? describeMissing(issue, key) : describe(issue, value, key);
  return [{ path: formatPath(issue.path), source: locate(issue.path), ...described }];
}

function badName([part]: readonly PropertyKey[]): { readonly problem: string; readonly hint: string } {
  return part === 'kafka'
    ? { problem: 'is not a name of a SASL extension', hint: 'letters only (RFC 7628, 3.1)' }
    : { problem: 'is no result code', hint: 'capital letters, digits and underscores, 64 at most' };
}

/** A key of another mechanism. Keys that no mechanism has were already found. */
function misplaced(path: readonly PropertyKey[], document: RawSection, locate: Locate): readonly SettingsProblem[] {
  const key = keyAt(path);
  if (!key) return [];
  const mechanism = valueAt(document, [...path.slice(0, -1), 'mechanism']);
  return [
    {
      path: formatPath(path),
      source: locate(path),
      problem: `has no meaning with mechanism ${shown(mechanism)}`,
      hint: `it belongs to ${key.onlyWith.join(', ')}`,
    },
  ];
}

function describeMissing(issue: Issue, key: SettingKey | undefined): { problem: string; hint?: string } {
  const choices = issue.code === 'invalid_union' && key ? ` (${key.choices.join(', ')})` : '';
  if (!key) return { problem: 'is missing' };
  return { problem: 'is missing', hint: `${key.text}${choices}; or set ${environmentName(key.path)}` };
}

function describe(issue: Issue, value: unknown, key: SettingKey | undefined): { problem: string; hint?: string } {
  // What stands where a section or a secret's path belongs may be the secret itself.
  const is = key && !key.secret ? `, is ${shown(value)}` : '';
  switch (issue.code) {
    case 'invalid_type':
      return { problem: `must be ${kindText(issue.expected)}${is}`, ...typeHint(value, key) };
    case 'too_small':
      if (issue.origin === 'string') return { problem: 'must not be empty' };
      if (issue.origin === 'array') return { problem: `must have at least ${issue.minimum} entry` };
      return { problem: `must be at least ${issue.minimum}${is}` };
    case 'too_big':
      return { problem: `must be at most ${issue.maximum}${is}` };
    case 'invalid_format':
    case 'custom':
      return { problem: `must be ${issue.message}${is}` };
    default: {
      const choices = key?.choices ?? [];
      const hint = typeof value === 'string' ? didYouMean(value, choices) : undefined;
      return { problem: `must be one of ${choices.join(', ')}${is}`, ...(hint !== undefined && { hint }) };
    }
  }
}

function typeHint(value: unknown, key: SettingKey | undefined): { hint?: string } {
  if (value === null) return { hint: 'give a value or remove the key' };
  if (key?.value === 'number' && typeof value === 'string') return { hint: 'write it in digits, without quotes' };
  if (key?.value === 'boolean' && typeof value === 'string') return { hint: 'write it without quotes' };
  if (key?.value.endsWith('s') && typeof value !== 'object')
    return { hint: 'write a list: [ … ], or one "- …" a line' };
  if (key?.value === 'map') return { hint: 'write a section: one "NAME: value" a line' };
  if (key?.value === 'text' && typeof value !== 'object') return { hint: 'put it in quotes' };
  return {};
}

function kindText(expected: string): string {
  const texts: Readonly<Record<string, string>> = {
    string: 'a text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a section with keys',
    record: 'a section with keys',
  };
  return texts[expected] ?? expected;
}

function keyAt(path: readonly PropertyKey[]): SettingKey | undefined {
  const name = formatPath(path.filter(step => typeof step !== 'number'));
  const found = settingKeys.find(key => formatPath(key.path) === name);
  return found ?? settingKeys.find(key => key.value === 'map' && name.startsWith(`${formatPath(key.path)}.`));
}
