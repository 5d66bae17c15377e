import { describe, expect, it } from 'vitest';
import { expectations } from '../../demo/expectations.ts';
import { orderKinds } from '../../demo/order.ts';
import { kinds, makeOrder, makeOrders } from '../../demo/seed.ts';

const now = new Date('2026-11-23T09:30:00Z');

describe('the seed', () => {
  it('makes the same orders of the same seed, however many', () => {
    expect(makeOrders(7, 40, now)).toEqual(makeOrders(7, 40, now));
    expect(makeOrders(7, 200, now).slice(0, 40)).toEqual(makeOrders(7, 40, now));
    expect(makeOrder(7, 39, now)).toEqual(makeOrders(7, 40, now)[39]);
  });

  it('makes other orders of another seed', () => {
    const contents = (seed: number) => makeOrders(seed, 40, now).map(order => JSON.stringify(order.details));
    const shared = contents(7).filter(content => contents(8).includes(content));
    expect(shared.length).toBeLessThan(4);
  });

  it('deals the kinds out evenly, with numbers of their own', () => {
    const orders = makeOrders(1, 50, now);
    for (const kind of orderKinds) expect(orders.filter(order => order.kind === kind)).toHaveLength(10);
    expect(new Set(orders.map(order => order.merchantBizNo)).size).toBe(50);
  });

  it('gives each user an order of each kind', () => {
    const users = Map.groupBy(makeOrders(1, 50, now), order => order.userId);
    expect(users.size).toBe(10);
    for (const orders of users.values()) expect(orders.map(({ kind }) => kind)).toEqual(orderKinds);
  });

  it('gives every order a user of AlipayHK, whole cents, and times to come', () => {
    for (const order of makeOrders(3, 500, now)) {
      expect(order.userId).toMatch(/^2160\d{12}$/);
      expect(Number.isInteger(order.amountCents) && order.amountCents > 0).toBe(true);
      if (order.startsAt !== null) expect(order.startsAt.getTime()).toBeGreaterThan(now.getTime());
      if (order.dueOn !== null) expect(order.dueOn > '2026-11-23').toBe(true);
      if (order.kind !== 'bill') expect(Number(order.endsAt)).toBeGreaterThan(Number(order.startsAt));
    }
  });

  it('writes every text in both languages', () => {
    for (const order of makeOrders(3, 200, now)) {
      for (const [name, text] of Object.entries(order.details)) {
        if (typeof text !== 'object' || text === null || Array.isArray(text)) continue;
        expect(Object.keys(text), name).toEqual(['zh_HK', 'en_US']);
      }
    }
  });

  it('knows a card for every status an order can come to', () => {
    for (const kind of orderKinds) {
      const { first, next } = kinds[kind];
      const reachable = [...first, ...Object.values(next).flat()].map(([status]) => status);
      for (const status of reachable) {
        expect(Object.keys(expectations[kind].statuses)).toContain(status);
        expect(Object.keys(next)).toContain(status);
      }
    }
  });
});
