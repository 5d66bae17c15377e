import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSignature } from '../../../connector/delivery/read-signature.ts';

const bytes = Buffer.from([0xfb, 0xff, 0x01]);

describe('readSignature', () => {
  it.each([
    ['algorithm=RSA256,keyVersion=2,signature=%2B%2F8B', 2, bytes],
    ['Algorithm=sha256withrsa, KeyVersion=2, Signature=+/8B', 2, bytes],
    ['SIGNATURE="+/8B" , KEYVERSION="2"', 2, bytes],
    ["signature='%2b%2f8B'", null, bytes],
    ['signature=+/8B,signature=AAAA,keyVersion=1,keyVersion=2', 1, bytes],
    ['keyVersion=latest,signature=+/8B', null, bytes],
    ['keyVersion=9999999999,signature=+/8B', null, bytes],
    ['signature="+/8B', null, bytes],
    ['signature=%E0%A4%A', null, null],
    ['oldsignature=+/8B', null, null],
    ['+/8B', null, null],
    ['', null, null],
  ])('reads version and signature of %j', (header, version, signature) => {
    expect(readSignature(header)).toEqual({ version, signature });
  });

  it('returns a version of at most nine digits and never throws, for any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('signature', 'keyVersion', '=', ',', '"', ' ', '%', '%2B', '7', 'A')),
        parts => {
          const { version } = readSignature(parts.join(''));
          expect(version === null || (Number.isSafeInteger(version) && version < 1e9)).toBe(true);
        },
      ),
    );
  });
});
