import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  boolean,
  constant,
  constantFrom,
  date,
  dictionary,
  double,
  letrec,
  oneof,
  option,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row, RowValue } from '../../../connector/kernel/row-change.ts';
import {
  aChange,
  anyText,
  changeOf,
  exampleMappings,
  leastMapping,
  leastRow,
  mappingOf,
  membersOf,
  problemsOfRow,
} from './mappings.ts';

const examples = mappingOf(exampleMappings);

/** Any value that a column can have, and some that only look like one. */
const { value: anyValue } = letrec<{ value: RowValue }>(tie => ({
  value: oneof(
    { depthSize: 'small' },
    constant(null),
    boolean(),
    bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    double(),
    anyText,
    // Half of a surrogate pair; a member that a careless look-up takes for something else; texts that are nearly what they should be.
    constantFrom(
      '\ud800',
      '{"__proto__": 1}',
      '{"constructor": {"name": 1}}',
      '12.345',
      '2026-02-30',
      '1e999',
      '{}',
      '[]',
    ),
    date({ noInvalidDate: false }),
    uint8Array({ maxLength: 4 }),
    array(tie('value'), { maxLength: 3 }),
    dictionary(string(), tie('value'), { maxKeys: 3 }),
  ) as Arbitrary<RowValue>,
}));

const columns = [
  'merchant_biz_no',
  'status',
  'user_id',
  'amount',
  'pay_amount',
  'currency',
  'due_on',
  'starts_at',
  'ends_at',
  'details',
  'updated_at',
];
const kinds = constantFrom('bill', 'flight', 'film', 'train', 'ride', 'other');
const statuses = constantFrom('unpaid', 'paid', 'ticketed', 'booked', 'searching', 'done', 'nonsense');
const anyRow = record({
  kind: kinds,
  columns: record(Object.fromEntries(columns.map(name => [name, anyValue])), { requiredKeys: [] }),
  status: option(statuses),
}).map(({ kind, columns: some, status }): Row => ({ ...some, kind, ...(status === null ? {} : { status }) }));

/** Rows that are right but for one column. */
const nearlyRight = record({
  name: constantFrom(...columns),
  value: anyValue,
  kind: kinds,
}).map(
  ({ name, value, kind }): Row => ({
    merchant_biz_no: 'A1',
    kind,
    status: 'booked',
    user_id: '2160000000000001',
    amount: '1.00',
    pay_amount: null,
    currency: 'HKD',
    due_on: '2026-12-01',
    starts_at: new Date(1_800_000_000_000),
    ends_at: new Date(1_800_000_000_000),
    details:
      '{"seats": ["A1"], "gates": ["B1"], "from": "a", "to": "b", "shift": "G1", "detail_url": "u", "refund_url": "r"}',
    updated_at: new Date(1_800_000_000_000),
    [name]: value,
  }),
);

describe('mapChange', () => {
  it('answers for any row, without throwing, and with a reason', () => {
    const outcomes = new Set<string>();
    const ops = constantFrom('create', 'update', 'delete', 'read');
    assert(
      property(oneof(anyRow, nearlyRight), ops, option(string()), (row, op, key) => {
        const mapped = examples.mapChange(aChange(row, { op, key }));
        outcomes.add(mapped.kind);
        if (mapped.kind === 'invalid') expect(mapped.problems.length).toBeGreaterThan(0);
        if (mapped.kind !== 'change') return;
        expect(mapped.change.card.members.isWellFormed()).toBe(true);
        expect(() => JSON.parse(`{${mapped.change.card.members}}`)).not.toThrow();
      }),
      { numRuns: 1500 },
    );
    expect([...outcomes].sort()).toEqual(['change', 'invalid', 'skipped']);
  });

  it('says nothing of the values of a row that cannot be mapped', () => {
    // A text that no problem would hold by chance.
    const secret = 'Łódź-4711';
    const hidden = oneof(
      constant(secret),
      constant([secret]),
      constant({ [secret]: secret }),
      constant(JSON.stringify({ detail_url: secret, seats: secret, biller: secret, estimate: secret })),
    ) as Arbitrary<RowValue>;
    let refused = 0;
    assert(
      property(kinds, array(constantFrom(...columns), { minLength: 1 }), hidden, (kind, names, value) => {
        const row: Row = { status: 'booked', ...Object.fromEntries(names.map(name => [name, value])), kind };
        const problems = problemsOfRow(examples.mapChange(aChange(row)));
        refused += problems.length;
        expect(problems.join('\n')).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('gives the same card for the same row', () => {
    assert(
      property(nearlyRight, row => {
        expect(examples.mapChange(aChange(row))).toEqual(examples.mapChange(aChange({ ...row })));
      }),
      { numRuns: 300 },
    );
  });

  it('sends what was evaluated: any text, whole number and list comes back from the JSON as it was', () => {
    const mapping = mappingOf({
      'a.yaml': {
        ...leastMapping,
        languages: {
          each: { text: 'row.text', int: 'row.int', list: 'row.list', map: '{row.text: row.list}' },
          zh_HK: {},
        },
      },
    });
    const text = anyText;
    const int = bigInt(-(2n ** 53n) + 1n, 2n ** 53n - 1n);
    assert(
      property(text, int, array(text, { maxLength: 4 }), (words, number, list) => {
        const mapped = mapping.mapChange(aChange({ ...leastRow, text: words, int: number, list }));
        const { languageBusinessInfo } = membersOf(mapped).syncDataInfo as {
          languageBusinessInfo: Record<string, unknown>;
        };
        // The CEL library leaves these keys of a map out.
        const unsafe = ['__proto__', 'constructor', 'prototype'].includes(words);
        const map = unsafe ? {} : { [words]: list };
        expect(languageBusinessInfo.zh_HK).toEqual({ text: words, int: Number(number), list, map });
        expect(BigInt((languageBusinessInfo.zh_HK as { int: number }).int)).toBe(number);
        expect(changeOf(mapped).card.members.isWellFormed()).toBe(true);
      }),
    );
  });
});
