import { describe, expect, it } from 'vitest';
import { digest128 } from '../../../connector/kernel/digest.ts';
import type { Row, RowChange } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { MappingOptions } from '../../../connector/mapping/mapping.ts';
import { aChange, changeOf, leastMapping, leastRow, mappingOf, membersOf, problemsOfRow } from './mappings.ts';

function mapped(
  change: Readonly<Record<string, unknown>>,
  row: Row | null = leastRow,
  parts: Partial<RowChange> = {},
  options: Partial<MappingOptions> = {},
) {
  return mappingOf({ 'a.yaml': { ...leastMapping, ...change } }, options).mapChange(aChange(row, parts));
}

const unmapped = { kind: 'skipped', reason: 'unmapped' };
const wholeRow = 'for deletes the table needs REPLICA IDENTITY FULL (PostgreSQL) or full row images (MySQL)';
const withAll = {
  endDate: 'row.ends',
  merchantId: '"M1"',
  data: { tradeNo: 'row.trade', amount: 'cents(row.amount)', amountCurrency: '"HKD"' },
  languages: { each: { name: 'row.name' }, zh_HK: {}, en_US: {} },
};
const rowWithAll: Row = { ...leastRow, ends: new Date(1_800_000_000_000), trade: null, amount: '1.20', name: 'a "b"' };

describe('the card', () => {
  it('is the members of the request in their order, serialised once', () => {
    const { card } = changeOf(mapped(withAll, rowWithAll));
    const info = JSON.stringify({ zh_HK: { name: 'a "b"' }, en_US: { name: 'a "b"' } });
    const sync = `{"languageBusinessInfo":${JSON.stringify(info)},"amount":120,"amountCurrency":"HKD"}`;
    expect(card.members).toBe(
      `"merchantBizNo":"A1","orderStatus":"LIVE","productTemplateCode":"OPEN","syncDataInfo":${sync},` +
        '"endDate":1800000000000,"userId":"2160000000000001","merchantId":"M1"',
    );
    expect(card.hash).toBe(digest128(card.members));
    expect(card).toMatchObject({ template: 'OPEN', status: 'LIVE', ends: false, endDate: 1_800_000_000_000 });
  });

  it('has languageBusinessInfo as one text, or as an object of texts', () => {
    const shown = (form: 'string' | 'object') =>
      JSON.parse(`{${changeOf(mapped(withAll, rowWithAll, {}, { languageBusinessInfo: form })).card.members}}`)
        .syncDataInfo.languageBusinessInfo;
    expect(shown('string')).toBe('{"zh_HK":{"name":"a \\"b\\""},"en_US":{"name":"a \\"b\\""}}');
    expect(shown('object')).toEqual({ zh_HK: '{"name":"a \\"b\\""}', en_US: '{"name":"a \\"b\\""}' });
  });

  it('leaves out what is null: members, languages without any, and a currency without its amount', () => {
    const nulls = { ...rowWithAll, ends: null, amount: null, name: null };
    expect(membersOf(mapped({ ...withAll, merchantId: 'row.trade' }, nulls))).toEqual({
      merchantBizNo: 'A1',
      orderStatus: 'LIVE',
      productTemplateCode: 'OPEN',
      syncDataInfo: {},
      userId: '2160000000000001',
    });
  });

  it('ends where the template says so', () => {
    expect(changeOf(mapped({}, { ...leastRow, status: 'CLOSED' })).card.ends).toBe(true);
  });

  it('has another hash for another content, and the same for the same', () => {
    const hash = (row: Row) => changeOf(mapped({}, row)).card.hash;
    expect(hash({ ...leastRow, unused: 'a' })).toBe(hash({ ...leastRow, unused: 'b' }));
    expect(hash({ ...leastRow, status: 'OTHER' })).not.toBe(hash(leastRow));
  });
});

describe('the change', () => {
  it.each([
    ['create', false, true],
    ['read', true, true],
    ['update', false, false],
  ] as const)('of op %s: snapshot %s, creates %s', (op, snapshot, creates) => {
    expect(changeOf(mapped({}, leastRow, { op }))).toMatchObject({ snapshot, creates });
  });

  it('has the position and source of the record', () => {
    const given = aChange(leastRow);
    expect(changeOf(mapped({}))).toMatchObject({ position: given.position, source: given.source, merchantBizNo: 'A1' });
  });

  it('has the bizDate of the mapping, else of the commit', () => {
    const bizDate = (expression: string | undefined, at: Row[string]) =>
      changeOf(mapped({ bizDate: expression }, { ...leastRow, at })).bizDate;
    expect(bizDate('row.at', new Date(1_800_000_000_001))).toBe(1_800_000_000_001);
    expect(bizDate('row.at', 1_800_000_000_002n)).toBe(1_800_000_000_002);
    expect(bizDate('row.at', null)).toBe(aChange(leastRow).committedAt);
    expect(bizDate(undefined, null)).toBe(aChange(leastRow).committedAt);
  });

  it('has an order id of text or a whole number', () => {
    expect(changeOf(mapped({}, { ...leastRow, no: 9_007_199_254_740_993n })).merchantBizNo).toBe('9007199254740993');
  });
});

