import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../connector/kernel/row-change.ts';
import {
  aChange,
  exampleMappings,
  leastMapping,
  leastRow,
  mappingOf,
  problemsOfRow,
  problemsShowing,
} from '../mappings.ts';

// Work is counted, never timed: without bounds these rows cost seconds to hours.

const ride = (details: string): Row => ({
  merchant_biz_no: 'A1',
  kind: 'ride',
  status: 'booked',
  user_id: '2160000000000001',
  amount: '1.00',
  pay_amount: null,
  currency: 'HKD',
  due_on: null,
  starts_at: new Date(1_800_000_000_000),
  ends_at: null,
  details,
  updated_at: new Date(1_800_000_000_000),
});

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('the depth of a value', () => {
  it('refuses a JSON column of 4,500 levels through the shipped ride mapping', () => {
    const row = ride(`{"detail_url": ${nested(4_500)}}`);
    const [problem] = problemsOfRow(mappingOf(exampleMappings).mapChange(aChange(row)));
    expect(problem).toMatch(/^ride-hailing.yaml: let.details: .*nested deeper than 64 levels/);
  });

  it('accepts a JSON column of 60 levels and refuses one of 65', () => {
    expect(problemsShowing('json(row.d)', { d: nested(60) })).toEqual([]);
    expect(problemsShowing('json(row.d)', { d: nested(65) })).toEqual([
      expect.stringMatching(/nested deeper than 64 levels/),
    ]);
  });

  it('refuses a column whose value nests deeper than 64 levels', () => {
    let value: Row[string] = 'x';
    for (let level = 0; level < 5_000; level++) value = [value];
    expect(problemsShowing('row.tree', { tree: value })).toEqual([
      'a.yaml: languages.each.shown: nested deeper than 64 levels',
    ]);
  });
});

describe('the size of a card', () => {
  it('refuses a description of 430,000 quotes', () => {
    expect(problemsShowing('row.text', { text: '"'.repeat(430_000) })).toEqual([
      expect.stringMatching(/the card is larger than 262144 bytes \(mapping.cardBytesMax\)/),
    ]);
  });

  it('refuses a card that only its escapes make too large', () => {
    expect(problemsShowing('row.text', { text: '"'.repeat(130_000) })).toEqual([
      expect.stringMatching(/the card is larger than 262144 bytes \(mapping.cardBytesMax\)/),
    ]);
  });

  it('counts bytes of UTF-8, not characters', () => {
    expect(problemsShowing('row.text', { text: '字'.repeat(80_000) })).toEqual([]);
    expect(problemsShowing('row.text', { text: '字'.repeat(90_000) })).toEqual([expect.stringMatching(/cardBytesMax/)]);
  });

  it('takes the bound from the settings', () => {
    const limits = { stepsMax: 1_000_000, cardBytesMax: 300, jsonCharactersMax: 1_000 };
    const mapping = mappingOf({ 'a.yaml': leastMapping }, { limits });
    expect(mapping.mapChange(aChange(leastRow)).kind).toBe('change');
    const row = { ...leastRow, no: 'A'.repeat(250) };
    expect(problemsOfRow(mapping.mapChange(aChange(row)))).toEqual([expect.stringMatching(/larger than 300 bytes/)]);
  });

  it('stops texts that double in each let before they fill the memory', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`t${index}`, index === 0 ? 'row.no' : `t${index - 1} + t${index - 1}`]),
    );
    expect(problemsShowing('t39', {}, { let: lets })).toEqual([expect.stringMatching(/1000000 steps/)]);
  });

  it('stops texts that a helper makes longer in each let', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [
        `t${i}`,
        i === 0
          ? 'row.no'
          : `join([${Array(20)
              .fill(`t${i - 1}`)
              .join(', ')}], "")`,
      ]),
    );
    expect(problemsShowing('t11', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
  });

  it('stops bytes whose text is twice as long in each let', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`t${i}`, i === 0 ? 'bytes(row.no).hex()' : `bytes(t${i - 1}).hex()`]),
    );
    expect(problemsShowing('t29', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
  });

  it('stops lists that hold one another twice in each let', () => {
    const lets = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`t${i}`, i === 0 ? '["a"]' : `[t${i - 1}, t${i - 1}]`]),
    );
    expect(problemsShowing('t40', {}, { let: lets })).toEqual([expect.stringMatching(/cardBytesMax/)]);
    expect(problemsShowing('t40 == t39', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
    expect(problemsShowing('t40 in [t40 + []]', {}, { let: lets })).toEqual([expect.stringMatching(/stepsMax/)]);
  });
});

describe('a JSON column', () => {
  it('is refused unread where it is longer than its bound', () => {
    expect(problemsShowing('json(row.d)', { d: `"${'x'.repeat(4_194_304)}"` })).toEqual([
      expect.stringMatching(/the JSON text is longer than 4194304 characters \(mapping.jsonCharactersMax\)/),
    ]);
  });

  it('is refused where it holds more values than the mapping has steps', () => {
    expect(problemsShowing('json(row.d)', { d: `[${'[],'.repeat(1_100_000)}0]` })).toEqual([
      expect.stringMatching(/1000000 steps/),
    ]);
    expect(problemsShowing('json(row.d)', { d: `[${'0.5,'.repeat(300_000)}0.5]` })).toEqual([
      expect.stringMatching(/1000000 steps/),
    ]);
  });
});
