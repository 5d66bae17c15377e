import { readdirSync, readFileSync } from 'node:fs';
import { builtInTemplatesFolder } from '../../../connector/settings/files.ts';
import { loadSettings, type SettingsLoaded } from '../../../connector/settings/load.ts';
import type { SettingsProblem } from '../../../connector/settings/problems.ts';
import type { Settings } from '../../../connector/settings/settings.ts';

/** What surrounds a settings file in a test. */
export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** By path. */
  readonly files?: Readonly<Record<string, FileText>>;
}

/** What a file holds, or the `code` of the error that reading it throws. */
export type FileText = string | { readonly code: string };

/** The least that loads: put what a test is about in its place. */
export const leastYaml = `
kafka: { brokers: ['kafka:9092'], topics: [shop.public.orders] }
registry: { url: 'http://registry:8081' }
platform: { clientId: CLIENT, privateKeyFile: key.pem }
`;

const leastFiles = { 'conf/key.pem': 'PRIVATE', 'conf/mappings/film.yaml': 'name: film\n' };

/** The problem and hint of the removed setting `journal.enabled`. */
export const journalEnabledRemoved =
  'was removed: the connector does not run without its journal | without it a restart forgets which cards exist and which deliveries are pending, and ended cards come back; remove the setting';

/** Loads `conf/connector.yaml` with this text, from files in memory and the package's own templates. */
function load(yaml: FileText, { environment = {}, files = {} }: Surroundings = {}): SettingsLoaded {
  const all: Readonly<Record<string, FileText>> = { ...leastFiles, ...files, 'conf/connector.yaml': yaml };
  return loadSettings({
    file: 'conf/connector.yaml',
    environment,
    readFile: path => (path.startsWith(builtInTemplatesFolder) ? readFileSync(path, 'utf8') : fileOf(all, path)),
    readBytes: path => Buffer.from(fileOf(all, path), 'latin1'),
    listFiles: folder => (isBuiltIn(folder) ? readdirSync(folder) : namesIn(all, folder)),
  });
}

/** The settings of a text without problems. */
export function settingsOf(yaml: FileText, surroundings?: Surroundings): Settings {
  const loaded = load(yaml, surroundings);
  if (loaded.kind === 'problems') throw new Error(loaded.problems.map(lineOf).join('\n'));
  return loaded.settings;
}

/** The problems of a text, one line each: `path | source | problem | hint`. Empty where there are none. */
export function problemsOf(yaml: FileText, surroundings?: Surroundings): readonly string[] {
  const loaded = load(yaml, surroundings);
  return loaded.kind === 'problems' ? loaded.problems.map(lineOf) : [];
}

/** The parts of a text with problems that have none. */
export function usableOf(yaml: FileText, surroundings?: Surroundings): Partial<Settings> {
  const loaded = load(yaml, surroundings);
  return loaded.kind === 'problems' ? loaded.usable : {};
}

function lineOf({ path, source, problem, hint }: SettingsProblem): string {
  return [path, source, problem, ...(hint === undefined ? [] : [hint])].join(' | ');
}

function isBuiltIn(folder: string): boolean {
  return `${folder}/`.startsWith(builtInTemplatesFolder);
}

function fileOf(files: Readonly<Record<string, FileText>>, path: string): string {
  const text = files[path] ?? { code: 'ENOENT' };
  if (typeof text === 'string') return text;
  throw Object.assign(new Error(`${text.code}: ${path}`), { code: text.code });
}

function namesIn(files: Readonly<Record<string, FileText>>, folder: string): readonly string[] {
  return Object.keys(files)
    .filter(path => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/'))
    .map(path => path.slice(folder.length + 1));
}
