import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../connector/cli/program.ts';
import { newPair, pemOf } from '../../support/key-rings.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'card-sync-cli-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function called(...args: readonly string[]) {
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await runProgram(args, {
    environment: {},
    print: text => out.push(text),
    printError: text => errors.push(text),
    run: () => Promise.reject(new Error('it ran')),
  });
  return { code, out: out.join(''), errors: errors.join('') };
}

const file = (name: string) => join(folder, name);
const put = (name: string, text: string, mode = 0o600) => {
  writeFileSync(file(name), text, { mode });
  return file(name);
};
const modeOf = (name: string) => statSync(file(name)).mode & 0o777;

describe('card-sync keys generate', () => {
  it.each([
    ['RSA256', /Public-Key: \(2048 bit\)/],
    ['ECC224', /secp224r1/],
  ])('makes a pair for %s that OpenSSL reads, the private half for its owner only', async (algorithm, kind) => {
    const { code, out, errors } = await called('keys', 'generate', '--out', file('new'), '--algorithm', algorithm);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(modeOf('new/merchant-private.pem')).toBe(0o600);
    expect(modeOf('new')).toBe(0o700);
    using ssl: OpenSsl = openSsl();
    const publicPem = ssl.run(`pkey -in ${file('new/merchant-private.pem')} -pubout`).toString();
    expect(readFileSync(file('new/merchant-public.pem'), 'utf8')).toBe(publicPem);
    expect(ssl.run(`pkey -pubin -in ${file('new/merchant-public.pem')} -noout -text`).toString()).toMatch(kind);
    // What to upload stands in a line of its own.
    expect(out.split('\n')).toContain(publicPem.replace(/-----[^-]+-----|\n/g, ''));
    expect(out).toContain('card-sync keys check');
    expect(out).not.toContain(readFileSync(file('new/merchant-private.pem'), 'utf8').slice(40, 80));
  });

  it('is RSA256 unless it is told otherwise, and prints one JSON object with --json', async () => {
    const { out } = await called('keys', 'generate', '-o', folder, '--json');
    expect(JSON.parse(out)).toEqual({
      algorithm: 'RSA256',
      encrypted: false,
      privateKeyFile: file('merchant-private.pem'),
      publicKeyFile: file('merchant-public.pem'),
      publicKey: expect.stringMatching(/^MII[A-Za-z0-9+/]+=*$/),
      fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/),
    });
    expect(out.trim()).not.toContain('\n');
  });

  it('encrypts the private key with a passphrase', async () => {
    const passphrase = put('passphrase', 'open sesame\n');
    expect(await called('keys', 'generate', '--out', folder, '--passphrase-file', passphrase)).toMatchObject({
      code: 0,
    });
    const text = readFileSync(file('merchant-private.pem'), 'utf8');
    expect(text).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    const check = ['keys', 'check', '--private-key', file('merchant-private.pem')];
    expect(await called(...check, '--passphrase-file', passphrase)).toMatchObject({ code: 0 });
    expect(await called(...check)).toMatchObject({
      code: 2,
      out: expect.stringContaining('passphrase in --passphrase-file'),
    });
  });

  it.each(['merchant-private.pem', 'merchant-public.pem'])('writes over nothing: %s', async standing => {
    put(standing, 'precious');
    const { code, errors } = await called('keys', 'generate', '--out', folder);
    expect(code).toBe(2);
    expect(errors).toContain(`${file(standing)} exists already`);
    expect(readFileSync(file(standing), 'utf8')).toBe('precious');
    const other = standing.includes('private') ? 'merchant-public.pem' : 'merchant-private.pem';
    expect(existsSync(file(other))).toBe(false);
  });

  it('tells what it cannot write or read, and leaves nothing behind', async () => {
    put('a-file', '');
    expect(await called('keys', 'generate', '--out', file('a-file/below'))).toMatchObject({
      code: 1,
      errors: expect.stringContaining('the keys cannot be written'),
    });
    const empty = ['--passphrase-file', file('a-file')];
    expect(await called('keys', 'generate', '--out', file('x'), ...empty)).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/the passphrase cannot be read: .*a-file is empty/),
    });
    expect(existsSync(file('x'))).toBe(false);
  });

  it.each([
    [['keys', 'generate'], "required option '-o, --out <folder>' not specified"],
    [['keys', 'generate', '--out', 'x', '--algorithm', 'RSA'], 'Allowed choices are RSA256, ECC224'],
    [['keys'], 'Usage: card-sync keys'],
    [['keys', 'chek'], "unknown command 'chek'"],
  ])('answers bad usage %j with exit code 2', async (args, text) => {
    expect(await called(...args)).toMatchObject({ code: 2, errors: expect.stringContaining(text) });
  });
});

