import { assert } from '../kernel/assert.ts';
import type { KeyMaterial } from '../kernel/key-material.ts';
import type { HttpProxy } from '../kernel/proxy.ts';
import type { Sasl, TokenSource } from '../kernel/sasl.ts';
import type { Secret } from '../kernel/secret.ts';
import type { TlsMaterial } from '../kernel/tls-material.ts';
import type { MappingLimits } from '../mapping/bounds/limits.ts';
import type { MappingDocument, TemplateSchema } from '../mapping/mapping.ts';
import type { CheckedParts } from './check-document.ts';
import { fromSettingsFile, type GivenTexts } from './files.ts';
import { keyMaterialOf, type VersionedKeys } from './resolve/key-material.ts';
import type { ProxyOf } from './resolve/proxy.ts';
import type { TlsByPart } from './resolve/tls.ts';
import type { PartName, SettingsDocument } from './schema.ts';
import { derivedJournalTopic } from './schema-topics.ts';

/** A part of the settings as the schema has it, without the keys that stand for something else. */
type Part<P extends PartName, Replaced extends keyof SettingsDocument[P]> = {
  readonly [K in keyof SettingsDocument[P] as Exclude<K, Replaced>]: Frozen<SettingsDocument[P][K]>;
};

type Frozen<T> = T extends readonly (infer E)[] ? readonly E[] : T;

/** What {@link KeyMaterial} stands for. */
type KeySetting =
  | 'privateKeyFile'
  | 'privateKeyPassphraseFile'
  | 'keyVersion'
  | 'keyVersionFile'
  | 'publicKeyFile'
  | 'publicKeyFiles'
  | 'eccHash';

/** All settings: checked, complete, with the contents of files in place of their paths. Frozen all through. */
export interface Settings {
  readonly kafka: Part<'kafka', 'tls' | 'sasl'> & {
    /** Null: not encrypted. */
    readonly tls: TlsMaterial | null;
    readonly sasl: Sasl;
  };
  readonly registry: Part<'registry', 'tls' | 'username' | 'passwordFile' | 'bearerTokenFile'> & {
    /** Null: the URL is not https. */
    readonly tls: TlsMaterial | null;
    /** Absent: requests go directly. */
    readonly proxy?: HttpProxy;
    /** User and password of basic authentication: both or none. */
    readonly username?: string;
    readonly password?: Secret;
    readonly bearerToken?: Secret;
  };
  readonly mapping: Part<'mapping', 'files' | 'templateFiles' | keyof MappingLimits> & {
    readonly limits: MappingLimits;
    readonly documents: readonly MappingDocument[];
    readonly templates: readonly TemplateSchema[];
  };
  readonly platform: Part<'platform', 'tls' | KeySetting | 'agentTokenFile' | 'verifyAnswers'> & {
    /** Null: the URL is not https. */
    readonly tls: TlsMaterial | null;
    /** Absent: requests go directly. */
    readonly proxy?: HttpProxy;
    /** Ours, and AlipayHK's where answers are to be verified. */
    readonly keys: KeyMaterial;
    readonly agentToken?: Secret;
    readonly verifyAnswers: 'required' | 'warn' | 'off';
  };
  readonly flow: Part<'flow', never>;
  readonly deadLetters: Part<'deadLetters', never>;
  readonly journal: Part<'journal', 'topic'> & {
    /** Given, or derived from the group id. */
    readonly topic: string;
    readonly isTopicDerived: boolean;
  };
  readonly observe: Part<'observe', never>;
  readonly shutdown: Part<'shutdown', never>;
}

/** What the parts name, as it was read. */
export interface FoundFiles {
  /** The settings file. */
  readonly file: string;
  readonly documents: readonly MappingDocument[];
  readonly templates: readonly TemplateSchema[];
  readonly keys: VersionedKeys;
  readonly tls: TlsByPart;
  readonly proxyOf: ProxyOf;
}

/** Puts the settings together from parts that have no problems, and freezes them. */
export function assembleSettings(document: SettingsDocument, given: GivenTexts, found: FoundFiles): Settings {
  return deepFrozen({
    kafka: kafkaOf(document.kafka, given, found),
    registry: registryOf(document.registry, given, found),
    mapping: mappingOf(document.mapping, found),
    platform: platformOf(document.platform, given, found),
    flow: document.flow,
    deadLetters: document.deadLetters,
    journal: journalOf(document.journal, document.kafka.groupId),
    observe: document.observe,
    shutdown: document.shutdown,
  });
}

/** The parts of {@link assembleSettings} that can be put together: those that are there and have no problem. */
export function assembleUsable(parts: CheckedParts, given: GivenTexts, found: FoundFiles): Partial<Settings> {
  const { kafka, registry, mapping, platform, flow, deadLetters, journal, observe, shutdown } = parts;
  return deepFrozen({
    ...(kafka && { kafka: kafkaOf(kafka, given, found) }),
    ...(registry && { registry: registryOf(registry, given, found) }),
    ...(mapping && { mapping: mappingOf(mapping, found) }),
    ...(platform && { platform: platformOf(platform, given, found) }),
    ...(flow && { flow }),
    ...(deadLetters && { deadLetters }),
    ...(journal && { journal: journalOf(journal, kafka?.groupId) }),
    ...(observe && { observe }),
    ...(shutdown && { shutdown }),
  });
}

