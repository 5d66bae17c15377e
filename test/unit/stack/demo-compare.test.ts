import { describe, expect, it } from 'vitest';
import { compareOrders, isAllEqual, type LastRow, type SandboxCard } from '../../demo/compare.ts';
import { comparisonText } from '../../demo/live/comparison-text.ts';
import type { Order } from '../../demo/order.ts';

const bill: Order = {
  merchantBizNo: 'BL1',
  kind: 'bill',
  status: 'unpaid',
  userId: '2160000000000001',
  amountCents: 46_174,
  payAmountCents: null,
  currency: 'HKD',
  dueOn: '2026-12-07',
  startsAt: null,
  endsAt: null,
  details: { biller: { zh_HK: '中華電力', en_US: 'CLP Power' } },
};

const billCard: SandboxCard = {
  merchantBizNo: 'BL1',
  userId: '2160000000000001',
  template: 'PAYMENT_ORDER_DEFAULT',
  orderStatus: 'WAIT_PAY',
  state: 'live',
  languages: {
    zh_HK: { bill_name: '中華電力', bill_amount: '46174' },
    en_US: { bill_name: 'CLP Power', bill_amount: '46174' },
  },
  amount: 46_174,
  amountCurrency: 'HKD',
  payAmount: null,
};

const flight: Order = {
  ...bill,
  merchantBizNo: 'FL1',
  kind: 'flight',
  status: 'delayed',
  payAmountCents: 46_174,
  startsAt: new Date('2026-11-25T22:35:00Z'),
  endsAt: new Date('2026-11-26T01:35:00Z'),
  details: {
    airline: { zh_HK: '國泰航空', en_US: 'Cathay Pacific' },
    depart_zone: 'Asia/Bangkok',
    arrive_zone: 'Asia/Hong_Kong',
  },
};

const times = { start_time: '2026-11-26 05:35:00', end_time: '2026-11-26 09:35:00' };

const flightCard: SandboxCard = {
  ...billCard,
  merchantBizNo: 'FL1',
  template: 'AIR_TICKET_DEFAULT',
  orderStatus: 'FLIGHT_DELAYS',
  payAmount: 46_174,
  languages: {
    zh_HK: { airline_name: '國泰航空', ...times },
    en_US: { airline_name: 'Cathay Pacific', ...times },
  },
};

const kept = (order: Order): LastRow => ({ order, deleted: false });
const differences = (row: LastRow, cards: readonly SandboxCard[]) => compareOrders([row], cards).orders[0]?.differences;

describe('a card that should be shown', () => {
  it('is equal where status, user, amounts and fields are', () => {
    expect(differences(kept(bill), [billCard])).toEqual([]);
    expect(differences(kept(flight), [flightCard])).toEqual([]);
  });

  it.each([
    ['orderStatus', { orderStatus: 'OVERDUED' }],
    ['template', { template: 'MOVIE_TICKET_DEFAULT' }],
    ['userId', { userId: '2160000000000002' }],
    ['amount', { amount: 46_175 }],
    ['amountCurrency', { amountCurrency: 'CNY' }],
    ['payAmount', { payAmount: 46_174 }],
    ['state', { state: 'expired' }],
  ] as const)('differs in %s', (name, planted) => {
    const [difference, ...others] = differences(kept(bill), [{ ...billCard, ...planted }]) ?? [];
    expect(difference).toMatch(new RegExp(`^${name} is `));
    expect(others).toEqual([]);
  });

  it('differs in a field of one language, or where a language is missing', () => {
    const { zh_HK = {}, en_US = {} } = flightCard.languages;
    const late = { ...flightCard, languages: { zh_HK, en_US: { ...en_US, start_time: '2026-11-25 22:35:00' } } };
    expect(differences(kept(flight), [late])).toEqual([
      'en_US.start_time is "2026-11-25 22:35:00", not "2026-11-26 05:35:00"',
    ]);
    expect(differences(kept(flight), [{ ...flightCard, languages: { zh_HK } }])).toHaveLength(3);
  });

  it('differs where there is none', () => {
    expect(differences(kept(bill), [])).toEqual(['there is no card']);
  });

  it('may have gone by itself where the platform hides it after minutes', () => {
    const cancelled = { ...flightCard, orderStatus: 'FLIGHT_CANCELLATION' };
    expect(differences(kept({ ...flight, status: 'cancelled' }), [{ ...cancelled, state: 'expired' }])).toEqual([]);
    expect(differences(kept({ ...flight, status: 'cancelled' }), [cancelled])).toEqual([]);
  });
});

describe('a card that should be gone', () => {
  const paid = kept({ ...bill, status: 'paid' });
  const ended: SandboxCard = { ...billCard, orderStatus: 'CLOSED', state: 'ended' };

  it('is equal where it has ended, or never was', () => {
    expect(differences(paid, [ended])).toEqual([]);
    expect(differences(paid, [])).toEqual([]);
  });

  it('differs while it is shown, or where it ended as something else', () => {
    expect(differences(paid, [billCard])).toEqual(['the card is still shown, as WAIT_PAY']);
    const ride = kept({ ...bill, kind: 'ride', status: 'done' });
    expect(differences(ride, [{ ...ended, orderStatus: 'CANCEL_WAIT_PAY' }])).toHaveLength(1);
  });

  it('goes with a deleted row, whatever its status was', () => {
    const deleted = { order: bill, deleted: true };
    expect(differences(deleted, [ended])).toEqual([]);
    expect(differences(deleted, [])).toEqual([]);
    expect(differences(deleted, [billCard])).toHaveLength(1);
  });
});

describe('the comparison', () => {
  it('names a status that has no card', () => {
    expect(differences(kept({ ...bill, status: 'lost' }), [billCard])).toEqual(['no orderStatus for lost']);
  });

  it('finds cards of orders that never were', () => {
    const comparison = compareOrders([kept(bill)], [billCard, { ...billCard, merchantBizNo: 'XX1' }]);
    expect(comparison.strangers).toEqual(['XX1']);
    expect(isAllEqual(comparison)).toBe(false);
    expect(isAllEqual(compareOrders([kept(bill)], [billCard]))).toBe(true);
  });

  it('is told by kind, with the total last', () => {
    const paid = kept({ ...bill, merchantBizNo: 'BL2', status: 'paid' });
    const comparison = compareOrders([kept(bill), paid, kept(flight)], [billCard]);
    const lines = comparisonText(comparison).split('\n');
    expect(lines.find(line => line.startsWith('bill'))).toMatch(/^bill +2 +1 +1 +0$/);
    expect(lines.find(line => line.startsWith('flight'))).toMatch(/^flight +1 +0 +0 +1$/);
    expect(lines).toContain('FL1: there is no card');
    expect(lines.at(-1)).toBe('2 of 3 equal');
    expect(isAllEqual(comparison)).toBe(false);
  });
});
