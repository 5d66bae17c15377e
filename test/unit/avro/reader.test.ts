import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroCursor, MalformedAvro } from '../../../connector/avro/cursor.ts';
import { compileReader } from '../../../connector/avro/reader.ts';
import { encoderOf, readableType, type SchemaJson } from '../../support/avro-types.ts';

const read = (schema: unknown, bytes: Uint8Array) => compileReader(readableType(schema))(new AvroCursor(bytes, 0));
const write = (schema: unknown, value: unknown) => encoderOf(schema as SchemaJson).toBuffer(value);
const through = (schema: unknown, value: unknown) => read(schema, write(schema, value));

describe('plain values', () => {
  it('are of the forms that CEL knows', () => {
    expect(through('null', null)).toBeNull();
    expect(through('boolean', true)).toBe(true);
    expect(through('int', -5)).toBe(-5n);
    expect(through('long', 2n ** 62n)).toBe(2n ** 62n);
    expect(through('float', 1.5)).toBe(1.5);
    expect(through('double', Number.NaN)).toBeNaN();
    expect(through('string', '中電')).toBe('中電');
    expect(through('bytes', Buffer.from([1, 2]))).toEqual(Uint8Array.of(1, 2));
    expect(through({ type: 'fixed', name: 'F', size: 2 }, Buffer.from([1, 2]))).toEqual(Uint8Array.of(1, 2));
    expect(through({ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B')).toBe('B');
  });

  it('bytes are no Buffer: CEL has no such type', () => {
    expect(through('bytes', Buffer.from([1, 2]))?.constructor).toBe(Uint8Array);
  });
});

describe('values of values', () => {
  it('lists, in one block and in several', () => {
    const schema = { type: 'array', items: ['null', 'string'] };
    expect(through(schema, ['a', null, 'b'])).toEqual(['a', null, 'b']);
    expect(through(schema, [])).toEqual([]);
    // Two blocks: one item; one item of 3 bytes, whose size is told (a negative count).
    expect(read({ type: 'array', items: 'string' }, Uint8Array.of(2, 2, 0x61, 1, 6, 4, 0x62, 0x63, 0))).toEqual([
      'a',
      'bc',
    ]);
  });

  it('maps', () => {
    const schema = { type: 'map', values: ['null', 'string'] };
    expect(through(schema, { a: '1', b: null })).toEqual({ a: '1', b: null });
  });

  it('records in records, as plain objects', () => {
    const inner = { type: 'record', name: 'Inner', fields: [{ name: 'b', type: 'int' }] };
    const value = through({ type: 'record', name: 'Outer', fields: [{ name: 'a', type: inner }] }, { a: { b: 1 } });
    expect(value).toStrictEqual({ a: { b: 1n } });
  });

  it('a record that contains itself', () => {
    const schema = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] };
    expect(through(schema, { next: { next: { next: null } } })).toEqual({ next: { next: { next: null } } });
  });

  it('a name that would set the prototype sets nothing', () => {
    const schema = { type: 'record', name: 'R', fields: ['__proto__', 'a'].map(name => ({ name, type: 'string' })) };
    const row = read(schema, Uint8Array.of(2, 0x61, 2, 0x62));
    expect(row).toStrictEqual({ a: 'b' });
    const map = read({ type: 'map', values: { type: 'map', values: 'string' } }, hostileMap);
    expect(map).toStrictEqual({});
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
  });

  // { "__proto__": { "polluted": "yes" } }
  const hostileMap = Buffer.concat([
    Buffer.of(2, 18),
    Buffer.from('__proto__'),
    Buffer.of(2, 16),
    Buffer.from('polluted'),
    Buffer.of(6),
    Buffer.from('yes'),
    Buffer.of(0, 0),
  ]);
});

describe('unions', () => {
  it('with null before or after', () => {
    expect(through(['null', 'long'], 5n)).toBe(5n);
    expect(through(['long', 'null'], 5n)).toBe(5n);
    expect(through(['null', 'long'], null)).toBeNull();
    expect(through(['long', 'null'], null)).toBeNull();
  });

  it('of several types of one kind, which avsc wraps', () => {
    const schema = ['null', 'int', 'double', { type: 'int', logicalType: 'date' }].slice(0, 3);
    expect(through(schema, { double: 1.5 })).toBe(1.5);
    expect(through(schema, { int: 2 })).toBe(2n);
    expect(through(['string', { type: 'enum', name: 'E', symbols: ['A'] }], { E: 'A' })).toBe('A');
  });
});

describe('the bytes of one schema', () => {
  const schema = {
    type: 'record',
    name: 'Row',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'text', type: ['null', 'string'] },
      { name: 'list', type: { type: 'array', items: ['null', 'double'] } },
      { name: 'map', type: { type: 'map', values: 'boolean' } },
      { name: 'raw', type: 'bytes' },
    ],
  };
  const rows = fc.record({
    id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    text: fc.option(fc.string({ unit: 'grapheme' })),
    list: fc.array(fc.option(fc.double())),
    map: fc.dictionary(
      fc.string().filter(key => key !== '__proto__'),
      fc.boolean(),
    ),
    raw: fc.uint8Array(),
  });

  it('are read as avsc wrote them', () => {
    fc.assert(
      fc.property(rows, row => {
        expect(through(schema, { ...row, raw: Buffer.from(row.raw) })).toEqual(row);
      }),
    );
  });

  it('are refused when any of them is missing', () => {
    const compiled = compileReader(readableType(schema));
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (row, share) => {
        const bytes = write(schema, { ...row, raw: Buffer.from(row.raw) });
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        expect(() => compiled(new AvroCursor(cut, 0))).toThrow(MalformedAvro);
      }),
    );
  });
});

it('an array that announces more items than there are bytes is refused at once', () => {
  const announced = write('long', 2_000_000_000n);
  expect(() => read({ type: 'array', items: 'string' }, announced)).toThrow('the bytes end too early');
  expect(() => read({ type: 'map', values: 'null' }, announced)).toThrow('the bytes end too early');
});
