import { describe, expect, it } from 'vitest';
import { compileKeyText, keyProblem, plainKeyText } from '../../../connector/source/record-key.ts';
import { encoderOf, framed, readableType, type SchemaJson } from '../../support/avro-types.ts';
import { decimalBytes } from '../../support/debezium-records.ts';

describe('a key of plain text', () => {
  it.each(['MB-2026-000001', '訂單一', 'Struct', '[1]', ' '])('is its text: %s', text => {
    expect(plainKeyText(Buffer.from(text))).toBe(text);
  });

  it.each([
    ['empty', []],
    ['a long of 8 bytes', [0, 0, 0, 0, 0, 0, 3, 231]],
    ['not UTF-8', [0x4d, 0xff]],
    ['with a control character', [0x4d, 0x0a]],
  ])('is none: %s', (_, bytes) => {
    expect(plainKeyText(Uint8Array.from(bytes))).toBeNull();
  });

  it.each([
    ['{"merchant_biz_no":"A1"}', 'A1'],
    ['{ "merchant_biz_no" : "A\\"1 \\u8a02" }', 'A"1 訂'],
    ['{"id":17}', '17'],
    ['{"id":9007199254740993}', '9007199254740993'],
    ['{"id":"{\\"a\\":1}"}', '{"a":1}'],
  ])('is the only text or integer of a JSON object: %s', (text, expected) => {
    expect(plainKeyText(Buffer.from(text))).toBe(expected);
    expect(keyProblem(Buffer.from('A1'))).toBeNull();
  });

  it.each([
    '{"schema":{"type":"struct"},"payload":{"id":17}}',
    '{"schema":null,"payload":"A1"}',
    '{"a":"1","b":"2"}',
    '{"id":1.5}',
    '{"id":null}',
    '{"id":{"a":"1"}}',
    '{}',
    '{"id":"1"',
    '{"id":"\\x"}',
    `{"id":"${'1'.repeat(5_000)}"}`,
    `{${'"a":'.repeat(1_000)}`,
  ])('is none when it is other JSON, and the reason says so: %s', text => {
    expect(plainKeyText(Buffer.from(text))).toBeNull();
    expect(keyProblem(Buffer.from(text))).toContain('is JSON with more than the order number: use ExtractField$Key');
  });

  it('is none when it is the text of a Struct, and the reason names ExtractField$Key', () => {
    const key = Buffer.from('Struct{merchant_biz_no=A1}');
    expect(plainKeyText(key)).toBeNull();
    expect(keyProblem(key)).toContain(
      'is the text of a Struct: take the order number out of it with the transform ExtractField$Key',
    );
  });

  it('has no reason where it is no text at all', () => {
    expect(keyProblem(Buffer.of())).toBeNull();
    expect(keyProblem(Buffer.of(0, 1, 2))).toBeNull();
  });

  it('is read from its view only', () => {
    expect(plainKeyText(Buffer.from('xMB1x').subarray(1, 4))).toBe('MB1');
  });
});

describe('an Avro key', () => {
  const record = (...types: unknown[]) => ({
    type: 'record',
    name: 'Key',
    fields: types.map((type, at) => ({ name: `f${at}`, type })),
  });
  const unsigned = { type: 'bytes', 'connect.name': 'org.apache.kafka.connect.data.Decimal', scale: 0 };
  const textOf = (schema: unknown, value: unknown) =>
    compileKeyText(readableType(schema))(framed(3, encoderOf(schema as SchemaJson).toBuffer(value)), 5);

  it.each([
    ['a text', record('string'), { f0: 'MB1' }, 'MB1'],
    ['a long', record('long'), { f0: 2n ** 60n }, '1152921504606846976'],
    ['an int', record('int'), { f0: -5 }, '-5'],
    ['an unsigned bigint', record(unsigned), { f0: decimalBytes('18446744073709551615', 0) }, '18446744073709551615'],
    ['an optional text', record(['null', 'string']), { f0: 'MB1' }, 'MB1'],
    ['a text that is no record', 'string', 'MB1', 'MB1'],
    ['a long that is no record', 'long', 7n, '7'],
  ])('of %s has its text', (_, schema, value, text) => {
    expect(textOf(schema, value)).toBe(text);
  });

  it.each([
    ['two fields', record('string', 'string'), { f0: 'a', f1: 'b' }],
    ['no field', record(), {}],
    ['null', record(['null', 'string']), { f0: null }],
    ['a boolean', record('boolean'), { f0: true }],
  ])('of %s has none', (_, schema, value) => {
    expect(textOf(schema, value)).toBeNull();
  });

  it.each([
    ['cut off', [0, 0, 0, 0, 3, 6, 0x4d]],
    ['with bytes behind its end', [0, 0, 0, 0, 3, 2, 0x4d, 0x4d]],
  ])('%s has none', (_, bytes) => {
    expect(compileKeyText(readableType(record('string')))(Uint8Array.from(bytes), 5)).toBeNull();
  });

  it('that nests deeper than the stack has none', () => {
    const nested = { type: 'record', name: 'Key', fields: [{ name: 'a', type: { type: 'array', items: 'Key' } }] };
    expect(compileKeyText(readableType(nested))(Buffer.alloc(1_000_000, 2), 5)).toBeNull();
  });
});
