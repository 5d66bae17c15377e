import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroCursor } from '../../../connector/avro/cursor.ts';
import { compileReader } from '../../../connector/avro/reader.ts';
import { compileSkipper } from '../../../connector/avro/skip.ts';
import { encoderOf, readableType, type SchemaJson } from '../../support/avro-types.ts';

const schema = {
  type: 'record',
  name: 'Row',
  fields: [
    { name: 'boolean', type: 'boolean' },
    { name: 'int', type: 'int' },
    { name: 'long', type: ['null', 'long'] },
    { name: 'float', type: 'float' },
    { name: 'double', type: 'double' },
    { name: 'text', type: 'string' },
    { name: 'bytes', type: 'bytes' },
    { name: 'fixed', type: { type: 'fixed', name: 'Fixed', size: 3 } },
    { name: 'enum', type: { type: 'enum', name: 'Enum', symbols: ['A', 'B'] } },
    { name: 'list', type: { type: 'array', items: ['null', 'string'] } },
    { name: 'map', type: { type: 'map', values: 'long' } },
    { name: 'next', type: ['null', 'Row'] },
  ],
};
const bytes = (size: { minLength?: number; maxLength?: number }) => fc.uint8Array(size).map(Buffer.from);
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const { row } = fc.letrec(tie => ({
  row: fc.record({
    boolean: fc.boolean(),
    int: fc.integer(),
    long: fc.option(long),
    float: fc.constantFrom(0, 1.5, Number.NaN),
    double: fc.double(),
    text: fc.string({ unit: 'grapheme' }),
    bytes: bytes({ maxLength: 200 }),
    fixed: bytes({ minLength: 3, maxLength: 3 }),
    enum: fc.constantFrom('A', 'B'),
    list: fc.array(fc.option(fc.string())),
    map: fc.dictionary(fc.string(), long),
    next: fc.option(tie('row'), { depthSize: 'small' }),
  }),
}));

const type = readableType(schema);
const read = compileReader(type);
const skip = compileSkipper(type);

/** How many bytes are left behind the value, or what is wrong with it. */
function outcome(of: (cursor: AvroCursor) => unknown, from: Uint8Array): number | string {
  const cursor = new AvroCursor(from, 0);
  try {
    of(cursor);
    return cursor.left;
  } catch (error) {
    return String(error);
  }
}

describe('what is stepped over', () => {
  it('ends where it would end if it were read', () => {
    fc.assert(
      fc.property(row, fc.nat(3), (value, more) => {
        const written = encoderOf(schema as SchemaJson).toBuffer(value);
        expect(outcome(skip, Buffer.concat([written, Buffer.alloc(more)]))).toBe(more);
      }),
    );
  });

  it('is refused for the same reason as if it were read', () => {
    fc.assert(
      fc.property(row, fc.nat(), fc.nat(255), fc.nat(), (value, where, byte, end) => {
        const written = encoderOf(schema as SchemaJson).toBuffer(value);
        written[where % written.length] = byte;
        const broken = written.subarray(0, written.length - (end % 2) * (end % written.length));
        expect(outcome(skip, broken)).toBe(outcome(read, broken));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('values without bytes', () => {
  const nulls = { type: 'array', items: 'null' };
  const empties = { type: 'record', name: 'Empties', fields: [{ name: 'none', type: 'null' }] };
  /** Ten records in each of ten, in each of ten, and so on: 10^9 nulls in a few bytes of schema. */
  const tree = Array.from({ length: 9 }, (_, level) => `L${level}`).reduceRight<SchemaJson>(
    (inner, name) => ({
      type: 'record',
      name,
      fields: Array.from({ length: 10 }, (_, n) => ({
        name: `f${n}`,
        type: n === 0 || typeof inner === 'string' ? inner : (Object(inner).name as string),
      })),
    }),
    'null',
  );
  const cases: readonly [string, SchemaJson][] = [
    ['nulls', nulls as SchemaJson],
    ['fixed values of no size', { type: 'array', items: { type: 'fixed', name: 'Fixed', size: 0 } } as SchemaJson],
    ['records of nulls', { type: 'array', items: empties } as SchemaJson],
  ];
  /** As many blocks of 50,000 items as fit into 60 KB, of which each says only its count. */
  const blocks = Buffer.concat([...Array<Buffer>(20_000).fill(Buffer.from([0xa0, 0x8d, 0x06])), Buffer.of(0)]);

  it.each(cases)('are refused past 65,536 of them, whether read or skipped: %s', (_, schema) => {
    for (const compile of [compileReader, compileSkipper]) {
      const of = compile(readableType(schema));
      expect(outcome(of, blocks)).toBe('MalformedAvro: more than 65536 values without bytes');
      // One block of 30,000 items, and bytes behind it.
      expect(outcome(of, Buffer.concat([Buffer.from([0xe0, 0xd4, 0x03, 0]), Buffer.alloc(30_000)]))).toBe(30_000);
    }
  });

  it('are refused past 65,536 of them when records contain records, without a byte in the value', () => {
    for (const compile of [compileReader, compileSkipper])
      expect(outcome(compile(readableType(tree)), Buffer.alloc(0))).toMatch(/more than 65536 values without bytes/);
  });
});
