import { existsSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '../../kernel/fault.ts';
import { withoutLineEnd } from '../../kernel/key-material.ts';
import { Secret } from '../../kernel/secret.ts';
import { makePair, type NewPair } from '../../keys/new-pair.ts';
import type { SignatureAlgorithm } from '../../keys/read-key.ts';
import { readSmallFile } from '../../read-file.ts';
import type { ExitCode } from '../run.ts';
import type { Output } from '../terminal/output.ts';

/** What `card-sync keys generate` is told. */
export interface GenerateOptions {
  /** The folder for both files; made where it is missing. */
  readonly out: string;
  readonly algorithm: SignatureAlgorithm;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

/** Makes a key pair in two files, of which only the owner can read the private one, and says what to do with them. Never over a file. */
export async function generateKeys(options: GenerateOptions, { print, printError }: Output): Promise<ExitCode> {
  const folder = resolve(options.out);
  const [privateKeyFile, publicKeyFile] = [join(folder, 'merchant-private.pem'), join(folder, 'merchant-public.pem')];
  const standing = [privateKeyFile, publicKeyFile].find(file => existsSync(file));
  if (standing !== undefined) {
    printError(`${standing} exists already: keys are never written over. Name another folder with --out.\n`);
    return 2;
  }
  let passphrase: Secret | null = null;
  try {
    if (options.passphraseFile !== undefined) passphrase = readPassphrase(options.passphraseFile);
  } catch (error) {
    printError(`the passphrase cannot be read: ${messageOf(error)}\n`);
    return 2;
  }
  const pair = await makePair(options.algorithm, passphrase);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writePair(pair, privateKeyFile, publicKeyFile);
  } catch (error) {
    printError(`the keys cannot be written: ${messageOf(error)}\n`);
    return 1;
  }
  const made = { algorithm: options.algorithm, encrypted: passphrase !== null, privateKeyFile, publicKeyFile };
  const { publicBase64: publicKey, fingerprint } = pair;
  print(options.json ? `${JSON.stringify({ ...made, publicKey, fingerprint })}\n` : describe(made, pair));
  return 0;
}

function readPassphrase(file: string): Secret {
  const text = withoutLineEnd(readSmallFile(file).toString('utf8'));
  if (text === '') throw new Error(`${file} is empty`);
  return new Secret(text);
}

/** Both or none. `wx` writes over nothing, also where another process was faster. */
function writePair(pair: NewPair, privateKeyFile: string, publicKeyFile: string): void {
  writeFileSync(privateKeyFile, pair.privatePem.reveal(), { mode: 0o600, flag: 'wx' });
  try {
    writeFileSync(publicKeyFile, pair.publicPem, { mode: 0o644, flag: 'wx' });
  } catch (error) {
    unlinkSync(privateKeyFile);
    throw error;
  }
}

function describe(
  made: { algorithm: SignatureAlgorithm; encrypted: boolean; privateKeyFile: string; publicKeyFile: string },
  { publicBase64, fingerprint }: NewPair,
): string {
  const { algorithm, encrypted, privateKeyFile, publicKeyFile } = made;
  const passphrase = encrypted ? '\n       privateKeyPassphraseFile: <the file of its passphrase>' : '';
  return `A key pair for ${algorithm}, ${fingerprint}

  private key  ${privateKeyFile}
               ${encrypted ? 'encrypted; ' : ''}only you can read it: it stays with you
  public key   ${publicKeyFile}

What to do next:

  1. Give AlipayHK the public key. Its console takes it as base64 in one line:

${publicBase64}

  2. Put the private key where the connector runs, and name it in the settings, with the version that the console shows:

     platform:
       privateKeyFile: ${privateKeyFile}${passphrase}
       keyVersion: <version>

  3. See that it can be used: card-sync keys check --config <settings file>
`;
}
