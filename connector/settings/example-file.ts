import { stringify } from 'yaml';
import {
  environmentName,
  type SettingKey,
  type SettingNode,
  type SettingSection,
  secretName,
  settingsJsonSchema,
  settingTree,
} from './keys.ts';

/**
 * The text of `config/connector.yaml`: every setting with its text, its environment variable and its default.
 * Keys that are needed stand with an example; all others are commented out, so the file means the same without them.
 */
export function exampleSettingsFile(): string {
  return `${[header, ...settingTree.map(node => describe(node, 0))].join('\n\n')}\n`;
}

/** The text of `schemas/json/settings.schema.json`, as Biome formats JSON: lists of short values on one line. */
export function settingsSchemaFile(): string {
  const text = JSON.stringify(settingsJsonSchema(), null, 2);
  const lists = /\[\s+((?:[^[\]{}]|\[[^[\]{}\n]*\])*?)\s+\]/g;
  const onOneLine = (_: string, values: string) => `[${values.replace(/\s*\n\s*/g, ' ')}]`;
  // Twice: lists of lists.
  return `${text.replace(lists, onOneLine).replace(lists, onOneLine)}\n`;
}

const lineWidth = 110;

const header = `# yaml-language-server: $schema=../schemas/json/settings.schema.json
# biome-ignore-all format: made from connector/settings/schema.ts; a test compares
#
# The settings of card-sync. A key that is commented out shows its default, or an example where it says "Optional".
# Every key can be given by the environment variable named above it instead, which goes before this file;
# lists are then written with commas. Paths start from the folder of this file.
#
# A secret never stands in this file: a key ending in "File" names the file that holds it, or the environment
# variable without _FILE holds the secret itself.`;

function describe(node: SettingNode, depth: number): string {
  return node.kind === 'section' ? describeSection(node, depth) : describeKey(node, depth);
}

function describeSection(section: SettingSection, depth: number): string {
  const title = indented([...comment(section.text, depth), `${section.path.at(-1)}:`], depth);
  return [title, ...section.children.map(child => describe(child, depth + 1))].join('\n\n').replace('\n\n', '\n');
}

function describeKey(key: SettingKey, depth: number): string {
  const value = stringify(key.fallback ?? key.example ?? key.choices[0], {
    collectionStyle: 'flow',
    flowCollectionPadding: false,
    lineWidth: 0,
  }).trim();
  const line = `${key.path.at(-1)}: ${value}`;
  return indented(
    [
      ...comment(textOf(key), depth),
      ...comment(`${conditionOf(key)}${namesOf(key)}`, depth),
      key.needed ? line : `# ${line}`,
    ],
    depth,
  );
}

function textOf(key: SettingKey): string {
  const choices = key.choices.length > 0 && !key.choices.every(choice => key.text.includes(choice));
  return choices ? `${key.text}: ${key.choices.join(', ')}` : key.text;
}

function conditionOf(key: SettingKey): string {
  if (key.needed) return 'Needed. ';
  if (key.onlyWith.length > 0) return `With mechanism ${key.onlyWith.join(', ')}. `;
  return key.fallback === undefined ? 'Optional. ' : '';
}

function namesOf(key: SettingKey): string {
  const name = environmentName(key.path);
  return key.secret ? `${name}, or the secret itself in ${secretName(key.path)}` : name;
}

function comment(text: string, depth: number): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > lineWidth - 2 * depth) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function indented(lines: readonly string[], depth: number): string {
  return lines.map(line => '  '.repeat(depth) + line).join('\n');
}
