import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tokenOf } from '../../../connector/kafka/authentication/token-source.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import type { TokenSource } from '../../../connector/kernel/sasl.ts';
import { Secret } from '../../../connector/kernel/secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'card-sync-token-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string): TokenSource => {
  const path = join(folder, 'token');
  writeFileSync(path, text);
  return { kind: 'file', path };
};
const command = (script: string): TokenSource => ({ kind: 'command', command: [process.execPath, '-e', script] });
const prints = (text: string) => command(`process.stdout.write(${JSON.stringify(text)})`);

async function faultOf(source: TokenSource, timeoutMs = 30_000): Promise<Fault> {
  const thrown: unknown = await tokenOf(source, timeoutMs).catch((error: unknown) => error);
  if (thrown instanceof Fault) return thrown;
  throw new Error(`not a fault: ${String(thrown)}`);
}

describe('the token of a file', () => {
  it('is read again each time, without white space around it', async () => {
    expect(await tokenOf(file('abc.def-_~+/==\n'), 1)).toBe('abc.def-_~+/==');
    expect(await tokenOf(file('\nsecond\n'), 1)).toBe('second');
  });

  it('may be the access_token or token of a JSON object', async () => {
    expect(await tokenOf(file('{"access_token":"abc","expires_in":60}'), 1)).toBe('abc');
    expect(await tokenOf(file('{"token":"abc"}'), 1)).toBe('abc');
  });

  it.each<[string, TokenSource, Fault['code'], string]>([
    [
      'a missing file',
      { kind: 'file', path: join(folder, 'none') },
      'KAFKA_UNREACHABLE',
      'tokenFile cannot be read (ENOENT)',
    ],
    ['a folder', { kind: 'file', path: folder }, 'KAFKA_REFUSED', 'tokenFile is not a file of at most 64 KB'],
    ['a device', { kind: 'file', path: '/dev/zero' }, 'KAFKA_REFUSED', 'tokenFile is not a file of at most 64 KB'],
    [
      'an empty token',
      { kind: 'given', token: new Secret(' ') },
      'KAFKA_REFUSED',
      'CARD_SYNC_KAFKA_SASL_TOKEN gives no token',
    ],
    [
      'a text with blanks',
      { kind: 'given', token: new Secret('s3cret s3cret') },
      'KAFKA_REFUSED',
      'gives a text that is not a token',
    ],
    [
      'a control character',
      { kind: 'given', token: new Secret('s3cret\u0001auth=x') },
      'KAFKA_REFUSED',
      'gives a text that is not a token',
    ],
  ])('is a fault where there is none: %s', async (_, source, code, detail) => {
    const fault = await faultOf(source);
    expect(fault.code).toBe(code);
    expect(fault.detail).toContain(detail);
    expect(fault.message).not.toContain('s3cret');
  });

  it('is a fault where the file is larger than 64 KB', async () => {
    expect((await faultOf(file('a'.repeat(65_537)))).detail).toContain('at most 64 KB');
  });
});

describe('the token of a command', () => {
  it('is what the command prints, as text or as JSON', async () => {
    expect(await tokenOf(prints('abc\n'), 30_000)).toBe('abc');
    expect(await tokenOf(prints('{"access_token":"abc"}'), 30_000)).toBe('abc');
  });

  it('is asked for without a shell', async () => {
    const source: TokenSource = {
      kind: 'command',
      command: [process.execPath, '-p', 'process.argv[1]', '$(echo x);*'],
    };
    expect((await faultOf(source)).detail).toContain('is not a token');
  });

  it.each<[string, TokenSource, Fault['code'], string]>([
    [
      'a missing program',
      { kind: 'command', command: ['/no/such/program'] },
      'KAFKA_REFUSED',
      'tokenCommand cannot be started (ENOENT)',
    ],
    [
      'an exit code',
      command("console.error('first'); console.error('no role for x'); process.exit(3)"),
      'KAFKA_UNREACHABLE',
      'tokenCommand ended with 3: no role for x',
    ],
    ['too much output', prints('a'.repeat(70_000)), 'KAFKA_REFUSED', 'tokenCommand prints more than 64 KB'],
    ['no output', prints(''), 'KAFKA_REFUSED', 'tokenCommand gives no token'],
  ])('is a fault where the command gives none: %s', async (_, source, code, detail) => {
    const fault = await faultOf(source);
    expect(fault.code).toBe(code);
    expect(fault.detail).toContain(detail);
  });

  it('is a fault where the command does not end in time, and the command is ended', async () => {
    const fault = await faultOf(command('setInterval(() => undefined, 1000)'), 300);
    expect(fault).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(fault.detail).toContain('tokenCommand did not end within 300 ms');
  });
});
