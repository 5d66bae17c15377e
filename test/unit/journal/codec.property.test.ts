import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBytes } from '../../../connector/avro/wire-format.ts';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import { journalSchema } from '../../../connector/journal/schema.ts';
import { aJournalRecord, anyEntry, journalSchemaId, journalSchemas } from './entries.ts';

const never = new AbortController().signal;
const encoder = new EntryEncoder(journalSchemaId);
const decoder = createJournalDecoder(journalSchemas);

describe('an entry', () => {
  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyEntry, entry => {
        const record = aJournalRecord({ key: Buffer.from(entry.order), value: encoder.encode(entry) });
        expect(decoder.decode(record, never)).toEqual({ kind: 'entry', entry, groupId: 'card-sync' });
      }),
      { numRuns: 500 },
    );
  });

  it('shares no memory with the record it was read from: that is a view of a whole fetch', () => {
    fc.assert(
      fc.property(anyEntry, entry => {
        const value = encoder.encode(entry);
        const told = decoder.decode(aJournalRecord({ key: Buffer.from(entry.order), value }), never);
        value.fill(0);
        expect(told).toEqual({ kind: 'entry', entry, groupId: 'card-sync' });
      }),
    );
  });

  it('is what the schema says: another reader of Avro gets through it', () => {
    const long = avro.types.LongType.__with({
      fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
      toBuffer: (value: bigint) => {
        const buffer = Buffer.alloc(8);
        buffer.writeBigInt64LE(value);
        return buffer;
      },
      fromJSON: BigInt,
      toJSON: String,
      isValid: (value: unknown) => typeof value === 'bigint',
      compare: (a: bigint, b: bigint) => Number(a - b),
    });
    const type = avro.Type.forSchema(JSON.parse(journalSchema()), {
      wrapUnions: true,
      typeHook: schema => (Object(schema).type === 'long' || schema === 'long' ? long : undefined),
    });
    fc.assert(
      fc.property(anyEntry, entry => {
        const value = encoder.encode(entry).subarray(frameBytes);
        const read = type.fromBuffer(value);
        expect(read).toMatchObject({
          at: BigInt(entry.at),
          attempts: entry.attempts,
          state: { kind: entry.state.kind },
        });
        expect(type.toBuffer(read)).toEqual(value);
      }),
    );
  });

  it('whose bytes are broken is told as unreadable, never thrown, and costs no memory', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.nat({ max: 255 }), fc.boolean(), (entry, at, byte, cut) => {
        const value = encoder.encode(entry);
        const place = frameBytes + (at % (value.length - frameBytes));
        value[place] = byte;
        const told = decoder.decode(aJournalRecord({ value: cut ? value.subarray(0, place) : value }), never);
        expect(['entry', 'unreadable']).toContain(Object(told).kind);
      }),
      { numRuns: 1_000 },
    );
  });
});
