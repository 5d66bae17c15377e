import { keyText, withoutLineEnd } from '../../kernel/key-material.ts';
import { Secret } from '../../kernel/secret.ts';
import { readPrivateKey, readPublicKey } from '../../keys/read-key.ts';
import { readSmallFile } from '../../read-file.ts';
import type { Environment } from '../../settings/environment.ts';
import { loadSettings } from '../../settings/load.ts';
import { type CheckedKey, checkedKey, keysOf, withOwnHalfTold } from '../../tools/checked-keys.ts';
import type { ExitCode } from '../run.ts';
import { fileAccess } from '../settings/file-access.ts';
import type { CommandParts } from '../terminal/output.ts';
import { describeProblems, type Paint } from '../terminal/print.ts';

/** What `card-sync keys check` is told: files, or else the settings that name them. */
export interface CheckOptions {
  readonly privateKey?: string;
  readonly publicKey?: string;
  readonly passphraseFile?: string;
  /** The settings file. */
  readonly config: string;
  readonly json?: boolean;
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
  const told = withOwnHalfTold(keys);
  print(options.json ? `${JSON.stringify({ keys: told })}\n` : `${told.map(describe).join('\n\n')}\n`);
  return keys.some(({ problem }) => problem !== undefined) ? 2 : 0;
}

function keysOfFiles({ privateKey, publicKey, passphraseFile }: CheckOptions): readonly CheckedKey[] {
  const keys: CheckedKey[] = [];
  if (privateKey !== undefined) {
    const ours = { half: 'private', file: privateKey, keyVersion: null } as const;
    keys.push(
      checkedKey(ours, () => {
        const passphrase =
          passphraseFile === undefined
            ? null
            : new Secret(withoutLineEnd(readSmallFile(passphraseFile).toString('utf8')));
        const text = new Secret(keyText(readSmallFile(privateKey)));
        const passphraseSetting = '--passphrase-file';
        return readPrivateKey(text, { passphrase, eccHash: 'SHA256', setting: privateKey, passphraseSetting });
      }),
    );
  }
  if (publicKey !== undefined) {
    const theirs = { half: 'public', file: publicKey, keyVersion: null } as const;
    keys.push(checkedKey(theirs, () => readPublicKey(keyText(readSmallFile(publicKey)), 'SHA256', publicKey)));
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
  return keysOf(loaded.settings.platform.keys);
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
