import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Starts the machine's own Chromium. Throws where there is none: what needs it is not to be passed over in silence. */
export function launchChromium(): Promise<Browser> {
  // Chromium's sandbox refuses to be root's.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: findChromium(process.env.PATH ?? ''), args });
}

/** The first `chromium` of a PATH. */
export function findChromium(path: string): string {
  const found = path
    .split(delimiter)
    .map(folder => join(folder, 'chromium'))
    .find(isExecutable);
  if (found === undefined) throw new Error('there is no chromium on the PATH: on Debian, apt-get install chromium');
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
