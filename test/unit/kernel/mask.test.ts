import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask, maskKnown, scrub } from '../../../connector/kernel/mask.ts';

describe('an id in a log', () => {
  it('shows two characters at each end, and nothing of a short one', () => {
    expect(mask('MB20260001')).toBe('MB…01');
    expect(mask('2160123412341234')).toBe('21…34');
    expect(mask('12345678')).toBe('12…78');
    expect(mask('1234567')).toBe('…');
    expect(mask('')).toBe('…');
  });

  it('never shows more than four characters, whatever its letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), id => {
        const masked = mask(id);
        expect(Array.from(masked.replace('…', '')).length).toBeLessThanOrEqual(4);
        // No letter of two halves (an emoji) is cut in two.
        expect(masked.isWellFormed()).toBe(true);
        if (Array.from(id).length < 8) expect(masked).toBe('…');
      }),
    );
  });
});

describe('a text that others wrote', () => {
  it.each([
    ['order MB-77 of MB-778 is unknown', 'order … of … is unknown', ['MB-77', 'MB-778']],
    ['no user 2160123412341234!', 'no user 21…34!', []],
    ['phone 91234567', 'phone 91…67', []],
    ['error 1234567 stays', 'error 1234567 stays', []],
    [
      'key -----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY----- end',
      'key -----BEGIN PRIVATE KEY-----[secret]-----END PRIVATE KEY----- end',
      [],
    ],
    ['cut off -----BEGIN RSA PRIVATE KEY-----\nMIIabc', 'cut off -----BEGIN RSA PRIVATE KEY-----[secret]', []],
    ['Authorization: Bearer abc.DEF-1/2+3= x', 'Authorization: Bearer [secret] x', []],
    ['basic dXNlcjpwYXNz', 'basic [secret]', []],
    ['GET http://joe:pa%20ss@registry:8081/x', 'GET http://[secret]@registry:8081/x', []],
    ['mail to joe.b+x@mail.example.com', 'mail to [address]', []],
    ['at shop.public.orders/2@123456789012: refused', 'at shop.public.orders/2@123456789012: refused', []],
    ['a $& pattern in MB-$&-00', 'a $& pattern in MB…00', ['MB-$&-00']],
  ])('has its ids and secrets scrubbed: %j', (text, scrubbed, ids) => {
    expect(scrub(text, ids)).toBe(scrubbed);
  });

  it('holds no known id afterwards, wherever it stood', () => {
    const ids = fc.array(fc.stringMatching(/^[A-Z]{2}[0-9a-z-]{6,20}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(ids, fc.array(fc.string(), { minLength: 1, maxLength: 6 }), (known, texts) => {
        const text = texts.map((part, index) => part + (known[index % known.length] ?? '')).join(' ');
        const masked = maskKnown(text, known);
        for (const id of known) expect(masked).not.toContain(id);
      }),
    );
  });

  it('is the same when scrubbed again', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9@/:. ]{0,60}$/), text => {
        expect(scrub(scrub(text))).toBe(scrub(text));
      }),
    );
  });
});
