import { readdirSync, readFileSync } from 'node:fs';
import type { FileAccess } from '../../settings/files.ts';

/** The machine's files, for the settings. */
export const fileAccess: FileAccess = {
  readFile: path => readFileSync(path, 'utf8'),
  readBytes: path => readFileSync(path),
  listFiles: folder => readdirSync(folder),
};
