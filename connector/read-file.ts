import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { FileRefused } from './kernel/fault.ts';

/** Most bytes of a file that the settings name: settings, mappings, schemas, keys, passwords. Bundles of certificates have some 220 KB. */
const fileBytesMax = 1_048_576;

/** Opening a pipe that nothing writes to would wait; on Windows the flag does not exist. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** The whole of a regular file. Throws {@link FileRefused} for a device, a pipe or more than 1 MiB, and what Node throws. */
export function readSmallFile(path: string): Buffer {
  const file = openSync(path, flags);
  try {
    assertRegular(fstatSync(file));
    // A byte more than there may be: what a file system says of a size is not always true (/proc says 0).
    const bytes = Buffer.alloc(fileBytesMax + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return whole(bytes, length);
  } finally {
    closeSync(file);
  }
}

/** As {@link readSmallFile}, without holding up the process where the file system is slow. */
export async function readSmallFileAsync(path: string): Promise<Buffer> {
  const file = await open(path, flags);
  try {
    assertRegular(await file.stat());
    const bytes = Buffer.alloc(fileBytesMax + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = (await file.read(bytes, length, bytes.length - length, null)).bytesRead;
    return whole(bytes, length);
  } finally {
    await file.close();
  }
}

function assertRegular(stats: Stats): void {
  // As Node's own reading says it.
  if (stats.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
  if (!stats.isFile()) throw new FileRefused('is no regular file but a device, a pipe or a socket');
  if (stats.size > fileBytesMax) throw tooLarge();
}

function whole(bytes: Buffer, length: number): Buffer {
  if (length > fileBytesMax) throw tooLarge();
  // A copy, so that a key of some 1,000 bytes does not hold the memory of the largest file.
  return Buffer.from(bytes.subarray(0, length));
}

function tooLarge(): FileRefused {
  return new FileRefused(`has more than ${fileBytesMax} bytes`);
}
