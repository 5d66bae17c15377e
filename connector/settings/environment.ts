import { didYouMean } from '../kernel/did-you-mean.ts';
import { Secret } from '../kernel/secret.ts';
import { environmentName, formatPath, removedSettings, type SettingKey, secretName, settingKeys } from './keys.ts';
import { type SettingsProblem, shown } from './problems.ts';

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that an environment variable gives; it goes before the file's. */
export interface Override {
  readonly key: SettingKey;
  readonly name: string;
  readonly value: unknown;
}

/** A secret that an environment variable holds itself. */
export interface GivenSecret {
  readonly key: SettingKey;
  readonly name: string;
  readonly secret: Secret;
}

/** What the environment says about the settings. */
export interface EnvironmentRead {
  readonly overrides: readonly Override[];
  readonly secrets: readonly GivenSecret[];
  readonly problems: readonly SettingsProblem[];
}

/** Names the settings file itself; read by the command line. */
export const settingsFileVariable = 'CARD_SYNC_CONFIG';

const prefix = 'CARD_SYNC_';
const keysByName = new Map(settingKeys.map(key => [environmentName(key.path), key]));
const keysBySecretName = new Map(settingKeys.filter(key => key.secret).map(key => [secretName(key.path), key]));
const removedByName = new Map(
  [...removedSettings].map(([path, explained]) => [environmentName(path.split('.')), { path, ...explained }]),
);
const knownNames: readonly string[] = [...keysByName.keys(), ...keysBySecretName.keys(), settingsFileVariable];

/** Reads all `CARD_SYNC_` variables. An empty one counts as not given, as container tools pass unset ones on. */
export function readEnvironment(environment: Environment): EnvironmentRead {
  const overrides: Override[] = [];
  const secrets: GivenSecret[] = [];
  const problems: SettingsProblem[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || name === settingsFileVariable || !text || isServiceLink(name, text)) continue;
    const key = keysByName.get(name);
    const secretKey = keysBySecretName.get(name);
    if (key) {
      const read = readValue(text, key);
      if (read.kind === 'value') overrides.push({ key, name, value: read.value });
      else problems.push({ path: formatPath(key.path), source: name, problem: read.problem });
    } else if (secretKey) {
      secrets.push({ key: secretKey, name, secret: new Secret(text) });
    } else {
      problems.push(unknownName(name));
    }
  }
  return { overrides, secrets, problems };
}

type ValueRead =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'bad'; readonly problem: string };

function readValue(text: string, key: SettingKey): ValueRead {
  switch (key.value) {
    case 'text':
      return { kind: 'value', value: text };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { kind: 'value', value: text === 'true' }
        : { kind: 'bad', problem: `must be true or false, is ${shown(text)}` };
    case 'number':
      return readNumber(text);
    case 'texts':
      return { kind: 'value', value: listOf(text) };
    case 'map':
      return readMap(text);
    case 'numbers': {
      const numbers = listOf(text).map(readNumber);
      const bad = numbers.find(read => read.kind === 'bad');
      return bad ?? { kind: 'value', value: numbers.map(read => (read.kind === 'value' ? read.value : null)) };
    }
  }
}

function readNumber(text: string): ValueRead {
  return /^-?\d+(\.\d+)?$/.test(text)
    ? { kind: 'value', value: Number(text) }
    : { kind: 'bad', problem: `must be a number in digits, is ${shown(text)}` };
}

function readMap(text: string): ValueRead {
  const entries = listOf(text).map(element => element.split('='));
  const bad = entries.find(entry => entry.length !== 2 || entry.includes(''));
  return bad
    ? { kind: 'bad', problem: `must be NAME=value, NAME=value, …; is ${shown(text)}` }
    : { kind: 'value', value: Object.fromEntries(entries) };
}

function listOf(text: string): readonly string[] {
  return text.split(',').map(element => element.trim());
}

/**
 * Kubernetes sets such variables in every pod of a namespace that has a service called "card-sync" or "card-sync-…"
 * (Kubernetes, "Service", "Environment variables"): they are nobody's mistake, even where the name is one of ours.
 */
function isServiceLink(name: string, text: string): boolean {
  return (
    /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)/.test(name) ||
    (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(text))
  );
}

function unknownName(name: string): SettingsProblem {
  const removed = removedByName.get(name);
  if (removed) return { ...removed, source: name };
  const hint = didYouMean(
    name.slice(prefix.length),
    knownNames.map(known => known.slice(prefix.length)),
  );
  return {
    path: '',
    source: name,
    problem: 'no setting has this environment variable',
    hint:
      hint?.replace('did you mean ', `did you mean ${prefix}`) ??
      'remove it, or see config/connector.yaml for the names',
  };
}
