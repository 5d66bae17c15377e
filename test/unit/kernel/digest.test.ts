import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest128, sha1Hex } from '../../../connector/kernel/digest.ts';

describe('digest128', () => {
  it('is the first half of the SHA-256 of the UTF-8 text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(digest128(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32));
      }),
    );
  });

  it('tells texts apart', () => {
    expect(digest128('TO_BOARD')).not.toBe(digest128('SERVING'));
  });
});

describe('sha1Hex', () => {
  it('gives the known digest of a test vector (FIPS 180, "abc")', () => {
    expect(sha1Hex(new TextEncoder().encode('abc'))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
  });
});