function journalOf({ topic, ...journal }: SettingsDocument['journal'], groupId?: string): Settings['journal'] {
  return { ...journal, topic: topic ?? derivedJournalTopic(groupId), isTopicDerived: topic === undefined };
}

function kafkaOf(
  { tls: _tls, sasl, ...kafka }: SettingsDocument['kafka'],
  given: GivenTexts,
  found: FoundFiles,
): Settings['kafka'] {
  return { ...kafka, tls: found.tls.kafka, sasl: saslOf(sasl, given, found) };
}

function registryOf(
  document: SettingsDocument['registry'],
  given: GivenTexts,
  { tls, proxyOf }: FoundFiles,
): Settings['registry'] {
  const { tls: _tls, username, passwordFile: _p, bearerTokenFile: _b, ...registry } = document;
  const password = given.secrets.get('registry.passwordFile');
  const bearerToken = given.secrets.get('registry.bearerTokenFile');
  return {
    ...registry,
    tls: tls.registry,
    ...proxyFor(registry.url, proxyOf),
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(bearerToken && { bearerToken }),
  };
}

function mappingOf(
  { languageBusinessInfo, unavailableValue, cardBytesMax, jsonCharactersMax, stepsMax }: SettingsDocument['mapping'],
  { documents, templates }: FoundFiles,
): Settings['mapping'] {
  const limits = { cardBytesMax, jsonCharactersMax, stepsMax };
  return { languageBusinessInfo, unavailableValue, limits, documents, templates };
}

function platformOf(
  platform: SettingsDocument['platform'],
  given: GivenTexts,
  { file, keys, tls, proxyOf }: FoundFiles,
): Settings['platform'] {
  const { baseUrl, path, clientId, requestIdForm, keyCheckIntervalMs } = platform;
  const { connectTimeoutMs, requestTimeoutMs, answerBytesMax, connectionsMax } = platform;
  const { instances, requestsPerSecond, verdicts } = platform;
  const agentToken = given.secrets.get('platform.agentTokenFile');
  const hasPublicKey = given.texts.has('platform.publicKeyFile') || keys.publicKeys.length > 0;
  const verifyAnswers = platform.verifyAnswers ?? (hasPublicKey ? 'required' : 'off');
  const ours = {
    file,
    verifies: verifyAnswers !== 'off',
    privateKey: secretAt('platform.privateKeyFile', given),
  };
  return {
    ...{ path, clientId, requestIdForm, keyCheckIntervalMs },
    ...{ connectTimeoutMs, requestTimeoutMs, answerBytesMax, connectionsMax, instances, verdicts },
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    baseUrl: baseUrl.replace(/\/$/, ''),
    tls: tls.platform,
    ...proxyFor(baseUrl, proxyOf),
    keys: keyMaterialOf(platform, ours, given, keys),
    ...(agentToken && { agentToken }),
    verifyAnswers,
  };
}

function proxyFor(url: string, proxyOf: ProxyOf): { readonly proxy?: HttpProxy } {
  const proxy = proxyOf(url);
  return proxy === null ? {} : { proxy };
}

/** The settings for the log at start: secrets, keys and certificates replaced, files by their names. */
export function redactedSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const { mapping, ...others } = settings;
  const redacted = JSON.parse(JSON.stringify(others, redact)) as Record<string, unknown>;
  return {
    ...redacted,
    mapping: {
      languageBusinessInfo: mapping.languageBusinessInfo,
      limits: mapping.limits,
      documents: mapping.documents.map(({ file }) => file),
      templates: mapping.templates.map(({ template }) => template),
    },
  };
}

/** A certificate is no secret, but long, and its names are nobody's business; a {@link Secret} redacts itself. */
function redact(name: string, value: unknown): unknown {
  return ['ca', 'cert', 'publicKey'].includes(name) ? '[given]' : value;
}

function saslOf(sasl: SettingsDocument['kafka']['sasl'], given: GivenTexts, found: FoundFiles): Sasl {
  switch (sasl.mechanism) {
    case 'none':
      return { mechanism: 'none' };
    case 'oauthbearer':
      return { mechanism: 'oauthbearer', token: tokenSourceOf(sasl, given, found), extensions: sasl.extensions ?? {} };
    default:
      return {
        mechanism: sasl.mechanism,
        username: sasl.username,
        password: secretAt('kafka.sasl.passwordFile', given),
      };
  }
}

function tokenSourceOf(
  sasl: Extract<SettingsDocument['kafka']['sasl'], { mechanism: 'oauthbearer' }>,
  given: GivenTexts,
  { file, proxyOf }: FoundFiles,
): TokenSource {
  const { tokenUrl, clientId = '', scope, tokenFile, tokenCommand } = sasl;
  if (tokenUrl !== undefined) {
    const clientSecret = secretAt('kafka.sasl.clientSecretFile', given);
    const endpoint = { kind: 'endpoint' as const, url: tokenUrl, clientId, clientSecret };
    return { ...endpoint, ...(scope !== undefined && { scope }), ...proxyFor(tokenUrl, proxyOf) };
  }
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand };
  if (tokenFile !== undefined) return { kind: 'file', path: fromSettingsFile(file, tokenFile) };
  return { kind: 'given', token: secretAt('kafka.sasl.tokenFile', given) };
}

function secretAt(path: string, given: GivenTexts): Secret {
  const secret = given.secrets.get(path);
  assert(secret !== undefined, `settings without problems hold ${path}`);
  return secret;
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFrozen);
  }
  return value;
}
