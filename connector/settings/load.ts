import {
  type CheckedParts,
  checkDocument,
  isSection,
  type Locate,
  mergeOverrides,
  type RawSection,
  valueAt,
} from './check-document.ts';
import { checkCombinations } from './combinations.ts';
import { type Environment, type GivenSecret, readEnvironment } from './environment.ts';
import { type FileAccess, type Place, readGivenTexts, readMappings, readTemplates, reasonOf } from './files.ts';
import { formatPath } from './keys.ts';
import type { SettingsProblem } from './problems.ts';
import { readVersionedKeys } from './resolve/key-material.ts';
import { readProxies } from './resolve/proxy.ts';
import { readTls } from './resolve/tls.ts';
import type { SettingsDocument } from './schema.ts';
import { assembleSettings, assembleUsable, type Settings } from './settings.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

/** Where settings come from: a file, an environment, and the file system they point into. */
export interface SettingsSource extends FileAccess {
  /** The settings file; named in problems as it is given here. */
  readonly file: string;
  readonly environment: Environment;
}

/** The settings, or everything that is wrong with them: never only the first problem. */
export type SettingsLoaded =
  | { readonly kind: 'loaded'; readonly settings: Settings }
  | {
      readonly kind: 'problems';
      readonly problems: readonly SettingsProblem[];
      /** The parts without problems: they can be looked at, but nothing runs with them. */
      readonly usable: Partial<Settings>;
    };

/** What the file and the environment say, before anything of it is checked. */
export interface RawSettings {
  /** The file's document with the environment's values over it. */
  readonly document: RawSection;
  readonly secrets: readonly GivenSecret[];
}

/**
 * Reads the settings file, puts the environment's values over it, checks each key and how they go together, and reads the
 * files and secrets they name. TLS files are read as a connection would; what mappings and signing keys mean is not checked. Never throws for what it is given. `prepare` may
 * put others in the place of settings that are not needed, before they are checked.
 */
export function loadSettings(
  source: SettingsSource,
  prepare: (raw: RawSettings) => RawSettings = raw => raw,
): SettingsLoaded {
  const environment = readEnvironment(source.environment);
  const file = readSettingsFile(source);
  if (file.kind === 'problems') return problems([...environment.problems, ...file.problems], {});

  const locate: Locate = path => overriding(path) ?? file.yaml.locate(path);
  const overriding = (path: readonly PropertyKey[]) =>
    environment.overrides.find(({ key }) => key.path.every((step, index) => step === path[index]))?.name ??
    environment.secrets.find(
      ({ key }) => formatPath(key.path) === formatPath(path) && valueAt(document, path) === undefined,
    )?.name;
  const { document, secrets } = prepare({
    document: mergeOverrides(file.content, environment.overrides),
    secrets: environment.secrets,
  });
  const place: Place = { file: source.file, access: source, locate };

  const { parts, problems: inDocument } = checkDocument(document, locate);
  const given = readGivenTexts(document, secrets, place);
  const has = (path: string) => valueAt(document, path.split('.')) !== undefined || given.read.secrets.has(path);
  const keys = readVersionedKeys(parts.platform, given.read, place);
  const tls = readTls(parts, given.read, place);
  const proxies = readProxies(parts.proxy, given.read, source.environment);
  const mappings = readMappings(parts.mapping?.files ?? [], place);
  const templates = readTemplates(parts.mapping?.templateFiles ?? [], place);

  const found = [
    environment.problems,
    inDocument,
    checkCombinations({ parts, has }, locate),
    given.problems,
    keys.problems,
    tls.problems,
    proxies.problems,
    mappings.problems,
    templates.problems,
  ].flat();
  const files = {
    ...{ documents: mappings.read, templates: templates.read, keys: keys.read },
    ...{ tls: tls.read, proxyOf: proxies.read, file: source.file },
  };
  if (isComplete(parts) && found.length === 0) {
    return { kind: 'loaded', settings: assembleSettings(parts, given.read, files) };
  }
  return problems(found, assembleUsable(withoutProblems(parts, found), given.read, files));
}

function withoutProblems(parts: CheckedParts, problems: readonly SettingsProblem[]): CheckedParts {
  const broken = new Set(problems.map(({ path }) => path.split(/[.[]/, 1)[0]));
  return Object.fromEntries(Object.entries(parts).filter(([name]) => !broken.has(name))) as CheckedParts;
}

type FileRead =
  | { readonly kind: 'read'; readonly yaml: YamlFile; readonly content: RawSection }
  | { readonly kind: 'problems'; readonly problems: readonly SettingsProblem[] };

function readSettingsFile(source: SettingsSource): FileRead {
  const { file } = source;
  let text: string;
  try {
    text = source.readFile(file);
  } catch (thrown) {
    const hint = 'name the settings file with --config or CARD_SYNC_CONFIG';
    return { kind: 'problems', problems: [{ path: '', source: file, problem: `the file ${reasonOf(thrown)}`, hint }] };
  }
  const read = readYaml(file, text);
  if (read.kind === 'problems') {
    return { kind: 'problems', problems: read.problems.map(problem => ({ path: '', ...problem })) };
  }
  // A file of comments only is empty, and the environment may say all.
  const content = read.yaml.content ?? {};
  if (isSection(content)) return { kind: 'read', yaml: read.yaml, content };
  return { kind: 'problems', problems: [{ path: '', source: file, problem: 'the file must hold sections with keys' }] };
}

function isComplete(parts: CheckedParts): parts is SettingsDocument {
  return Object.values(parts).every(part => part !== undefined);
}

/** All of them, each once: one fault can break two rules. */
function problems(found: readonly SettingsProblem[], usable: Partial<Settings>): SettingsLoaded {
  const byText = new Map(found.map(problem => [`${problem.path}\n${problem.source}\n${problem.problem}`, problem]));
  return { kind: 'problems', problems: [...byText.values()], usable };
}
