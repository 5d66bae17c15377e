import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyText, readKeyVersion, withoutLineEnd } from '../../../connector/kernel/key-material.ts';

describe('the text of a key file', () => {
  it('is the base64 of DER, however short the key is', () => {
    for (const namedCurve of ['secp224r1', 'secp521r1']) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve });
      const der = publicKey.export({ type: 'spki', format: 'der' });
      expect(keyText(der)).toBe(der.toString('base64'));
      // A part of a larger buffer, as small files of Node are.
      const pool = Buffer.concat([Buffer.from('xx'), der, Buffer.from('yy')]);
      expect(keyText(pool.subarray(2, -2))).toBe(der.toString('base64'));
    }
  });

  it.each([
    ['-----BEGIN KEY-----\nMII\n-----END KEY-----\r\n\n', '-----BEGIN KEY-----\nMII\n-----END KEY-----'],
    ['\uFEFFMIIE\n', 'MIIE'],
    ['', ''],
  ])('is anything else as it is, without what editors add: %j', (bytes, text) => {
    expect(keyText(Buffer.from(bytes))).toBe(text);
  });
});

describe('a text file', () => {
  it('keeps white space inside, but not the line breaks at its end', () => {
    expect(withoutLineEnd('\uFEFF pass word \r\n\n')).toBe(' pass word ');
    expect(withoutLineEnd('\r\n\n')).toBe('');
    expect(withoutLineEnd('a\r')).toBe('a\r');
    const lines = `${'\n'.repeat(500_000)}a`;
    expect(withoutLineEnd(`${lines}\n`)).toBe(lines);
  });
});

describe('a keyVersion', () => {
  it.each([
    ['1', 1],
    [' 27\n', 27],
    ['999999999', 999_999_999],
    ['0', null],
    ['-1', null],
    ['1.5', null],
    ['v2', null],
    ['1 2', null],
    ['9999999999', null],
    ['', null],
  ])('is a whole number from 1: %j is %j', (text, version) => {
    expect(readKeyVersion(text)).toBe(version);
  });
});
