import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
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
  nat,
  oneof,
  option,
  property,
  record,
  string,
  tuple,
  uint8Array,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row, RowValue } from '../../../connector/kernel/row-change.ts';
import {
  aChange,
  anyText,
  changeOf,
  compile,
  exampleMappings,
  leastMapping,
  leastRow,
  listOf,
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

/** A list of a row that counts how often its items are read, whoever reads them. */
function countedList(length: number, count: { reads: number }): readonly bigint[] {
  return new Proxy([...listOf(length)], {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) count.reads++;
      return Reflect.get(target, key, receiver);
    },
  });
}

/** Expressions of any kind: they take the row's lists and texts apart, nest, grow, and survive errors. */
const { expression: anyExpression } = letrec<{ expression: string; list: string; text: string; truth: string }>(tie => {
  const two = (
    one: 'list' | 'text' | 'truth',
    other: 'list' | 'text' | 'truth',
    join: (a: string, b: string) => string,
  ) => tuple(tie(one), tie(other)).map(([a, b]) => join(String(a), String(b)));
  return {
    list: oneof(
      { depthSize: 'medium', withCrossShrink: true },
      constantFrom('row.list', 'row.long', 'json(row.json)', 'row.none', '[x, y]'),
      two('list', 'text', (list, text) => `${list}.map(x, ${text})`),
      two('list', 'list', (list, other) => `${list}.map(y, ${other})`),
      two('list', 'truth', (list, truth) => `${list}.filter(x, ${truth})`),
      two('list', 'list', (list, other) => `(${list} + ${other})`),
      tie('text').map(text => `string(${text}).split("a")`),
    ),
    text: oneof(
      { depthSize: 'medium', withCrossShrink: true },
      constantFrom('row.text', 'string(x)', 'string(y)', '"a"', 't'),
      two('text', 'text', (one, other) => `(${one} + ${other})`),
      two('list', 'text', (list, text) => `join(strings(${list}), ${text})`),
      tie('text').map(text => `urlEncode(truncate(${text}, 500))`),
      tie('text').map(text => `default(row.none, ${text})`),
    ),
    truth: oneof(
      { depthSize: 'medium', withCrossShrink: true },
      constantFrom('true', 'x == y', 'row.none'),
      two('list', 'truth', (list, truth) => `${list}.exists(x, ${truth})`),
      two('list', 'truth', (list, truth) => `${list}.all(y, ${truth})`),
      two('text', 'list', (text, list) => `${text} in ${list}`),
      two('list', 'list', (list, other) => `${list} == ${other}`),
      two('text', 'text', (text, other) => `${text}.contains(${other})`),
      two('truth', 'truth', (one, other) => `(${one} || ${other})`),
      tie('text').map(text => `${text}.matches("^(a+)+b")`),
    ),
    expression: oneof(tie('list'), tie('text'), tie('truth')) as Arbitrary<string>,
  };
});

describe('mapChange of any mapping', () => {
  it('answers without throwing, and reads no more of a row than its budget allows', () => {
    const limits = { stepsMax: 20_000, cardBytesMax: 2_000, jsonCharactersMax: 5_000 };
    const outcomes = { compiled: 0, change: 0, exceeded: 0 };
    const lists = tuple(nat(300), nat(3_000), nat(2_000), nat(80));
    assert(
      property(anyExpression, anyExpression, lists, (first, second, [length, longer, characters, levels]) => {
        const let_ = { x: '1', y: '2', t: first };
        const languages = { each: { shown: second }, zh_HK: {}, en_US: {} };
        const compiled = compile({ 'a.yaml': { ...leastMapping, let: let_, languages } }, { limits });
        if (compiled.kind === 'problems') return;
        outcomes.compiled++;
        const count = { reads: 0 };
        const json = `${'['.repeat(levels)}1.5${']'.repeat(levels)}`;
        const row = {
          list: countedList(length, count),
          long: countedList(longer, count),
          text: 'a'.repeat(characters),
          json,
        };
        const mapped = compiled.mapping.mapChange(aChange({ ...leastRow, ...row }));
        if (mapped.kind === 'change') {
          outcomes.change++;
          expect(Buffer.byteLength(mapped.change.card.members)).toBeLessThanOrEqual(limits.cardBytesMax);
        }
        if (problemsOfRow(mapped).some(problem => /stepsMax|cardBytesMax/.test(problem))) outcomes.exceeded++;
        expect(problemsOfRow(mapped).length).toBeLessThanOrEqual(21);
        // A step reads an item at most twice: the library looks at the first one for its type.
        expect(count.reads).toBeLessThanOrEqual(2 * limits.stepsMax);
      }),
      // A compilation takes milliseconds. The fuzzer makes further ones, of any seed.
      { numRuns: 80, seed: 12 },
    );
    // It is about mappings that work, and about such as cost too much.
    expect(Math.min(outcomes.compiled, outcomes.change, outcomes.exceeded)).toBeGreaterThan(0);
  });

  it('makes only cards that the schema of the request accepts', () => {
    const accepts = new Ajv({ strict: false }).compile(
      JSON.parse(
        readFileSync(new URL('../../../schemas/json/contract-card-sync.request.schema.json', import.meta.url), 'utf8'),
      ),
    );
    const ops = constantFrom('create', 'update', 'delete', 'read');
    let made = 0;
    assert(
      property(oneof(anyRow, nearlyRight), ops, (row, op) => {
        const mapped = examples.mapChange(aChange(row, { op }));
        if (mapped.kind !== 'change') return;
        made++;
        const { card, bizDate } = mapped.change;
        const body = JSON.parse(`{"requestId":"r","command":"SEND","bizDate":${bizDate},${card.members}}`);
        expect(accepts(body) ? [] : accepts.errors).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(made).toBeGreaterThan(20);
  });
});
