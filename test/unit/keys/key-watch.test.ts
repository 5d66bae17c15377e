import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { KeyMaterial } from '../../../connector/kernel/key-material.ts';
import type { KeyRing } from '../../../connector/keys/key-ring.ts';
import { type WatchedKeys, watchKeys } from '../../../connector/keys/key-watch.ts';
import { systemClock } from '../../../connector/system-clock.ts';
import { AdvancingClock } from '../../support/advancing-clock.ts';
import { keyMaterial, newPair, pemOf } from '../../support/key-rings.ts';

const [first, second, third] = [newPair(), newPair(), newPair('secp224r1')];
const [theirs, theirNext] = [newPair(), newPair()];

let clock: AdvancingClock;
let files: Map<string, string | Error>;
let told: string[];
let keys: WatchedKeys;

afterEach(() => keys[Symbol.asyncDispose]());

function watch(material: Partial<KeyMaterial['files']> = { privateKey: 'private', keyVersion: 'version' }): void {
  clock = new AdvancingClock();
  told = [];
  files = new Map<string, string | Error>([
    ['private', pemOf(first.privateKey)],
    ['version', '1'],
    ['public-1.pem', pemOf(theirs.publicKey)],
  ]);
  const start = keyMaterial({ privateKey: first.privateKey, publicKeys: [[1, theirs.publicKey]] });
  keys = watchKeys(
    { ...start, files: { ...start.files, ...material } },
    {
      clock,
      intervalMs: 5_000,
      read: async path => {
        const text = files.get(path) ?? new Error('gone');
        if (text instanceof Error) throw text;
        return Buffer.from(text);
      },
      onTaken: ({ signing }: KeyRing) => told.push(`taken ${signing.version} ${signing.algorithm}`),
      onRefused: fault => told.push(`refused ${fault.detail}`),
    },
  );
}

const looks = async (count: number) => {
  for (let look = 0; look < count; look++) await clock.advance(5_000);
};

describe('the keys in use', () => {
  it('are exchanged at the second look after their files have changed, key and version together', async () => {
    watch();
    await looks(3);
    files.set('private', pemOf(second.privateKey)).set('version', '2\n');
    await looks(1);
    expect(told).toEqual([]);
    await looks(1);
    expect(told).toEqual(['taken 2 RSA256']);
    expect(keys.current.signing.key.equals(second.privateKey)).toBe(true);
    await looks(5);
    expect(told).toHaveLength(1);
  });

  it('are not exchanged between two looks at files that are being written', async () => {
    watch();
    files.set('private', pemOf(second.privateKey));
    await looks(1);
    files.set('version', '2');
    await looks(1);
    expect(keys.current.signing).toMatchObject({ version: 1 });
    await looks(1);
    expect(told).toEqual(['taken 2 RSA256']);
  });

  it('may become of another kind, and the platform may get another key', async () => {
    watch();
    files.set('private', pemOf(third.privateKey)).set('public-1.pem', pemOf(theirNext.publicKey));
    await looks(2);
    expect(told).toEqual(['taken 1 ECC224']);
    expect(keys.current.verifying[0]?.key.equals(theirNext.publicKey)).toBe(true);
  });

  it('stay when what the files hold cannot be used, which is told once, and taken when it is mended', async () => {
    watch();
    files.set('private', pemOf(second.privateKey).slice(0, 700));
    await looks(6);
    expect(told).toEqual(['refused platform.privateKeyFile is cut off: the line -----END PRIVATE KEY----- is missing']);
    expect(keys.current.signing.key.equals(first.privateKey)).toBe(true);
    files.set('private', pemOf(second.privateKey));
    await looks(2);
    expect(told[1]).toBe('taken 1 RSA256');
  });

  it.each<[string, string, string | Error, string]>([
    ['a file that is gone', 'private', new Error('ENOENT'), 'platform.privateKeyFile cannot be read any more (ENOENT)'],
    ['a version that is none', 'version', 'two', 'platform.keyVersionFile does not hold a whole number of at least 1'],
    ['a public key that is none', 'public-1.pem', 'x', 'platform.publicKeyFile holds no key'],
  ])('stay with %s', async (_, file, text, why) => {
    watch();
    files.set(file, text);
    await looks(4);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`refused ${why}`);
    expect(keys.current.signing).toMatchObject({ version: 1 });
  });

  it('are told again as taken when the files go back to them after a refusal', async () => {
    watch();
    files.set('version', '0');
    await looks(2);
    files.set('version', '1');
    await looks(2);
    expect(told).toEqual([expect.stringContaining('refused'), 'taken 1 RSA256']);
  });

  it('that came from the environment stay as they are', async () => {
    watch({});
    files.set('private', pemOf(second.privateKey)).set('version', '2');
    files.set('public-1.pem', pemOf(theirNext.publicKey));
    await looks(2);
    expect(told).toEqual(['taken 1 RSA256']);
    expect(keys.current.signing.key.equals(first.privateKey)).toBe(true);
  });

  it('that cannot be used at start are refused at once', () => {
    watch();
    const material = keyMaterial({ privateKey: 'x' });
    const parts = { clock, intervalMs: 1, read: async () => Buffer.of(), onTaken: () => {}, onRefused: () => {} };
    expect(() => watchKeys(material, parts)).toThrow(/KEY_INVALID/);
  });

  it('are exchanged as Kubernetes does it: a symbolic link to another folder, put in place by a rename', async () => {
    watch();
    await keys[Symbol.asyncDispose]();
    const folder = mkdtempSync(join(tmpdir(), 'card-sync-keys-'));
    const put = async (name: string, key: string, version: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'key'), key);
      writeFileSync(join(folder, name, 'version'), version);
      symlinkSync(name, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    try {
      await put('..1', pemOf(first.privateKey), '1');
      symlinkSync('..data/key', join(folder, 'key'));
      symlinkSync('..data/version', join(folder, 'version'));
      const start = keyMaterial({ privateKey: first.privateKey });
      const taken = Promise.withResolvers<KeyRing>();
      keys = watchKeys(
        { ...start, files: { privateKey: join(folder, 'key'), passphrase: null, keyVersion: join(folder, 'version') } },
        {
          clock: systemClock,
          intervalMs: 10,
          read: path => readFile(path),
          onTaken: taken.resolve,
          onRefused: taken.reject,
        },
      );
      await sleep(30);
      await put('..2', pemOf(second.privateKey), '2');
      expect((await taken.promise).signing.version).toBe(2);
      expect(keys.current.signing.key.equals(second.privateKey)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
