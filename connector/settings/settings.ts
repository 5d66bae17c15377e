import { assert } from '../kernel/assert.ts';
import type { KeyMaterial } from '../kernel/key-material.ts';
import type { Sasl } from '../kernel/sasl.ts';
import type { Secret } from '../kernel/secret.ts';
import type { TlsMaterial } from '../kernel/tls-material.ts';
import type { MappingDocument, TemplateSchema } from '../mapping/mapping.ts';
import type { CheckedParts } from './check-document.ts';
import type { GivenTexts } from './files.ts';
import { keyMaterialOf, type VersionedKeys } from './key-material.ts';
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
    /** User and password of basic authentication: both or none. */
    readonly username?: string;
    readonly password?: Secret;
    readonly bearerToken?: Secret;
  };
  readonly mapping: Part<'mapping', 'files' | 'templateFiles'> & {
    readonly documents: readonly MappingDocument[];
    readonly templates: readonly TemplateSchema[];
  };
  readonly platform: Part<'platform', 'tls' | KeySetting | 'agentTokenFile' | 'verifyAnswers'> & {
    /** Null: the URL is not https. */
    readonly tls: TlsMaterial | null;
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
}

/** Puts the settings together from parts that have no problems, and freezes them. */
export function assembleSettings(document: SettingsDocument, given: GivenTexts, found: FoundFiles): Settings {
  return deepFrozen({
    kafka: kafkaOf(document.kafka, given),
    registry: registryOf(document.registry, given),
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
    ...(kafka && { kafka: kafkaOf(kafka, given) }),
    ...(registry && { registry: registryOf(registry, given) }),
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

function kafkaOf({ tls, sasl, ...kafka }: SettingsDocument['kafka'], given: GivenTexts): Settings['kafka'] {
  return { ...kafka, tls: tls.enabled ? tlsOf('kafka', tls, given) : null, sasl: saslOf(sasl, given) };
}

function registryOf(document: SettingsDocument['registry'], given: GivenTexts): Settings['registry'] {
  const { tls, username, passwordFile: _p, bearerTokenFile: _b, ...registry } = document;
  const password = given.secrets.get('registry.passwordFile');
  const bearerToken = given.secrets.get('registry.bearerTokenFile');
  return {
    ...registry,
    tls: registry.url.startsWith('https:') ? tlsOf('registry', tls, given) : null,
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(bearerToken && { bearerToken }),
  };
}

function mappingOf(
  { languageBusinessInfo }: SettingsDocument['mapping'],
  { documents, templates }: FoundFiles,
): Settings['mapping'] {
  return { languageBusinessInfo, documents, templates };
}

function platformOf(
  platform: SettingsDocument['platform'],
  given: GivenTexts,
  { file, keys }: FoundFiles,
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
    tls: baseUrl.startsWith('https:') ? tlsOf('platform', platform.tls, given) : null,
    keys: keyMaterialOf(platform, ours, given, keys),
    ...(agentToken && { agentToken }),
    verifyAnswers,
  };
}

/** The settings for the log at start: secrets, keys and certificates replaced, files by their names. */
export function redactedSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const { mapping, ...others } = settings;
  const redacted = JSON.parse(JSON.stringify(others, redact)) as Record<string, unknown>;
  return {
    ...redacted,
    mapping: {
      languageBusinessInfo: mapping.languageBusinessInfo,
      documents: mapping.documents.map(({ file }) => file),
      templates: mapping.templates.map(({ template }) => template),
    },
  };
}

/** A certificate is no secret, but long, and its names are nobody's business; a {@link Secret} redacts itself. */
function redact(name: string, value: unknown): unknown {
  return ['ca', 'cert', 'publicKey'].includes(name) ? '[given]' : value;
}

function saslOf(sasl: SettingsDocument['kafka']['sasl'], given: GivenTexts): Sasl {
  switch (sasl.mechanism) {
    case 'none':
      return { mechanism: 'none' };
    case 'oauthbearer': {
      const { mechanism, tokenUrl, clientId, scope } = sasl;
      const clientSecret = secretAt('kafka.sasl.clientSecretFile', given);
      return { mechanism, tokenUrl, clientId, clientSecret, ...(scope !== undefined && { scope }) };
    }
    default:
      return {
        mechanism: sasl.mechanism,
        username: sasl.username,
        password: secretAt('kafka.sasl.passwordFile', given),
      };
  }
}

function tlsOf(part: string, { serverName }: { serverName?: string | undefined }, given: GivenTexts): TlsMaterial {
  const ca = given.texts.get(`${part}.tls.caFile`);
  const cert = given.texts.get(`${part}.tls.certFile`);
  const key = given.secrets.get(`${part}.tls.keyFile`);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key && { key }),
    ...(serverName !== undefined && { serverName }),
  };
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
