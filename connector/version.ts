import { readFileSync } from 'node:fs';

// The package's own file stands one folder above, from source (connector/) as from the build (dist/).
const text: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The version of this package. */
export const version: string =
  typeof text === 'object' && text !== null && 'version' in text && typeof text.version === 'string'
    ? text.version
    : '0.0.0';
