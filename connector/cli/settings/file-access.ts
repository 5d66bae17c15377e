import { readdirSync } from 'node:fs';
import { readSmallFile } from '../../read-file.ts';
import type { FileAccess } from '../../settings/files.ts';

/** The machine's files, for the settings. */
export const fileAccess: FileAccess = {
  readFile: path => readSmallFile(path).toString('utf8'),
  readBytes: path => readSmallFile(path),
  listFiles: folder => readdirSync(folder),
};
