import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { annotatingHook } from '../../../connector/avro/annotated-type.ts';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import { claimKey, provenanceHeader } from '../../../connector/journal/provenance.ts';
import { fingerprintOf, journalSchema } from '../../../connector/journal/schema.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import type { Resolved, SchemaLookup } from '../../../connector/registry/registry.ts';
import { anOwed } from '../flow/owed.ts';
import { aJournalRecord, anEntry, journalSchemaId } from './entries.ts';

const never = new AbortController().signal;
const entry = anEntry({ owed: anOwed() });
const value = new EntryEncoder().encode(entry);

/** A registry that was wiped, or is another one: it knows no id. */
const wiped: SchemaLookup = {
  typeOf: () => undefined,
  resolve: async () => ({ kind: 'refused', fault: new Fault('SCHEMA_UNKNOWN', { detail: 'no such id' }) }),
};

/** A registry that must not be asked. */
const unasked: SchemaLookup = {
  typeOf: () => {
    throw new Error('the registry was asked');
  },
  resolve: () => Promise.reject(new Error('the registry was asked')),
};

const decoder = createJournalDecoder(unasked);

describe('a record of this version', () => {
  it('is read without the registry, and names the group that wrote it', () => {
    expect(decoder.decode(aJournalRecord({ value }), never)).toEqual({ kind: 'entry', entry, groupId: 'card-sync' });
  });

  it('without value says that its order is forgotten', () => {
    expect(decoder.decode(aJournalRecord(), never)).toEqual({ kind: 'forgotten', order: 'A-1', groupId: 'card-sync' });
  });

  it('is no order where its key is that of a claim', () => {
    expect(decoder.decode(aJournalRecord({ key: claimKey }), never)).toEqual({ kind: 'claim' });
  });

  it.each([
    ['no key', { key: null, value }, 'its key is no order id'],
    ['an empty key', { key: new Uint8Array(0), value }, 'its key is no order id'],
    ['a key that is no text', { key: Uint8Array.of(0xff), value }, 'its key is no order id'],
    ['a text as value', { value: Buffer.from('hello') }, "its value is not in Confluent's wire format"],
    ['too few bytes', { value: value.subarray(0, 30) }, 'the bytes end too early'],
    ['too many bytes', { value: Buffer.concat([value, Buffer.from([0])]) }, 'there are bytes behind the end'],
  ])('with %s is unreadable, with its place and nothing of its text', (_, parts, detail) => {
    expect(decoder.decode(aJournalRecord({ offset: 9n, ...parts }), never)).toMatchObject({
      kind: 'unreadable',
      fault: { code: 'JOURNAL_UNREADABLE', detail, at: { topic: 'journal', partition: 0, offset: 9n } },
    });
  });
});

describe('a record of a later version', () => {
  /** Our schema with a field in the midst and, before all others, an event that this version does not know. */
  function later(): string {
    const schema = JSON.parse(journalSchema());
    schema.fields[0].type.symbols.unshift('paused');
    schema.fields.splice(1, 0, { name: 'by', type: 'string' });
    return JSON.stringify(schema);
  }
  const type = avro.Type.forSchema(JSON.parse(later()), { typeHook: annotatingHook() });
  const headers = [provenanceHeader({ fingerprint: fingerprintOf(later()), groupId: 'card-sync' })];
  // The event at index 0, "me", and the rest as this version writes it.
  const frame = Buffer.from([0, 0, 0, 0, 99]);
  const written = Buffer.concat([frame, Buffer.from([0, 4, 0x6d, 0x65]), value.subarray(6)]);

  it('is read by the schema that the registry has: an unknown event is "other", an unknown field is left out', async () => {
    const asked: number[] = [];
    const resolved: Resolved = { kind: 'type', type };
    const registry: SchemaLookup = {
      typeOf: () => undefined,
      resolve: async id => {
        asked.push(id);
        return resolved;
      },
    };
    const told = await createJournalDecoder(registry).decode(aJournalRecord({ value: written, headers }), never);
    expect(told).toEqual({ kind: 'entry', entry: { ...entry, event: 'other' }, groupId: 'card-sync' });
    expect(asked).toEqual([99]);
  });

  it.each([
    ['the registry does not know its id', written],
    ['it names no id', Buffer.concat([Buffer.alloc(5), written.subarray(5)])],
  ])('is unreadable where %s, and the fault says that a later version wrote it', async (_, bytes) => {
    const told = await createJournalDecoder(wiped).decode(aJournalRecord({ value: bytes, headers }), never);
    expect(told).toMatchObject({
      kind: 'unreadable',
      fault: { detail: expect.stringContaining('a later version of the connector wrote it') },
    });
  });
});

describe('a record that names no schema of ours', () => {
  it('but a registered one of a schema like ours is read by that', () => {
    const schema = JSON.parse(journalSchema());
    schema.fields.pop();
    const type = avro.Type.forSchema(schema, { typeHook: annotatingHook() });
    const registry: SchemaLookup = { ...wiped, typeOf: () => ({ kind: 'type', type }) };
    const bytes = new EntryEncoder(journalSchemaId).encode(anEntry({ owed: null })).subarray(0, -1);
    const told = createJournalDecoder(registry).decode(aJournalRecord({ value: bytes, headers: [] }), never);
    expect(told).toEqual({ kind: 'entry', entry: anEntry({ owed: null }), groupId: null });
  });

  it('that is well-formed Avro of something else is unreadable', () => {
    const type = avro.Type.forSchema({ type: 'record', name: 'Other', fields: [{ name: 'topic', type: 'string' }] });
    const registry: SchemaLookup = { ...wiped, typeOf: () => ({ kind: 'type', type }) };
    const bytes = Buffer.from([0, 0, 0, 0, 7, 2, 0x61]);
    const told = createJournalDecoder(registry).decode(aJournalRecord({ value: bytes, headers: [] }), never);
    expect(told).toMatchObject({
      kind: 'unreadable',
      fault: { detail: 'its partition is not what was expected' },
    });
  });
});
