import { type KeyMaterial, keyText, type PublicKeyText, readKeyVersion } from '../../kernel/key-material.ts';
import type { Secret } from '../../kernel/secret.ts';
import { attempt, fromSettingsFile, type GivenTexts, type Place, type Read } from '../files.ts';
import { formatPath } from '../keys.ts';
import type { SettingsProblem } from '../problems.ts';
import type { SettingsDocument } from '../schema.ts';

/** The key material but for what the `…File` keys hold: the keys by version, and the version that a file gives. */
export interface VersionedKeys {
  readonly publicKeys: readonly PublicKeyText[];
  /** Null: no file gives it. */
  readonly keyVersion: number | null;
}

/** Reads the files of `platform.publicKeyFiles`, and the number in that of `platform.keyVersionFile`; checks the Agent-Token. */
export function readVersionedKeys(
  platform: SettingsDocument['platform'] | undefined,
  given: GivenTexts,
  place: Place,
): Read<VersionedKeys> {
  const problems: SettingsProblem[] = [];
  const problemAt = (path: readonly PropertyKey[], problem: string, hint?: string) =>
    void problems.push({ path: formatPath(path), source: place.locate(path), problem, ...(hint && { hint }) });
  const versions = new Set<number>();
  const publicKeys = (platform?.publicKeyFiles ?? []).flatMap((entry, index): PublicKeyText[] => {
    const path = ['platform', 'publicKeyFiles', index];
    const { version, name } = versionAndName(entry);
    if (versions.has(version)) problemAt(path, `is a second file for keyVersion ${version}`);
    versions.add(version);
    const file = fromSettingsFile(place.file, name);
    const read = attempt(() => keyText(place.access.readBytes(file)));
    if (read.kind === 'value') return [{ version, publicKey: read.value, file, setting: formatPath(path) }];
    problemAt(path, `${file} ${read.reason}`, `paths start from the folder of ${place.file}`);
    return [];
  });
  const versionText = given.texts.get('platform.keyVersionFile');
  const keyVersion = versionText === undefined ? null : readKeyVersion(versionText);
  if (versionText !== undefined && keyVersion === null) {
    problemAt(['platform', 'keyVersionFile'], 'its file must hold a whole number of at least 1, and nothing else');
  }
  const agentToken = given.secrets.get('platform.agentTokenFile');
  if (agentToken !== undefined && !/^[ -~]+$/.test(agentToken.reveal())) {
    problemAt(
      ['platform', 'agentTokenFile'],
      'must hold one line of printable ASCII characters: it is sent as a header',
    );
  }
  return { read: { publicKeys, keyVersion }, problems };
}

/** Puts the key material together from parts that have no problems. With `verifies` false no public key is kept. */
export function keyMaterialOf(
  { keyVersion, eccHash, ...files }: SettingsDocument['platform'],
  document: { readonly file: string; readonly verifies: boolean; readonly privateKey: Secret },
  given: GivenTexts,
  versioned: VersionedKeys,
): KeyMaterial {
  const at = (path: string | undefined) => (path === undefined ? null : fromSettingsFile(document.file, path));
  const anyVersion = given.texts.get('platform.publicKeyFile');
  const ofAnyVersion =
    anyVersion === undefined
      ? []
      : [
          {
            version: null,
            publicKey: anyVersion,
            file: at(files.publicKeyFile) ?? '',
            setting: 'platform.publicKeyFile',
          },
        ];
  return {
    privateKey: document.privateKey,
    passphrase: given.secrets.get('platform.privateKeyPassphraseFile') ?? null,
    keyVersion: versioned.keyVersion ?? keyVersion,
    publicKeys: document.verifies ? [...versioned.publicKeys, ...ofAnyVersion] : [],
    eccHash,
    files: {
      privateKey: at(files.privateKeyFile),
      passphrase: at(files.privateKeyPassphraseFile),
      keyVersion: at(files.keyVersionFile),
    },
  };
}

function versionAndName(entry: string): { readonly version: number; readonly name: string } {
  const at = entry.indexOf('=');
  return { version: Number(entry.slice(0, at)), name: entry.slice(at + 1) };
}
