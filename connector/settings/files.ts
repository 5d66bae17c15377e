import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileRefused } from '../kernel/fault.ts';
import { keyText, withoutLineEnd } from '../kernel/key-material.ts';
import { Secret } from '../kernel/secret.ts';
import type { MappingDocument, TemplateSchema } from '../mapping/mapping.ts';
import { isSection, type Locate, type RawSection, valueAt } from './check-document.ts';
import type { GivenSecret } from './environment.ts';
import { formatPath, type SettingKey, secretName, settingKeys } from './keys.ts';
import { type SettingsProblem, shown } from './problems.ts';
import { readYaml } from './yaml-file.ts';

/** The file system, as far as settings need it. All throw what Node throws, with its `code`, or {@link FileRefused}. */
export interface FileAccess {
  /** The whole text of a file, UTF-8. */
  readFile(path: string): string;
  readBytes(path: string): Uint8Array;
  /** The names of a folder's entries, without the folder. */
  listFiles(folder: string): readonly string[];
}

/** Where the package keeps its own template schemas: the same two folders up from the source and from `dist`. */
export const builtInTemplatesFolder = fileURLToPath(new URL('../../schemas/json/templates/', import.meta.url));

/** Where the settings were found, and how to look around there. */
export interface Place {
  /** The settings file. */
  readonly file: string;
  readonly access: FileAccess;
  readonly locate: Locate;
}

/** What could be read, and what could not. */
export interface Read<T> {
  readonly read: T;
  readonly problems: readonly SettingsProblem[];
}

/** What the `…File` keys and the secrets of the environment hold, each under the path of its key, e.g. `platform.privateKeyFile`. */
export interface GivenTexts {
  readonly texts: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, Secret>;
}

/** A path of the settings, seen from the folder of the settings file. */
export function fromSettingsFile(settingsFile: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(settingsFile), path);
}

/** Reads every `…File` key that is given; secrets may come from the environment instead. Without the line break at their end. */
export function readGivenTexts(document: RawSection, given: readonly GivenSecret[], place: Place): Read<GivenTexts> {
  const texts = new Map<string, string>();
  const secrets = new Map(given.map(({ key, secret }) => [formatPath(key.path), secret]));
  const problems: SettingsProblem[] = [];
  for (const key of settingKeys.filter(({ path }) => path.at(-1)?.endsWith('File'))) {
    const path = formatPath(key.path);
    const value = valueAt(document, key.path);
    if (typeof value !== 'string' || value === '') continue;
    const fromEnvironment = given.find(secret => secret.key === key);
    const read = fromEnvironment ? givenTwice(fromEnvironment) : readText(key, value, place);
    if (read.kind === 'bad') problems.push({ path, source: place.locate(key.path), ...read.why });
    else if (key.secret) secrets.set(path, new Secret(read.text));
    else texts.set(path, read.text);
  }
  return { read: { texts, secrets }, problems };
}

/** The mapping files that the settings name, in the order of the patterns; a file is read once. */
export function readMappings(patterns: readonly string[], place: Place): Read<readonly MappingDocument[]> {
  const problems: SettingsProblem[] = [];
  const files = new Map<string, readonly PropertyKey[]>();
  for (const [index, pattern] of patterns.entries()) {
    const path = ['mapping', 'files', index];
    const matched = matchFiles(fromSettingsFile(place.file, pattern), place.access);
    if (matched.length === 0) problems.push(problemAt(path, place, `no file matches ${shown(pattern)}`));
    for (const file of matched) files.set(file, files.get(file) ?? path);
  }
  const documents = [...files].flatMap(([file, path]) => {
    const text = attempt(() => place.access.readFile(file));
    if (text.kind === 'bad') {
      problems.push(problemAt(path, place, `${file} ${text.reason}`));
      return [];
    }
    const read = readYaml(file, text.value);
    if (read.kind === 'read') return [{ file, content: read.yaml.content }];
    problems.push(...read.problems.map(problem => ({ path: formatPath(path), ...problem })));
    return [];
  });
  return { read: documents, problems };
}