describe('a row that cannot be mapped', () => {
  it('is told by file, path, place and column, all at once', () => {
    const change = {
      let: { details: 'json(row.details)' },
      merchantBizNo: 'row.nr',
      bizDate: 'row.status',
      data: { amount: 'cents(row.status)', amountCurrency: 'row.currency', tradeNo: 'details.trade' },
      languages: { each: { a: 'details.a', b: 'row.at' }, zh_HK: {} },
    };
    const row = { ...leastRow, currency: 'EUR', details: 'Taipei', at: new Date(0) };
    expect(problemsOfRow(mapped(change, row))).toEqual([
      'a.yaml: merchantBizNo: the row has no column "nr"; did you mean no?',
    ]);
    expect(problemsOfRow(mapped({ ...change, merchantBizNo: 'row.no' }, row))).toEqual([
      'a.yaml: bizDate: must be a timestamp or epoch milliseconds, but is text',
      'a.yaml: let.details: json(row.details): the text is not JSON',
      'a.yaml: languages.each.b: is a timestamp; write it with format(…, "yyyy-MM-dd HH:mm:ss", "Asia/Hong_Kong") or millis(…)',
      'a.yaml: data.amount: cents(row.status): the amount is not plain decimal text, such as "12.50"',
    ]);
  });

  it.each([
    [{ when: 'row.no' }, {}, 'when: must be true or false, but is text'],
    [{}, { no: '' }, 'merchantBizNo: is null or empty'],
    [{}, { no: 'x'.repeat(257) }, 'merchantBizNo: is longer than 256 characters'],
    [{}, { user: null }, 'userId: is null or empty'],
    [{}, { status: '' }, 'orderStatus: is null or empty'],
    [
      { data: { amount: 'cents(row.a)', amountCurrency: 'row.c' } },
      { a: '1', c: null },
      'data.amountCurrency: is null, but needed with amount',
    ],
  ])('%j %j', (change, row, problem) => {
    expect(problemsOfRow(mapped(change, { ...leastRow, ...row }))).toEqual([`a.yaml: ${problem}`]);
  });

  it('is checked against the template, language by language', () => {
    const bill = {
      template: 'PAYMENT_ORDER_DEFAULT',
      orderStatus: '"WAIT_PAY"',
      languages: { each: { bill_amount: 'row.amount', bill_due_time: 'row.due' }, zh_HK: {} },
    };
    const found = problemsOfRow(mapped(bill, { ...leastRow, amount: '12.50', due: null }));
    expect(found).toContain('a.yaml: languages.zh_HK.bill_amount: must match pattern "^[0-9]+$"');
    expect(found).toContain('a.yaml: languages.zh_HK.bill_due_time: is required in WAIT_PAY');
    expect(found).toContain('a.yaml: languages.zh_HK.order_url: is required (or order_Url) in WAIT_PAY');
    expect(found.join()).not.toContain('12.50');
  });

  it('has a row after an update', () => {
    expect(problemsOfRow(mapped({}, null))).toEqual(['public.orders: the change has no row after it']);
  });
});

