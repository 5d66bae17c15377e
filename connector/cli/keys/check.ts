import { readFileSync, statSync } from 'node:fs';
import { Fault, messageOf } from '../../kernel/fault.ts';
import { keyText, withoutLineEnd } from '../../kernel/key-material.ts';
import { Secret } from '../../kernel/secret.ts';
import { fingerprintOf, publicBase64Of } from '../../keys/new-pair.ts';
import { readPrivateKey, readPublicKey, type SignatureKey } from '../../keys/read-key.ts';
import type { Environment } from '../../settings/environment.ts';
import { loadSettings } from '../../settings/load.ts';
import { fileAccess } from '../file-access.ts';
import type { CommandParts } from '../output.ts';
import { describeProblems, type Paint } from '../print.ts';
import type { ExitCode } from '../run.ts';

/** What `card-sync keys check` is told: files, or else the settings that name them. */
export interface CheckOptions {
  readonly privateKey?: string;
  readonly publicKey?: string;
  readonly passphraseFile?: string;
  /** The settings file. */
  readonly config: string;
  readonly json?: boolean;
}

/** What is said of one key; nothing of the private half. */
export interface CheckedKey {
  readonly half: 'private' | 'public';
  /** Null: from the environment. */
  readonly file: string | null;
  readonly keyVersion: number | null;
  readonly algorithm?: string;
  readonly kind?: string;
  readonly fingerprint?: string;
  /** SPKI, DER as base64: what AlipayHK's console has. */
  readonly publicKey?: string;
  /** It works, but. */
  readonly warning?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** Reads keys as the connector would, and says of each what it is, or why it cannot be used. 2 where one cannot. */
export function checkKeys(
  options: CheckOptions,
  { environment, print, printError }: CommandParts,
  paint: Paint,
): ExitCode {
  const given = options.privateKey !== undefined || options.publicKey !== undefined;
  const keys = given ? keysOfFiles(options) : keysOfSettings(options.config, environment, printError, paint);
  if (keys === null) return 2;
  const told = keys.map(key => (isOwnHalf(key, keys) ? { ...key, warning: ownHalf } : key));
  print(options.json ? `${JSON.stringify({ keys: told })}\n` : `${told.map(describe).join('\n\n')}\n`);
  return keys.some(({ problem }) => problem !== undefined) ? 2 : 0;
}

const ownHalf = "it is the public half of our own key; answers are signed with AlipayHK's";

function isOwnHalf({ half, fingerprint }: CheckedKey, keys: readonly CheckedKey[]): boolean {
  return (
    half === 'public' &&
    keys.some(key => key.half === 'private' && key.fingerprint !== undefined && key.fingerprint === fingerprint)
  );
}

function keysOfFiles({ privateKey, publicKey, passphraseFile }: CheckOptions): readonly CheckedKey[] {
  const keys: CheckedKey[] = [];
  if (privateKey !== undefined) {
    const ours = { half: 'private', file: privateKey, keyVersion: null } as const;
    keys.push(
      checked(ours, () => {
        const passphrase =
          passphraseFile === undefined ? null : new Secret(withoutLineEnd(readFileSync(passphraseFile, 'utf8')));
        const text = new Secret(keyText(readFileSync(privateKey)));
        const passphraseSetting = '--passphrase-file';
        return readPrivateKey(text, { passphrase, eccHash: 'SHA256', setting: privateKey, passphraseSetting });
      }),
    );
  }
  if (publicKey !== undefined) {
    const theirs = { half: 'public', file: publicKey, keyVersion: null } as const;
    keys.push(checked(theirs, () => readPublicKey(keyText(readFileSync(publicKey)), 'SHA256', publicKey)));
  }
  return keys;
}

function keysOfSettings(
  file: string,
  environment: Environment,
  printError: (text: string) => void,
  paint: Paint,
): readonly CheckedKey[] | null {
  const loaded = loadSettings({ file, environment, ...fileAccess });
  if (loaded.kind === 'problems') {
    printError(describeProblems(loaded.problems, paint));
    return null;
  }
  const { privateKey, passphrase, keyVersion, publicKeys, eccHash, files } = loaded.settings.platform.keys;
  const ours = { half: 'private', file: files.privateKey, keyVersion } as const;
  return [
    checked(ours, () => readPrivateKey(privateKey, { passphrase, eccHash })),
    ...publicKeys.map(({ version, publicKey, file: publicKeyFile, setting }) =>
      checked({ half: 'public', file: publicKeyFile, keyVersion: version }, () =>
        readPublicKey(publicKey, eccHash, setting),
      ),
    ),
  ];
}

function checked(about: Pick<CheckedKey, 'half' | 'file' | 'keyVersion'>, read: () => SignatureKey): CheckedKey {
  try {
    const { key, algorithm, description } = read();
    const warning = about.half === 'private' && about.file !== null ? modeWarning(about.file) : null;
    const found = { algorithm, kind: description, fingerprint: fingerprintOf(key), publicKey: publicBase64Of(key) };
    return { ...about, ...found, ...(warning !== null && { warning }) };
  } catch (error) {
    return { ...about, problem: error instanceof Fault ? error.detail : messageOf(error) };
  }
}

function modeWarning(file: string): string | null {
  const mode = statSync(file).mode & 0o777;
  return (mode & 0o077) === 0 ? null : `other users may read it (mode ${mode.toString(8)}): chmod 600 ${file}`;
}

function describe({ half, file, keyVersion, ...key }: CheckedKey): string {
  const title = `${half === 'private' ? 'our private key' : "AlipayHK's public key"}: ${file ?? 'from the environment'}`;
  const lines = [
    key.problem === undefined ? null : `cannot be used: ${key.problem}`,
    key.kind === undefined ? null : `${key.kind} (${key.algorithm})`,
    keyVersion === null ? null : `keyVersion   ${keyVersion}`,
    key.fingerprint === undefined ? null : `fingerprint  ${key.fingerprint}`,
    key.publicKey === undefined ? null : `public half  ${key.publicKey}`,
    key.warning === undefined ? null : `careful: ${key.warning}`,
  ];
  return [title, ...lines.flatMap(line => (line === null ? [] : [`  ${line}`]))].join('\n');
}
