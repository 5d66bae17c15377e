import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { annotatingHook } from '../../../connector/avro/annotated-type.ts';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import { journalSchema } from '../../../connector/journal/schema.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import type { Resolved } from '../../../connector/registry/registry.ts';
import { aJournalRecord, anEntry, journalSchemaId, journalSchemas } from './entries.ts';

const never = new AbortController().signal;
const decoder = createJournalDecoder(journalSchemas);
const value = new EntryEncoder(journalSchemaId).encode(anEntry());

describe('a record of the journal', () => {
  it('without value says that its order is forgotten', () => {
    expect(decoder.decode(aJournalRecord(), never)).toEqual({ kind: 'forgotten', order: 'A-1' });
  });

  it.each([
    ['no key', { key: null, value }, 'its key is no order id'],
    ['an empty key', { key: new Uint8Array(0), value }, 'its key is no order id'],
    ['a key that is no text', { key: Uint8Array.of(0xff), value }, 'its key is no order id'],
    ['a text as value', { value: Buffer.from('hello') }, "its value is not in Confluent's wire format"],
    ['too few bytes', { value: value.subarray(0, 30) }, 'the bytes end too early'],
    ['too many bytes', { value: Buffer.concat([value, Buffer.from([0])]) }, 'there are bytes behind the end'],
  ])('with %s is unreadable, with its place and nothing of its text', (_, parts, detail) => {
    const told = decoder.decode(aJournalRecord({ offset: 9n, ...parts }), never);
    expect(told).toMatchObject({
      kind: 'unreadable',
      fault: { code: 'JOURNAL_UNREADABLE', detail, at: { topic: 'journal', partition: 0, offset: 9n } },
    });
  });

  it('of a schema that the registry refuses is unreadable', async () => {
    const refused: Resolved = { kind: 'refused', fault: new Fault('SCHEMA_UNKNOWN', { detail: 'no such id' }) };
    const asking = createJournalDecoder({ typeOf: () => undefined, resolve: async () => refused });
    expect(await asking.decode(aJournalRecord({ value }), never)).toMatchObject({
      kind: 'unreadable',
      fault: { code: 'JOURNAL_UNREADABLE', detail: 'no such id' },
    });
  });

  it('that is well-formed Avro of something else is unreadable', () => {
    const other = avro.Type.forSchema({ type: 'record', name: 'Other', fields: [{ name: 'topic', type: 'string' }] });
    const lookup = createJournalDecoder({ ...journalSchemas, typeOf: () => ({ kind: 'type', type: other }) });
    const bytes = Buffer.concat([value.subarray(0, 5), Buffer.from([2, 0x61])]);
    expect(lookup.decode(aJournalRecord({ value: bytes }), never)).toMatchObject({
      kind: 'unreadable',
      fault: { detail: 'its partition is not what was expected' },
    });
  });
});

describe('a later version of the schema', () => {
  /** Our schema with another field in the midst and a further event, as a later version may have it. */
  function later(): avro.Type {
    const schema = JSON.parse(journalSchema());
    schema.fields.splice(1, 0, { name: 'by', type: 'string' });
    return avro.Type.forSchema(schema, { typeHook: annotatingHook() });
  }

  it('is read by its own id: what we do not know of it is left out', async () => {
    const resolved: Resolved = { kind: 'type', type: later() };
    const asked: number[] = [];
    const lookup = createJournalDecoder({
      typeOf: () => undefined,
      resolve: async id => {
        asked.push(id);
        return resolved;
      },
    });
    const frame = Buffer.from([0, 0, 0, 0, 99]);
    const written = Buffer.concat([frame, value.subarray(5, 6), Buffer.from([4, 0x6d, 0x65]), value.subarray(6)]);
    expect(await lookup.decode(aJournalRecord({ value: written }), never)).toEqual({ kind: 'entry', entry: anEntry() });
    expect(asked).toEqual([99]);
  });

  it('that lacks a field which may be null is read as null', () => {
    const schema = JSON.parse(journalSchema());
    schema.fields.pop();
    const type = avro.Type.forSchema(schema, { typeHook: annotatingHook() });
    const earlier = createJournalDecoder({ ...journalSchemas, typeOf: () => ({ kind: 'type', type }) });
    const told = earlier.decode(aJournalRecord({ value: value.subarray(0, -1) }), never);
    expect(told).toEqual({ kind: 'entry', entry: anEntry({ owed: null }) });
  });
});
