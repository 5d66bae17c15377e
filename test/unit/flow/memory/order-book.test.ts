import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderBook } from '../../../../connector/flow/memory/order-book.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { evolve, initialState, type OrderState } from '../../../../connector/order/state.ts';
import { aChange, sourceTopic } from '../../../support/builders.ts';
import { sent } from '../../order/given.ts';

const stateOf = (partition: number): OrderState => evolve(initialState, sent(aChange({ partition })));
const order = (n: number) => merchantBizNo(`A-${n}`);

describe('OrderBook', () => {
  it('knows nothing of an order at first', () => {
    expect(new OrderBook(3).get(order(1))).toBe(initialState);
  });

  it('keeps what was set last', () => {
    const book = new OrderBook(3);
    book.set(order(1), stateOf(0));
    book.set(order(1), stateOf(1));
    expect(book.get(order(1))).toEqual(stateOf(1));
    expect(book.size).toBe(1);
  });

  it('past its limit forgets the orders unchanged for longest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9)), (ordersMax, sets) => {
        const book = new OrderBook(ordersMax);
        for (const n of sets) book.set(order(n), stateOf(n));
        const kept = [...new Set(sets.reverse())].slice(0, ordersMax);
        expect(book.size).toBe(kept.length);
        for (let n = 0; n < 10; n++) expect(book.get(order(n))).toEqual(kept.includes(n) ? stateOf(n) : initialState);
      }),
    );
  });

  it('forgets the orders of the partitions that are lost, and no others', () => {
    const book = new OrderBook(10);
    for (const n of [0, 1, 2]) book.set(order(n), stateOf(n));
    book.forget(new Set([partitionKey(sourceTopic, 0), partitionKey(sourceTopic, 2), partitionKey('other', 1)]));
    expect([0, 1, 2].map(n => book.get(order(n)).kind)).toEqual(['unknown', 'live', 'unknown']);
    expect(book.size).toBe(1);
  });
});
