import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import { EntryEncoder } from '../../../connector/journal/encode.ts';
import { claimKey } from '../../../connector/journal/provenance.ts';
import {
  earliestJournalSchema,
  fingerprintOf,
  journalSchema,
  shippedSchemas,
} from '../../../connector/journal/schema.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import type { SchemaLookup } from '../../../connector/registry/registry.ts';
import * as previous from '../../support/previous-version/journal-codec.mjs';
import { anOwed } from '../flow/owed.ts';
import { aJournalRecord, anEntry, anyEntry } from './entries.ts';

// Two builds: this one, and version 0.1 as it was bundled (test/support/previous-version).

const never = new AbortController().signal;
const wiped: SchemaLookup = {
  typeOf: () => undefined,
  resolve: async () => ({ kind: 'refused', fault: new Fault('SCHEMA_UNKNOWN', { detail: 'no such id' }) }),
};

/** A registry, as version 0.1 sees it, with the schemas that both versions registered: 1 the earlier's, 2 ours. */
function registered(): SchemaLookup {
  const types = [earliestJournalSchema(), journalSchema()].map(text =>
    avro.Type.forSchema(JSON.parse(text), { typeHook: previous.annotatingHook() }),
  );
  const typeOf: SchemaLookup['typeOf'] = id => {
    const type = types[id - 1];
    return type && { kind: 'type', type };
  };
  return { typeOf, resolve: async id => typeOf(id) ?? wiped.resolve(id, never) };
}

/** What version 0.1 keeps of an entry: less of the positions in the database's log, and not how long a delivery has waited. */
function asEarlier(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asEarlier);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const isSource = 'committedAt' in value;
  const added = isSource ? ['commitLsn', 'server', 'snapshot'] : ['waitedMs'];
  const kept = Object.entries(value).filter(([name]) => !added.includes(name));
  return Object.fromEntries(kept.map(([name, field]) => [name, asEarlier(field)]));
}

describe('after an upgrade from version 0.1', () => {
  it('every entry that it wrote is read, though the registry was wiped', () => {
    const encoder = new previous.EntryEncoder(1);
    const decoder = createJournalDecoder(wiped);
    fc.assert(
      fc.property(anyEntry, entry => {
        const record = aJournalRecord({ key: Buffer.from(entry.order), value: encoder.encode(entry), headers: [] });
        expect(decoder.decode(record, never)).toEqual({
          kind: 'entry',
          entry: { ...Object(asEarlier(entry)), owed: entry.owed && { ...Object(asEarlier(entry.owed)), waitedMs: 0 } },
          groupId: null,
        });
      }),
    );
  });
});

describe('after a rollback to version 0.1, or in a rolling upgrade', () => {
  it('every entry that this version wrote is read by it, where the registry took our schema', () => {
    const encoder = new EntryEncoder(2);
    const decoder = previous.createJournalDecoder(registered());
    fc.assert(
      fc.property(anyEntry, entry => {
        const record = aJournalRecord({ key: Buffer.from(entry.order), value: encoder.encode(entry) });
        expect(decoder.decode(record, never)).toEqual({ kind: 'entry', entry: asEarlier(entry) });
      }),
    );
  });

  it('it still delivers what is pending of a record whose value was too large for the journal', () => {
    const owed = anOwed();
    const omitted = { ...owed, record: { ...owed.record, value: null, valueOmitted: true as const } };
    const value = new EntryEncoder(2).encode(anEntry({ owed: omitted }));
    const told = previous.createJournalDecoder(registered()).decode(aJournalRecord({ value }), never);
    expect(told).toMatchObject({
      kind: 'entry',
      entry: { owed: { request: asEarlier(owed.request), record: { value: null } } },
    });
  });

  it('it takes a claim of a partition for an order that was forgotten, which there is none of', () => {
    const told = previous.createJournalDecoder(registered()).decode(aJournalRecord({ key: claimKey }), never);
    expect(told).toEqual({ kind: 'forgotten', order: '\u0000claim' });
  });
});

describe('the shipped schemas', () => {
  it('are those of this version and of every one before', () => {
    const [ours, earliest] = [journalSchema(), earliestJournalSchema()].map(fingerprintOf);
    // The fingerprint of version 0.1 is for ever: if it changes, its file was edited.
    expect(earliest).toBe('c859c2e08284113309d834097d941948');
    expect([...shippedSchemas().keys()]).toEqual([ours, earliest]);
  });
});