describe('a deleted row', () => {
  const ends = { ...withAll, onDelete: 'CLOSED' };
  const deleted = (row: Row | null, parts: Partial<RowChange> = {}) => mapped(ends, row, { op: 'delete', ...parts });

  it('is skipped where the mapping has no end status for it', () => {
    expect(mapped(withAll, rowWithAll, { op: 'delete' })).toEqual(unmapped);
    const two = {
      'a.yaml': { ...leastMapping, when: 'row.no == "A1"' },
      'b.yaml': { ...leastMapping, onDelete: 'CLOSED' },
    };
    expect(mappingOf(two).mapChange(aChange(leastRow, { op: 'delete' }))).toEqual(unmapped);
  });

  it('is skipped unseen where no mapping of the table has one: its old row may hold only its key', () => {
    expect(mapped({ when: 'row.kind == "a"' }, { no: 'A1' }, { op: 'delete' })).toEqual(unmapped);
  });

  it('leaves out an amount without its currency', () => {
    const data = { amount: 'cents(row.amount)', amountCurrency: 'row.currency', tradeNo: '"T1"' };
    const row = { ...leastRow, amount: '1.20', currency: null };
    expect(membersOf(mapped({ onDelete: 'CLOSED', data }, row, { op: 'delete' })).syncDataInfo).toEqual({
      tradeNo: 'T1',
    });
  });

  it('ends its card, whatever its status was', () => {
    const { card, creates } = changeOf(deleted({ ...rowWithAll, status: 'unheard of' }));
    expect(card).toMatchObject({ status: 'CLOSED', ends: true });
    expect(creates).toBe(false);
    expect(membersOf(deleted(rowWithAll))).toEqual({
      ...membersOf(mapped(ends, rowWithAll)),
      orderStatus: 'CLOSED',
    });
  });

  it('has the bizDate of the commit: the row is of the time before', () => {
    const parts = { op: 'delete', committedAt: instant(1_900_000_000_000) } as const;
    const row = { ...leastRow, at: new Date(1_800_000_000_000) };
    expect(changeOf(mapped({ ...ends, bizDate: 'row.at' }, row, parts)).bizDate).toBe(1_900_000_000_000);
  });

  it('leaves out what the old row does not have', () => {
    expect(membersOf(deleted({ no: 'A1', user: '2160000000000001' }))).toEqual({
      merchantBizNo: 'A1',
      orderStatus: 'CLOSED',
      productTemplateCode: 'OPEN',
      syncDataInfo: {},
      userId: '2160000000000001',
      merchantId: 'M1',
    });
  });

  it('leaves out a language that no longer fits the template', () => {
    const bill = { ...leastMapping, template: 'PAYMENT_ORDER_DEFAULT', onDelete: 'CLOSED', orderStatus: 'row.status' };
    const languages = { each: { bill_amount: 'row.amount' }, zh_HK: {} };
    const of = (amount: string) =>
      membersOf(
        mappingOf({ 'a.yaml': { ...bill, languages } }).mapChange(aChange({ ...leastRow, amount }, { op: 'delete' })),
      );
    expect(of('1250').syncDataInfo).toEqual({ languageBusinessInfo: { zh_HK: { bill_amount: '1250' } } });
    expect(of('12.50').syncDataInfo).toEqual({});
  });

  it("takes the record's key for the order id where the old row has none", () => {
    expect(changeOf(deleted({ user: '2160000000000001' }, { key: 'A7' })).merchantBizNo).toBe('A7');
    expect(changeOf(deleted({ user: '2160000000000001', no: null }, { key: 'A7' })).merchantBizNo).toBe('A7');
    expect(changeOf(deleted({ user: '2160000000000001', no: 'A1' }, { key: 'A7' })).merchantBizNo).toBe('A1');
  });

  it('is refused with the reason why its key names no order, where the old row does not either', () => {
    const keyless = { key: null, keyProblem: 'is the text of a Struct: take the order number out of it' };
    expect(problemsOfRow(deleted({ user: '2160000000000001', no: null }, keyless))).toContainEqual(
      expect.stringContaining(
        "merchantBizNo: the record's key is the text of a Struct: take the order number out of it",
      ),
    );
    expect(changeOf(deleted({ user: '2160000000000001', no: 'A1' }, keyless)).merchantBizNo).toBe('A1');
    expect(problemsOfRow(deleted({ user: '2160000000000001' }))).toEqual([
      'a.yaml: merchantBizNo: is null or empty',
      wholeRow,
    ]);
  });

  it.each([
    ['a null', { no: 'A1', user: null }, 'a.yaml: userId: is null or empty'],
    [
      'an empty text, as Debezium fills columns that cannot be null',
      { no: 'A1', user: '' },
      'a.yaml: userId: is null or empty',
    ],
    ['no column', { no: 'A1' }, 'a.yaml: userId: the row has no column "user"'],
  ])('needs the user: with %s it says what to set', (_, row, problem) => {
    expect(problemsOfRow(deleted(row))).toEqual([problem, wholeRow]);
  });

  it('needs the columns that "when" asks for', () => {
    const found = mapped({ ...ends, when: 'row.kind == "a"' }, { no: 'A1' }, { op: 'delete' });
    expect(problemsOfRow(found)).toEqual(['a.yaml: when: the row has no column "kind"', wholeRow]);
  });

  it('may have no old row at all', () => {
    expect(problemsOfRow(deleted(null, { key: 'A1' }))).toEqual([
      'a.yaml: userId: the row has no column "user"',
      wholeRow,
    ]);
  });
});