describe('card-sync keys check', () => {
  const ours = newPair();
  const theirs = newPair('secp224r1');
  const settings = (platform: string) => `
kafka: { brokers: ['kafka:9092'], topics: [t] }
registry: { url: 'http://registry:8081' }
platform: { clientId: C, ${platform} }
`;

  beforeEach(() => {
    put('ours.pem', pemOf(ours.privateKey));
    put('theirs.pem', pemOf(theirs.publicKey), 0o644);
    mkdirSync(file('mappings'));
    put('mappings/a.yaml', 'a: 1');
  });

  it('says of each key of the settings what it is', async () => {
    const config = put('c.yaml', settings("privateKeyFile: ours.pem, keyVersion: 3, publicKeyFiles: ['7=theirs.pem']"));
    const { code, out } = await called('keys', 'check', '--config', config, '--json');
    expect(code).toBe(0);
    const shared = { fingerprint: expect.any(String), publicKey: expect.any(String) };
    expect(JSON.parse(out)).toEqual({
      keys: [
        {
          half: 'private',
          file: file('ours.pem'),
          keyVersion: 3,
          algorithm: 'RSA256',
          kind: 'RSA, 2048 bits',
          ...shared,
        },
        {
          half: 'public',
          file: file('theirs.pem'),
          keyVersion: 7,
          algorithm: 'ECC224',
          kind: 'EC, secp224r1',
          ...shared,
        },
      ],
    });
    const text = await called('keys', 'check', '--config', config);
    expect(text.out).toMatch(/our private key: .*ours\.pem\n {2}RSA, 2048 bits \(RSA256\)\n {2}keyVersion {3}3\n/);
  });

  it('tells why a key cannot be used, and looks at the others all the same', async () => {
    const config = put('c.yaml', settings('privateKeyFile: theirs.pem, publicKeyFile: ours.pem'));
    const { code, out } = await called('keys', 'check', '--config', config);
    expect(code).toBe(2);
    expect(out).toContain('cannot be used: platform.privateKeyFile holds a public key; it needs the private half');
    expect(out).toContain('cannot be used: platform.publicKeyFile holds a private key');
  });

  it('prints the problems of the settings', async () => {
    const config = put('c.yaml', settings('privateKeyFile: none.pem'));
    expect(await called('keys', 'check', '--config', config)).toMatchObject({
      code: 2,
      out: '',
      errors: expect.stringContaining('platform.privateKeyFile'),
    });
  });

  it('looks at files without settings, and warns of what works but should not be', async () => {
    chmodSync(file('ours.pem'), 0o640);
    put('own-half.pem', pemOf(ours.publicKey));
    const { code, out } = await called(
      ...['keys', 'check', '--private-key', file('ours.pem'), '--public-key', file('own-half.pem')],
    );
    expect(code).toBe(0);
    expect(out).toContain('careful: other users may read it (mode 640): chmod 600');
    expect(out).toContain('careful: it is the public half of our own key');
    const missing = await called('keys', 'check', '--public-key', file('none'));
    expect(missing).toMatchObject({ code: 2, out: expect.stringContaining('cannot be used: ENOENT') });
  });
});
