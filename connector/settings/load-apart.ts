import { Secret } from '../kernel/secret.ts';
import { isSection, type RawSection, valueAt } from './check-document.ts';
import { attempt, type FileAccess, fromSettingsFile } from './files.ts';
import { formatPath, settingKeys } from './keys.ts';
import { loadSettings, type RawSettings, type SettingsSource } from './load.ts';
import type { SettingsProblem } from './problems.ts';
import type { Settings } from './settings.ts';

/** What turning records into requests takes of the settings: mappings, and how requests are addressed. */
export interface RequestSettings {
  readonly mapping: Settings['mapping'];
  readonly platform: Settings['platform'];
  /** Our private key can be read: `platform.keys` holds it. */
  readonly hasKey: boolean;
}

/** The settings, or everything that is wrong with them. */
export type RequestSettingsLoaded =
  | { readonly kind: 'loaded'; readonly settings: RequestSettings }
  | { readonly kind: 'problems'; readonly problems: readonly SettingsProblem[] };

/**
 * Reads only what makes requests of records, for work that touches neither Kafka nor the registry nor AlipayHK: those parts need not be
 * there or right, and no file of a secret has to exist. A private key is read where it is there and `wantsKey` says so.
 */
export function loadRequestSettings(source: SettingsSource, wantsKey: boolean): RequestSettingsLoaded {
  let hasKey = false;
  const loaded = loadSettings(source, raw => {
    hasKey = wantsKey && isKeyThere(raw, source.file, source);
    return aloneOf(raw, hasKey);
  });
  if (loaded.kind === 'problems') return loaded;
  const { mapping, platform } = loaded.settings;
  return { kind: 'loaded', settings: { mapping, platform, hasKey } };
}

const keyPath = 'platform.privateKeyFile';
const tokenPath = 'platform.agentTokenFile';

function isKeyThere({ document, secrets }: RawSettings, file: string, access: FileAccess): boolean {
  if (secrets.some(({ key }) => formatPath(key.path) === keyPath)) return true;
  const path = valueAt(document, keyPath.split('.'));
  return typeof path === 'string' && attempt(() => access.readBytes(fromSettingsFile(file, path))).kind === 'value';
}

/** Of the signing key; what else names files of keys is for answers. */
const keySettings = ['privateKeyFile', 'privateKeyPassphraseFile', 'keyVersion', 'keyVersionFile', 'eccHash'] as const;

/** Others in the place of what is not needed: they have no problems. */
function aloneOf({ document, secrets }: RawSettings, hasKey: boolean): RawSettings {
  const { platform = {}, mapping = {} } = document;
  const ofPlatform = secrets.filter(({ key }) => key.path[0] === 'platform');
  const hasToken = valueAt(document, tokenPath.split('.')) !== undefined || has(ofPlatform, tokenPath);
  const kept = ofPlatform.filter(({ key }) => hasKey && keySettings.some(name => name === key.path[1]));
  return {
    document: {
      mapping,
      kafka: { brokers: ['unused:9092'], topics: ['unused'] },
      registry: { url: 'http://unused' },
      proxy: { noProxy: ['*'] },
      platform: isSection(platform) ? addressIn(platform, hasKey) : platform,
    },
    secrets: [
      ...kept,
      ...(hasKey ? [] : [placeholderOf(keyPath)]),
      // That there is one is shown, never what it is.
      ...(hasToken ? [placeholderOf(tokenPath)] : []),
    ],
  };
}

function addressIn(platform: RawSection, hasKey: boolean): RawSection {
  const { clientId = 'CLIENT-ID', agentTokenFile: _t, publicKeyFile: _k, publicKeyFiles: _ks, ...rest } = platform;
  const { verifyAnswers: _v, tls: _tls, ...others } = rest;
  const ofKey = new Set<string>(hasKey ? [] : keySettings);
  return { clientId, ...Object.fromEntries(Object.entries(others).filter(([name]) => !ofKey.has(name))) };
}

function has(secrets: RawSettings['secrets'], path: string): boolean {
  return secrets.some(({ key }) => formatPath(key.path) === path);
}

function placeholderOf(path: string): RawSettings['secrets'][number] {
  const key = settingKeys.find(one => formatPath(one.path) === path);
  if (key === undefined) throw new Error(`there is no setting ${path}`);
  return { key, name: path, secret: new Secret('not given') };
}
