import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResult } from '../../../connector/delivery/read-answer.ts';

const example = '{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}';

function read(text: string): ReturnType<typeof readResult> {
  return readResult(Buffer.from(text));
}

function resultWith(member: string): string {
  return `{"result":{"resultStatus":"F","resultCode":"PARAM_ILLEGAL",${member}}}`;
}

describe('a result', () => {
  it('is read from the example of the API document', () => {
    expect(read(example)).toEqual({
      result: { code: 'SUCCESS', status: 'S', message: 'success' },
      unreadable: null,
    });
  });

  it.each([
    ['after a byte order mark', `\uFEFF${example}`],
    ['among white space', `\r\n  ${example}\n\n`],
    ['beside members we do not know', example.replace('{"result"', '{"traceId":"1","result"')],
    ['of two, the last, as JSON.parse has it', example.replace('{"result"', '{"result":{"resultCode":"X"},"result"')],
  ])('is read %s', (_, text) => {
    expect(read(text).result?.code).toBe('SUCCESS');
  });

  it('needs no message, and a long one is cut', () => {
    expect(read(resultWith('"x":1')).result?.message).toBe('');
    expect(read(resultWith('"resultMessage":7')).result?.message).toBe('');
    expect(read(resultWith(`"resultMessage":"${'字'.repeat(1000)}"`)).result?.message).toBe('字'.repeat(256));
  });

  it.each(['S', 'F', 'U'])('has the status %s', status => {
    expect(read(example.replace('"S"', `"${status}"`)).result?.status).toBe(status);
  });
});

describe('no result, and the reason,', () => {
  it.each([
    ['an empty body', ''],
    ['a body that is no JSON', '<html><body>502 Bad Gateway</body></html>'],
    ['a body that is no JSON', 'garbage'],
    ['a body that is no JSON', example.slice(0, -1)],
    ['a body that is no JSON', `${example}${example}`],
    ['JSON without a resultCode', '{}'],
    ['JSON without a resultCode', 'null'],
    ['JSON without a resultCode', '[]'],
    ['JSON without a resultCode', '"text"'],
    ['JSON without a resultCode', '{"result":null}'],
    ['JSON without a resultCode', '{"result":"SUCCESS"}'],
    ['JSON without a resultCode', '{"__proto__":{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}}'],
    ['JSON without a resultCode', example.replace('"SUCCESS"', '7')],
    ['JSON without a resultCode', example.replace('"SUCCESS"', '""')],
    ['JSON without a resultCode', example.replace('SUCCESS', 'Success')],
    ['JSON without a resultCode', example.replace('SUCCESS', 'A B')],
    ['JSON without a resultCode', example.replace('SUCCESS', 'X'.repeat(65))],
    ['JSON without a resultStatus of S, F or U', example.replace('"S"', '"s"')],
    ['JSON without a resultStatus of S, F or U', example.replace('"S"', '"X"')],
    ['JSON without a resultStatus of S, F or U', example.replace('"S"', 'true')],
  ])('is told of: %s', (unreadable, text) => {
    expect(read(text)).toEqual({ result: null, unreadable });
  });

  it('is told of bytes that are no UTF-8, and the next body is read all the same', () => {
    const gbk = Buffer.concat([
      Buffer.from(example.slice(0, -3)),
      Buffer.from([0xb3, 0xc9, 0xb9, 0xa6]),
      Buffer.from('"}}'),
    ]);
    expect(readResult(gbk)).toEqual({ result: null, unreadable: 'a body that is no JSON' });
    expect(readResult(Buffer.from(example, 'utf16le')).result).toBeNull();
    expect(read(example).result?.code).toBe('SUCCESS');
  });

  it('never shows what the body holds', () => {
    expect(JSON.stringify(read('{"userId":"2160220011223344"}'))).not.toContain('2160');
    expect(JSON.stringify(read('userId=2160220011223344'))).not.toContain('2160');
  });

  it('is told of JSON nested as deep as a body may be large', () => {
    expect(read('['.repeat(65_536)).unreadable).toBe('a body that is no JSON');
    expect(read(`${'['.repeat(32_768)}${']'.repeat(32_768)}`).unreadable).toBe('JSON without a resultCode');
  });
});

describe('readResult', () => {
  it('gives a result or a reason for any bytes, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes => {
        const { result, unreadable } = readResult(bytes);
        expect((result === null) !== (unreadable === null)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a result or a reason for any JSON in the place of each part', () => {
    const result = fc.record(
      {
        resultStatus: fc.oneof(fc.constantFrom('S', 'F', 'U'), fc.jsonValue()),
        resultCode: fc.oneof(fc.constant('SUCCESS'), fc.jsonValue()),
        resultMessage: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.record({ result: fc.oneof(result, fc.jsonValue()) }), fc.jsonValue()), value => {
        const { result, unreadable } = read(JSON.stringify(value));
        expect((result === null) !== (unreadable === null)).toBe(true);
        if (result) expect(result.code).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
      }),
      { numRuns: 500 },
    );
  });
});
