import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileAccess } from '../../connector/cli/settings/file-access.ts';
import { FileRefused } from '../../connector/kernel/fault.ts';
import { readSmallFile, readSmallFileAsync } from '../../connector/read-file.ts';
import { loadSettings } from '../../connector/settings/load.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'card-sync-files-'));
  writeFileSync(at('largest'), Buffer.alloc(1_048_576, 'x'));
  symlinkSync(at('largest'), at('link'));
  writeFileSync(at('too-large'), Buffer.alloc(1_048_577, 'x'));
  // Sparse: it takes no space.
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 2 ** 40);
  execFileSync('mkfifo', [at('pipe')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Both ways of reading a file: what they give, or what they throw. */
async function outcomes(path: string): Promise<readonly unknown[]> {
  const sync = await Promise.resolve()
    .then(() => readSmallFile(path))
    .catch(error => error);
  return [sync, await readSmallFileAsync(path).catch(error => error)];
}

describe('a file that the settings name', () => {
  it('is read whole up to 1 MiB, also through a symbolic link', async () => {
    const expected = Buffer.alloc(1_048_576, 'x');
    for (const name of ['largest', 'link'])
      for (const read of await outcomes(at(name))) expect(expected.equals(read as Buffer)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('is read whole although its size is said to be 0', async () => {
    for (const read of await outcomes('/proc/self/status')) expect(String(read)).toMatch(/^Name:/);
  });

  it.each([
    ['a device without end', () => '/dev/zero', 'is no regular file but a device, a pipe or a socket'],
    ['a pipe that nothing writes to', () => at('pipe'), 'is no regular file but a device, a pipe or a socket'],
    ['a byte more than 1 MiB', () => at('too-large'), 'has more than 1048576 bytes'],
    ['1 TiB', () => at('huge'), 'has more than 1048576 bytes'],
  ])('is refused at once: %s', async (_, path, problem) => {
    for (const refusal of await outcomes(path())) expect(refusal).toEqual(new FileRefused(problem));
  });

  it("fails with Node's code when it is a folder or is missing", async () => {
    for (const refusal of await outcomes(folder)) expect(refusal).toMatchObject({ code: 'EISDIR' });
    for (const refusal of await outcomes(at('none'))) expect(refusal).toMatchObject({ code: 'ENOENT' });
  });

  it('is a problem with its reason: settings, mapping, key and template schema', () => {
    const problemsOf = (file: string) => {
      const loaded = loadSettings({ file, environment: {}, ...fileAccess });
      return loaded.kind === 'problems' ? loaded.problems.map(({ path, problem }) => `${path}: ${problem}`) : [];
    };
    expect(problemsOf('/dev/zero')).toEqual([': the file is no regular file but a device, a pipe or a socket']);
    writeFileSync(
      at('connector.yaml'),
      `kafka: { brokers: ['kafka:9092'], topics: [shop.public.orders] }
registry: { url: 'http://registry:8081' }
platform: { clientId: CLIENT, privateKeyFile: pipe }
mapping: { files: [too-large], templateFiles: [/dev/zero] }
`,
    );
    expect(problemsOf(at('connector.yaml'))).toEqual([
      'platform.privateKeyFile: the file is no regular file but a device, a pipe or a socket',
      `mapping.files[0]: ${at('too-large')} has more than 1048576 bytes`,
      'mapping.templateFiles[0]: /dev/zero is no regular file but a device, a pipe or a socket',
    ]);
  });
});
