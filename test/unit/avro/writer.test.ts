import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroCursor } from '../../../connector/avro/cursor.ts';
import { frameBytes } from '../../../connector/avro/wire-format.ts';
import { AvroWriter } from '../../../connector/avro/writer.ts';

const writer = new AvroWriter();

function written(write: (writer: AvroWriter) => void): AvroCursor {
  writer.begin(1);
  write(writer);
  return new AvroCursor(writer.end(), frameBytes);
}

describe('what is written is read again', () => {
  it('longs, as bigints and as numbers', () => {
    const edges = [0n, 63n, 64n, 2n ** 30n, 2n ** 31n, 2n ** 32n, 2n ** 52n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n];
    for (const edge of edges)
      for (const value of [edge, -edge, edge - 1n, -edge - 1n]) {
        expect(written(w => w.writeLong(value)).readLong()).toBe(value);
        if (Number.isSafeInteger(Number(value)))
          expect(written(w => w.writeLong(Number(value))).readLong()).toBe(value);
      }
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
        expect(written(w => w.writeLong(value)).readLong()).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        expect(written(w => w.writeLong(value)).readLong()).toBe(BigInt(value));
      }),
    );
  });

  it('texts and bytes of any length, one after the other', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3_000 }), { maxLength: 5 }), list => {
        const cursor = written(w => {
          for (const text of list) {
            w.writeText(text);
            w.writeBytes(Buffer.from(text));
            w.writeBoolean(text === '');
          }
        });
        for (const text of list) {
          expect(cursor.readText()).toBe(text);
          expect(Buffer.from(cursor.readBytes())).toEqual(Buffer.from(text));
          expect(cursor.readBoolean()).toBe(text === '');
        }
        expect(cursor.left).toBe(0);
      }),
    );
  });

  it('a fixed by its digits', () => {
    expect([...written(w => w.writeHex('00ff10')).readFixed(3)]).toEqual([0, 255, 16]);
  });
});