/** The package's own template schemas and those of the user; of two with one name the user's goes before ours. */
export function readTemplates(paths: readonly string[], place: Place): Read<readonly TemplateSchema[]> {
  const problems: SettingsProblem[] = [];
  const builtIn = matchFiles(join(builtInTemplatesFolder, '*.schema.json'), place.access);
  if (builtIn.length === 0) {
    problems.push(
      problemAt(['mapping'], place, `the package has lost its template schemas: ${builtInTemplatesFolder}`),
    );
  }
  const own = paths.map(path => fromSettingsFile(place.file, path));
  const isOwn = new Set(own);
  const templates = new Map<string, TemplateSchema>();
  for (const [index, file] of [...builtIn, ...own].entries()) {
    const path =
      index < builtIn.length ? ['mapping', 'templateFiles'] : ['mapping', 'templateFiles', index - builtIn.length];
    const read = readTemplate(file, place.access);
    if (read.kind === 'bad') problems.push(problemAt(path, place, `${file} ${read.reason}`));
    else if (isOwn.has(templates.get(read.value.template)?.file ?? '')) {
      problems.push(problemAt(path, place, `is a second file for the template ${read.value.template}`));
    } else templates.set(read.value.template, read.value);
  }
  return { read: [...templates.values()], problems };
}

type TextRead =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bad'; readonly why: { readonly problem: string; readonly hint?: string } };

function givenTwice({ name }: GivenSecret): TextRead {
  return { kind: 'bad', why: { problem: `is given, and so is ${name}`, hint: 'keep one of the two' } };
}

function readText(key: SettingKey, value: string, place: Place): TextRead {
  if (value.includes('\n') || value.includes('-----')) {
    const hint = key.secret
      ? `put the text into a file and name that, or put it into ${secretName(key.path)}`
      : 'put the text into a file and name that';
    return { kind: 'bad', why: { problem: 'must be the path of a file, is a text', hint } };
  }
  const path = fromSettingsFile(place.file, value);
  // The path of a secret is not repeated: it may be the secret, set where its path belongs.
  const named = key.secret ? 'the file' : path;
  const hint = isAbsolute(value) ? {} : { hint: `paths start from the folder of ${place.file}` };
  const read = attempt(() =>
    key.bytes ? keyText(place.access.readBytes(path)) : withoutLineEnd(place.access.readFile(path)),
  );
  if (read.kind === 'bad') return { kind: 'bad', why: { problem: `${named} ${read.reason}`, ...hint } };
  const text = read.value;
  return text.trim() === '' ? { kind: 'bad', why: { problem: `${named} is empty` } } : { kind: 'text', text };
}

/** The files that a path with `*` in its file name stands for, sorted; a path without one stands for itself. */
function matchFiles(pattern: string, access: FileAccess): readonly string[] {
  const name = basename(pattern);
  if (!name.includes('*')) return [pattern];
  const form = new RegExp(`^${name.split('*').map(escaped).join('.*')}$`);
  const listed = attempt(() => access.listFiles(dirname(pattern)));
  if (listed.kind === 'bad') return [];
  return listed.value
    .filter(entry => form.test(entry) && !entry.startsWith('.') && !/\.test\.ya?ml$/.test(entry))
    .sort()
    .map(entry => join(dirname(pattern), entry));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function readTemplate(file: string, access: FileAccess): Attempted<TemplateSchema> {
  const text = attempt(() => access.readFile(file));
  if (text.kind === 'bad') return text;
  const schema = attempt(() => JSON.parse(text.value) as unknown);
  if (schema.kind === 'bad' || !isSection(schema.value)) return { kind: 'bad', reason: 'does not hold a JSON object' };
  const template = basename(file).replace(/(?:\.schema)?\.json$/, '');
  return { kind: 'value', value: { template, file, schema: schema.value } };
}

function problemAt(path: readonly PropertyKey[], place: Place, problem: string): SettingsProblem {
  return { path: formatPath(path), source: place.locate(path), problem };
}

/** What reading gave, or why it gave nothing, in words that follow the file's name. */
export type Attempted<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'bad'; readonly reason: string };

/** Reads, and gives what Node throws as words. */
export function attempt<T>(read: () => T): Attempted<T> {
  try {
    return { kind: 'value', value: read() };
  } catch (thrown) {
    return { kind: 'bad', reason: reasonOf(thrown) };
  }
}

/** What Node says about a file that cannot be read, in words that follow its name: "does not exist". */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof FileRefused) return thrown.message;
  const code = (thrown as { readonly code?: string } | null)?.code;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a folder';
    default:
      return `cannot be read${code ? ` (${code})` : ''}`;
  }
}
