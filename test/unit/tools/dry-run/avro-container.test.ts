import { describe, expect, it } from 'vitest';
import { isAvroContainer, readAvroContainer } from '../../../../connector/tools/dry-run/avro-container.ts';
import { avroContainer } from '../../../support/avro-container.ts';

const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'text', type: 'string' }] });
// A text's length is written as a long: twice as large.
const values = ['a', 'bc', ''].map(text => Buffer.concat([Buffer.from([text.length * 2]), Buffer.from(text)]));

describe('an Avro container file', () => {
  it.each(['null', 'deflate'] as const)('gives the bytes of each value (codec %s)', codec => {
    const file = avroContainer(schema, values, codec);
    expect(isAvroContainer(file)).toBe(true);
    const read = readAvroContainer(file);
    expect(read.values.map(value => Buffer.from(value))).toEqual(values);
    expect(read.type.name).toBe('R');
  });

  // Written by fastavro's layout of a Snappy block: a literal, and its checksum, which nobody looks at.
  it('may be compressed with Snappy, with a checksum behind each block', () => {
    const file = avroContainer(schema, [values[0] ?? Buffer.alloc(0)], 'null');
    const snappy = Buffer.from(
      file.toString('latin1').replace('avro.codec\u0008null', 'avro.codec\u000csnappy'),
      'latin1',
    );
    const block = Buffer.from([2, 4, ...(values[0] ?? [])]);
    const at = snappy.indexOf(block);
    const compressed = Buffer.from([2, 16, 2, 4, ...(values[0] ?? []), 1, 2, 3, 4]);
    const whole = Buffer.concat([snappy.subarray(0, at), compressed, snappy.subarray(at + block.length)]);
    expect(readAvroContainer(whole).values.map(value => Buffer.from(value))).toEqual([values[0]]);
  });

  it.each([
    ['cut off', (file: Buffer) => file.subarray(0, -3), 'the bytes end too early'],
    [
      'with another marker behind a block',
      (file: Buffer) => Buffer.concat([file.subarray(0, -1), Buffer.from([0])]),
      'marker',
    ],
    [
      'of a codec that nobody knows',
      (file: Buffer) =>
        Buffer.from(file.toString('latin1').replace('avro.codec\u0008null', 'avro.codec\u0008lzma'), 'latin1'),
      'its codec lzma is none of',
    ],
  ])('%s is refused', (_, spoil, problem) => {
    expect(() => readAvroContainer(spoil(avroContainer(schema, values, 'null')))).toThrow(problem);
  });

  it('is not anything else', () => {
    expect(isAvroContainer(Buffer.from('{"op":"c"}'))).toBe(false);
    expect(isAvroContainer(Buffer.alloc(0))).toBe(false);
  });
});
