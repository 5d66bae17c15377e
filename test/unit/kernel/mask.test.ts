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
    ['phone +852 9123 4567 is invalid', 'phone [phone] is invalid', []],
    ['call 9123-4567 or (852) 2345 6789', 'call [phone] or [phone]', []],
    ['+86-138-0013-8000, 138 0013 8000', '[phone], [phone]', []],
    ['+85291234567 and mobile=91-23-45-67', '+85…67 and mobile=[phone]', []],
    ['"phoneNumber": "9123 4567", "x":1', '"phoneNumber": [phone], "x":1', []],
    ['{"customerName":"陳大文","a":1}', '{"customerName":[name],"a":1}', []],
    ['passenger_name=Chan Tai Man, seat 4', 'passenger_name=[name], seat 4', []],
    ['{\\"contactName\\": \\"Chan\\"}', '{\\"contactName\\": [name]}', []],
    ['姓名：陳大文, 姓名: 陳大文', '姓名：[name], 姓名: [name]', []],
    ['HKID A123456(7), AB987654(A) and Z1234563', 'HKID [id card], [id card] and [id card]', []],
    ['password=hunter2&user=joe', 'password=[secret]&user=joe', []],
    ['db_password: "two words", next', 'db_password: [secret], next', []],
    ['access_token=abc.def token: xyz', 'access_token=[secret] token: [secret]', []],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [secret]', []],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1', 'got [secret]', []],
    [`key MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj${'Ab1/'.repeat(300)}== here`, 'key [secret] here', []],
    [
      'at 2026-11-23T08:00:00.123+08:00 and 2026-11-23 08:00',
      'at 2026-11-23T08:00:00.123+08:00 and 2026-11-23 08:00',
      [],
    ],
    ['10.96.12.34:9092 of 4096 2026', '10.96.12.34:9092 of [phone]', []],
    ['undefined type name: shop.Row, topicName=orders', 'undefined type name: shop.Row, topicName=orders', []],
    [
      'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      [],
    ],
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
    const parts = fc.constantFrom(
      'name',
      'token',
      'customerName',
      '"',
      ': ',
      '=',
      '+852 ',
      '9123',
      '-',
      'a@b.com',
      '[',
      ' ',
    );
    const texts = fc.array(fc.oneof(parts, fc.stringMatching(/^[a-z0-9@/:. ]{0,10}$/)), { maxLength: 20 });
    fc.assert(
      fc.property(texts, parts => {
        const once = scrub(parts.join(''));
        expect(scrub(once)).toBe(once);
      }),
    );
  });

  it('is cut to 4,096 characters, before the word that the limit is in', () => {
    const text = `${'x '.repeat(2_045)}12345678901234567890 and more`;
    expect(scrub(text)).toBe(`${'x '.repeat(2_045).trimEnd()}…`);
    expect(scrub('1'.repeat(10_000))).toBe('…');
  });
});
