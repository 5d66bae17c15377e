import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Load } from '../../../../connector/flow/partition/load.ts';
import { aRecord } from '../../../support/builders.ts';

describe('Load', () => {
  const limits = { recordsMax: 10, bytesMax: 1000 };

  it('counts records and the bytes of their keys and values', () => {
    const load = new Load(limits);
    load.add(aRecord({ bytes: 98 }));
    load.add({ ...aRecord(), key: null, value: null });
    expect(load.records).toBe(2);
    expect(load.bytes).toBe(100);
  });

  it('is empty again when all is removed, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500)), sizes => {
        const load = new Load(limits);
        const records = sizes.map(bytes => aRecord({ bytes }));
        for (const record of records) load.add(record);
        for (const record of records.reverse()) load.remove(record);
        expect([load.records, load.bytes, load.full]).toEqual([0, 0, false]);
      }),
    );
  });

  it('is full at its limit of records, and until half of them are gone', () => {
    const load = new Load(limits);
    const record = aRecord({ bytes: 0 });
    for (let i = 0; i < 9; i++) load.add(record);
    expect(load.full).toBe(false);
    load.add(record);
    expect(load.full).toBe(true);
    for (let i = 0; i < 4; i++) load.remove(record);
    expect(load.full).toBe(true);
    load.remove(record);
    expect(load.full).toBe(false);
  });

  it('is full at its limit of bytes, were it one record', () => {
    const load = new Load(limits);
    const large = aRecord({ bytes: 5000 });
    load.add(large);
    expect(load.full).toBe(true);
    load.remove(large);
    expect(load.full).toBe(false);
  });

  it('is full whenever at the limit, free whenever at half of it, and keeps its mind between', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), ups => {
        const load = new Load({ recordsMax: 8, bytesMax: 1e9 });
        let full = false;
        for (const up of ups) {
          if (up) load.add(aRecord());
          else if (load.records > 0) load.remove(aRecord());
          full = load.records >= 8 || (full && load.records > 4);
          expect(load.full).toBe(full);
        }
      }),
    );
  });
});
