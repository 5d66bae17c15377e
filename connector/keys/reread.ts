import { Fault, messageOf } from '../kernel/fault.ts';
import { type KeyMaterial, keyText, readKeyVersion, withoutLineEnd } from '../kernel/key-material.ts';
import { Secret } from '../kernel/secret.ts';

/** Reads a whole file; rejects with what Node throws, or with a `FileRefused`. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/**
 * The key material as its files hold it now; what did not come from files stays as it is. Rejects with a {@link Fault}
 * KEY_INVALID where a file cannot be read, which may be the moment of its exchange.
 */
export async function rereadKeys(material: KeyMaterial, read: ReadFile): Promise<KeyMaterial> {
  const { files, publicKeys } = material;
  const [privateKey, passphrase, keyVersion] = await Promise.all([
    files.privateKey === null ? null : bytesOf('platform.privateKeyFile', files.privateKey, read),
    files.passphrase === null ? null : bytesOf('platform.privateKeyPassphraseFile', files.passphrase, read),
    files.keyVersion === null ? null : bytesOf('platform.keyVersionFile', files.keyVersion, read),
  ]);
  return {
    ...material,
    privateKey: privateKey === null ? material.privateKey : new Secret(keyText(privateKey)),
    passphrase: passphrase === null ? material.passphrase : new Secret(withoutLineEnd(textOf(passphrase))),
    keyVersion: keyVersion === null ? material.keyVersion : versionOf(textOf(keyVersion)),
    publicKeys: await Promise.all(
      publicKeys.map(async key => ({ ...key, publicKey: keyText(await bytesOf(key.setting, key.file, read)) })),
    ),
  };
}

/** Is there any file to look at again? */
export function hasFiles({ files, publicKeys }: KeyMaterial): boolean {
  return publicKeys.length > 0 || Object.values(files).some(file => file !== null);
}

async function bytesOf(setting: string, file: string, read: ReadFile): Promise<Uint8Array> {
  try {
    return await read(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    throw new Fault('KEY_INVALID', { detail: `${setting} cannot be read any more (${code})` });
  }
}

function versionOf(text: string): number {
  const version = readKeyVersion(text);
  if (version !== null) return version;
  throw new Fault('KEY_INVALID', { detail: 'platform.keyVersionFile does not hold a whole number of at least 1' });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
