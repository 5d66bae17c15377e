import { execFileSync } from 'node:child_process';
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  headerText,
  isSignedBy,
  readSignatureHeader,
  signatureHeader,
  signedContent,
} from '../../../sandbox/gateway/signature.ts';
import { openKeys, type SandboxKeys } from '../../../sandbox/keys.ts';
import { path as apiPath } from '../requests.ts';

let folder: string;
let keys: SandboxKeys;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-signature-'));
  keys = await openKeys(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('what is signed', () => {
  it('is the text of the API document, byte for byte', () => {
    const content = signedContent('4Q5Y8W0WSG45P907917', '2024-05-22T06:42:21+05:30', Buffer.from('{"名":1}\n'));
    expect(Buffer.from(content).toString()).toBe(
      `POST ${apiPath}\n4Q5Y8W0WSG45P907917.2024-05-22T06:42:21+05:30.{"名":1}\n`,
    );
  });

  it.each(['RSA256', 'ECC224'] as const)('agrees with OpenSSL both ways: %s', async algorithm => {
    const keys = await openKeys(path.join(folder, algorithm), algorithm);
    const content = signedContent('CLIENT', '2026-01-01T08:00:00+08:00', randomBytes(500));
    const file = path.join(folder, 'content');
    writeFileSync(file, content);

    const theirs = execFileSync('openssl', ['dgst', '-sha256', '-sign', keys.client.privateKeyFile, file]);
    expect(isSignedBy(keys.client.publicKey, content, theirs)).toBe(true);
    expect(isSignedBy(keys.platform.publicKey, content, theirs)).toBe(false);

    const ours = readSignatureHeader(await signatureHeader(keys.platform.privateKey, 1, content));
    expect(ours?.algorithm).toBe(algorithm);
    writeFileSync(`${file}.signature`, ours?.signature ?? '');
    const verify = ['dgst', '-sha256', '-verify', keys.platform.publicKeyFile, '-signature', `${file}.signature`, file];
    expect(execFileSync('openssl', verify).toString()).toBe('Verified OK\n');
  });

  it('does not hold with any bit of it changed', async () => {
    const content = Buffer.from(signedContent('CLIENT', '2026-01-01T08:00:00+08:00', Buffer.from('{"a":"b"}')));
    const signature =
      readSignatureHeader(await signatureHeader(keys.client.privateKey, 1, content))?.signature ?? Buffer.alloc(0);
    expect(isSignedBy(keys.client.publicKey, content, signature)).toBe(true);
    for (let byte = 0; byte < content.length; byte += 1) {
      const changed = Buffer.from(content);
      changed.writeUInt8(changed.readUInt8(byte) ^ 1, byte);
      expect(isSignedBy(keys.client.publicKey, changed, signature)).toBe(false);
    }
  });
});

describe('the Signature header', () => {
  it('is read as it was written, whatever the signature and version', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (signature, version) => {
          const read = readSignatureHeader(headerText(version, signature));
          expect(read).toMatchObject({ algorithm: 'RSA256', keyVersion: version });
          expect(Buffer.from(read?.signature ?? []).equals(signature)).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['empty', ''],
    ['without signature', 'algorithm=RSA256,keyVersion=1'],
    ['with an empty one', 'algorithm=RSA256,keyVersion=1,signature='],
    ['not URL-encoded', 'algorithm=RSA256,keyVersion=1,signature=ab+/ab=='],
    ['a lone percent sign', 'algorithm=RSA256,keyVersion=1,signature=ab%'],
    ['not base64', 'algorithm=RSA256,keyVersion=1,signature=a.b'],
    ['a field without value', 'algorithm,signature=abcd'],
    ['a version that is no number', 'keyVersion=1a,signature=abcd'],
  ])('is refused: %s', (_, text) => {
    expect(readSignatureHeader(text)).toBeNull();
  });
});

describe('the keys', () => {
  it('stay the same when opened again, several at once', async () => {
    const [one, two] = await Promise.all([openKeys(path.join(folder, 'new')), openKeys(path.join(folder, 'new'))]);
    expect(one.client.privateKey.equals(two.client.privateKey)).toBe(true);
    expect(one.platform.privateKey.equals(two.platform.privateKey)).toBe(true);
    expect(one.client.privateKey.equals(one.platform.privateKey)).toBe(false);
    expect(createPublicKey(one.client.privateKey).equals(one.client.publicKey)).toBe(true);
  });
});
