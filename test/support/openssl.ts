import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** OpenSSL's command line in a folder of its own: an implementation that is not ours. */
export interface OpenSsl extends Disposable {
  /** Runs `openssl <words>`, in the folder; gives what it prints. Throws where it fails. */
  run(words: string): Buffer;
  /** The bytes of a file in the folder. */
  read(name: string): Buffer;
  write(name: string, bytes: Uint8Array | string): void;
}

/** Makes a folder for OpenSSL's files. */
export function openSsl(): OpenSsl {
  const folder = mkdtempSync(join(tmpdir(), 'card-sync-openssl-'));
  return {
    run: words => execFileSync('openssl', words.split(' '), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
    read: name => readFileSync(join(folder, name)),
    write: (name, bytes) => writeFileSync(join(folder, name), bytes),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
