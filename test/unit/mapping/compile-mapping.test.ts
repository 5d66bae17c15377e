import { describe, expect, it } from 'vitest';
import { aChange, leastMapping, leastRow, mappingOf, membersOf, problemsOf, problemsOfRow } from './mappings.ts';

/** The problems of a mapping that differs from the least one. */
function problems(change: Readonly<Record<string, unknown>>) {
  return problemsOf({ 'a.yaml': { ...leastMapping, ...change } }).map(({ path, problem, hint }) => [
    path,
    problem,
    hint ?? '',
  ]);
}

/** The request's members that a mapping makes of a row. */
function made(change: Readonly<Record<string, unknown>>, row = {}): Record<string, unknown> {
  return membersOf(mappingOf({ 'a.yaml': { ...leastMapping, ...change } }).mapChange(aChange({ ...leastRow, ...row })));
}

const shownOf = (members: Record<string, unknown>) =>
  (members.syncDataInfo as { languageBusinessInfo?: unknown }).languageBusinessInfo;

describe('compileMapping', () => {
  it('checks every expression where it stands', () => {
    const wrong = {
      when: 'row.a +',
      let: { a: 'nope' },
      merchantBizNo: 'moment(row.a, "UTC")',
      userId: 'nope',
      merchantId: '["a"]',
      orderStatus: { of: 'nope', map: {} },
      bizDate: '"today"',
      endDate: 'nope',
      data: { amount: '"a"', amountCurrency: 'nope', payAmount: 'money(1)', payAmountCurrency: '1.5', tradeNo: 'nope' },
      languages: { each: { a: ['row.a', { b: 'nope' }] }, zh_HK: { c: 'language.d +' }, en_US: null },
    };
    expect(problems(wrong).map(([path]) => path)).toEqual([
      'let.a',
      'when',
      'merchantBizNo',
      'userId',
      'orderStatus.of',
      'data.amount',
      'data.amountCurrency',
      'data.payAmount',
      'data.payAmountCurrency',
      'data.tradeNo',
      'merchantId',
      'bizDate',
      'endDate',
      'languages.each.a.1.b',
      'languages.zh_HK.c',
    ]);
  });

  it('wants one of userId and openId', () => {
    expect(problems({ userId: undefined })).toEqual([['userId', 'is missing', 'give userId or openId']]);
    expect(problems({ openId: 'row.user' })).toEqual([
      ['openId', 'userId is there too', 'AlipayHK takes one of the two: remove the other'],
    ]);
    expect(made({ userId: undefined, openId: 'row.user' })).toMatchObject({ openId: leastRow.user });
    expect(made({ userId: undefined, openId: 'row.user' })).not.toHaveProperty('userId');
  });

  it('wants a currency with an amount, not the other way round', () => {
    expect(problems({ data: { amount: 'cents(row.a)', payAmountCurrency: '"HKD"' } })).toEqual([
      ['data.amountCurrency', 'is missing', 'it is needed with amount: HKD or CNY'],
    ]);
  });

  it('knows the statuses of the template', () => {
    const bill = { template: 'PAYMENT_ORDER_DEFAULT', languages: { zh_HK: {} } };
    const orderStatus = { of: 'row.status', map: { paid: 'CLOSE', open: 'PAY_FAILED', draft: 'skip' }, other: 'NEVER' };
    expect(problems({ ...bill, orderStatus, onDelete: 'WAIT_PAY' })).toEqual([
      ['orderStatus.map.paid', 'CLOSE is no status of PAYMENT_ORDER_DEFAULT', 'did you mean CLOSED?'],
      [
        'orderStatus.other',
        'NEVER is no status of PAYMENT_ORDER_DEFAULT',
        'one of WAIT_PAY, PAY_FAILED, OVERDUED, CLOSED',
      ],
      ['onDelete', 'WAIT_PAY is no end status of PAYMENT_ORDER_DEFAULT', 'one of CLOSED'],
    ]);
    expect(problems({ template: 'FINANCE_ORDER_DEFAULT', onDelete: 'GONE' })).toEqual([
      [
        'onDelete',
        'GONE is no end status of FINANCE_ORDER_DEFAULT',
        "list it in x-endStatuses of the template's schema",
      ],
    ]);
  });

  it('tells required members that are never given', () => {
    const bill = { template: 'PAYMENT_ORDER_DEFAULT', orderStatus: { of: 'row.status', map: { open: 'WAIT_PAY' } } };
    const each = {
      action_url: 'row.a',
      bill_amount: 'row.a',
      bill_amount_currency: 'row.a',
      bill_desc: 'row.a',
      bill_icon_url: 'row.a',
    };
    const languages = { each: { ...each, bill_due_tim: 'row.a', order_Url: 'row.a' }, zh_HK: { bill_name: 'row.a' } };
    expect(problems({ ...bill, languages })).toEqual([
      [
        'languages.zh_HK',
        'bill_due_time is required in WAIT_PAY',
        '"bill_due_tim" stands there: is "bill_due_time" meant?',
      ],
    ]);
  });

  it('wants a language', () => {
    expect(problems({ languages: { each: { a: 'row.a' } } })).toEqual([
      ['languages', 'has no language', 'add zh_HK: {} and en_US: {}'],
    ]);
  });

  it('refuses names of lets that are taken', () => {
    for (const name of ['row', 'op', 'language', 'int', 'cel']) {
      expect(problems({ let: { [name]: '1' } })).toEqual([[`let.${name}`, 'the name is taken', 'choose another one']]);
    }
  });

  it('refuses numbers that YAML has already rounded', () => {
    expect(problems({ data: { tinyAppId: 2 ** 60 } })).toEqual([
      ['data.tinyAppId', 'the number is too large for YAML', 'write it as text'],
    ]);
  });
});

describe('what a mapping may say', () => {
  it('lets build on those above them', () => {
    expect(made({ let: { a: 'row.no', b: 'a + "-" + op' }, merchantBizNo: 'b' })).toMatchObject({
      merchantBizNo: 'A1-update',
    });
    expect(problems({ let: { b: 'a', a: 'row.no' } })[0]?.[0]).toBe('let.b');
  });

  it('the status as an expression, checked against the template for each row', () => {
    const bill = { template: 'PAYMENT_ORDER_DEFAULT', orderStatus: 'row.status' };
    expect(made(bill, { status: 'CLOSED' })).toMatchObject({ orderStatus: 'CLOSED' });
    const mapping = mappingOf({ 'a.yaml': { ...leastMapping, ...bill } });
    const secret = mapping.mapChange(aChange({ ...leastRow, status: 'Mr Chan' }));
    expect(problemsOfRow(secret)).toEqual(['a.yaml: orderStatus: is none of WAIT_PAY, PAY_FAILED, OVERDUED, CLOSED']);
    expect(mapping.mapChange(aChange({ ...leastRow, status: 'skip' }))).toEqual({
      kind: 'skipped',
      reason: 'unmapped',
    });
  });

  it('the status from a map: of text, numbers, or true and false', () => {
    const orderStatus = { of: 'row.status', map: { 3: 'THREE', true: 'YES', x: 'skip' }, other: 'ELSE' };
    const statusOf = (status: unknown) => made({ orderStatus }, { status }).orderStatus;
    expect([statusOf(3n), statusOf('3'), statusOf(true), statusOf('y')]).toEqual(['THREE', 'THREE', 'YES', 'ELSE']);
    const mapping = mappingOf({ 'a.yaml': { ...leastMapping, orderStatus } });
    expect(mapping.mapChange(aChange({ ...leastRow, status: 'x' }))).toEqual({ kind: 'skipped', reason: 'unmapped' });
    expect(problemsOfRow(mapping.mapChange(aChange({ ...leastRow, status: null })))).toEqual([
      'a.yaml: orderStatus.of: must be text, but is null',
    ]);
  });

  it('members for each language, with differences', () => {
    const languages = {
      each: { a: '"each"', b: 'language', c: '"both"', d: 'row.no' },
      zh_HK: { a: '"own"', c: null },
      en_US: { e: '"more"' },
    };
    expect(shownOf(made({ languages }))).toEqual({
      zh_HK: { a: 'own', b: 'zh_HK', d: 'A1' },
      en_US: { a: 'each', b: 'en_US', c: 'both', d: 'A1', e: 'more' },
    });
  });

  it('constants, lists and maps', () => {
    const each = {
      a: 5,
      b: 1.5,
      c: true,
      d: ['row.no', 2, { e: 'language', f: null }],
      g: { h: 'row.missing == 1 ? 1 : 2' },
    };
    const languages = { each: { ...each, g: { h: 'row.no' } }, zh_HK: null };
    expect(shownOf(made({ languages }))).toEqual({
      zh_HK: { a: 5, b: 1.5, c: true, d: ['A1', 2, { e: 'zh_HK' }], g: { h: 'A1' } },
    });
    expect(
      made({ data: { tinyAppId: 2_021_002_152_615_678, amount: 100, amountCurrency: '"HKD"' } }).syncDataInfo,
    ).toEqual({
      tinyAppId: '2021002152615678',
      amount: 100,
      amountCurrency: 'HKD',
    });
  });
});
