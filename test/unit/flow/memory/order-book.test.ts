import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderBook, watermarkOrder } from '../../../../connector/flow/memory/order-book.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { nothingDropped } from '../../../../connector/order/decide.ts';
import { evolve, initialState, type OrderState } from '../../../../connector/order/state.ts';
import { aChange, dawn, lsnAt, sourceTopic } from '../../../support/builders.ts';
import { ended, sent, skipped } from '../../order/given.ts';

const stateOf = (partition: number): OrderState => evolve(initialState, sent(aChange({ partition })));
const order = (n: number) => merchantBizNo(`A-${n}`);

describe('OrderBook', () => {
  it('knows nothing of an order at first', () => {
    expect(new OrderBook(3).get(order(1))).toBe(initialState);
  });

  it('keeps what was set last', () => {
    const book = new OrderBook(3);
    book.set(order(1), stateOf(0), dawn);
    book.set(order(1), stateOf(1), dawn);
    expect(book.get(order(1))).toEqual(stateOf(1));
    expect(book.size).toBe(1);
  });

  it('past its limit forgets the orders unchanged for longest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9)), (ordersMax, sets) => {
        const book = new OrderBook(ordersMax);
        for (const n of sets) book.set(order(n), stateOf(n), dawn);
        const kept = [...new Set(sets.reverse())].slice(0, ordersMax);
        expect(book.size).toBe(kept.length);
        for (let n = 0; n < 10; n++) expect(book.get(order(n))).toEqual(kept.includes(n) ? stateOf(n) : initialState);
      }),
    );
  });

  it('keeps the last position and the highest bizDate of the evicted orders of each partition', () => {
    let evictions = 0;
    const book = new OrderBook(1, () => evictions++);
    const live = (n: number) => evolve(initialState, sent(aChange({ order: `A-${n}`, n })));
    for (const n of [5, 3]) book.set(order(n), live(n), dawn);
    const partition = partitionKey(sourceTopic, 0);
    expect(book.dropped(partition)).toEqual({ forgotten: null, evicted: { source: lsnAt(5), bizDate: dawn + 5 } });
    book.set(order(9), live(9), dawn);
    expect(book.dropped(partition).evicted).toEqual({ source: lsnAt(5), bizDate: dawn + 5 });
    expect(evictions).toBe(2);
    const nothingSent = new OrderBook(0);
    nothingSent.set(order(1), evolve(initialState, skipped(aChange({ n: 1 }))), dawn);
    expect(nothingSent.dropped(partition).evicted).toEqual({ source: lsnAt(1), bizDate: null });
  });

  it('forgets the orders of the partitions that are lost, and no others', () => {
    const book = new OrderBook(10);
    for (const n of [0, 1, 2]) book.set(order(n), stateOf(n), dawn);
    book.forget(new Set([partitionKey(sourceTopic, 0), partitionKey(sourceTopic, 2), partitionKey('other', 1)]));
    expect([0, 1, 2].map(n => book.get(order(n)).kind)).toEqual(['unknown', 'live', 'unknown']);
    expect(book.size).toBe(1);
  });
});

describe('OrderBook, told by a journal', () => {
  const key = (partition: number) => partitionKey(sourceTopic, partition);
  const at = (n: number, partition = 0) => ({ state: evolve(initialState, sent(aChange({ n, partition }))), at: dawn });

  it('believes what a partition says last of its order, were it that it was forgotten', () => {
    const book = new OrderBook(10);
    book.restore(key(0), order(1), at(5));
    book.restore(key(0), order(1), at(3));
    expect(book.get(order(1))).toEqual(at(3).state);
    book.restore(key(0), order(1), null);
    expect([book.get(order(1)), book.size]).toEqual([initialState, 0]);
  });

  it('takes a state that has gone through nothing for none', () => {
    const book = new OrderBook(10);
    book.restore(key(0), order(1), at(5));
    book.restore(key(0), order(1), { state: initialState, at: dawn });
    expect(book.size).toBe(0);
  });

  it('keeps of two partitions what the database did later, whichever is read first', () => {
    const [earlier, later] = [at(5, 0), at(6, 1)];
    const forwards = new OrderBook(10);
    forwards.restore(key(0), order(1), earlier);
    forwards.restore(key(1), order(1), later);
    const backwards = new OrderBook(10);
    backwards.restore(key(1), order(1), later);
    backwards.restore(key(0), order(1), earlier);
    expect([forwards.get(order(1)), backwards.get(order(1))]).toEqual([later.state, later.state]);
  });

  it('lets one partition forget nothing of what another knows', () => {
    const book = new OrderBook(10);
    book.restore(key(1), order(1), at(6, 1));
    book.restore(key(0), order(1), null);
    expect(book.get(order(1))).toEqual(at(6, 1).state);
  });
});

describe('OrderBook, swept', () => {
  const hour = 3_600_000;
  const later = instant(dawn + 2 * hour);
  const over = (n: number) => evolve(initialState, ended(aChange({ order: `A-${n}`, n, ends: true })));
  const always = () => true;
  const never = () => false;
  const swept = (book: OrderBook, most: number, isBusy: (order: string) => boolean = never) =>
    book.sweep(later, hour, most, one => !isBusy(one)).orders.map(one => one.order);

  it('forgets the orders whose card is over for so long, and gives them with their partition', () => {
    const book = new OrderBook(10);
    book.set(order(1), evolve(initialState, ended(aChange({ partition: 3, ends: true }))), dawn);
    book.set(order(2), evolve(initialState, sent(aChange({ n: 2 }))), dawn);
    book.set(order(3), evolve(initialState, skipped(aChange({ n: 3 }))), dawn);
    const partition = partitionKey(sourceTopic, 3);
    expect(book.sweep(later, hour, 10, always).orders).toEqual([{ order: order(1), partition }]);
    expect([1, 2, 3].map(n => book.get(order(n)).kind)).toEqual(['unknown', 'live', 'unknown']);
    expect(book.size).toBe(2);
  });

  it('counts the time from when the end was handled, to the millisecond, however old the change was', () => {
    const book = new OrderBook(10);
    const handledAt = instant(dawn + 5 * hour + 1);
    book.set(order(7), over(7), handledAt);
    expect(book.sweep(instant(handledAt + hour - 1), hour, 10, always).orders).toEqual([]);
    expect(book.sweep(instant(handledAt + hour), hour, 10, always).orders).toHaveLength(1);
  });

  it('asks of each with its last change whether it may be forgotten', () => {
    const book = new OrderBook(10);
    book.set(order(7), over(7), dawn);
    const asked: unknown[] = [];
    book.sweep(later, hour, 10, (one, through) => asked.push([one, through.offset]) > 9);
    expect(asked).toEqual([[order(7), 7n]]);
    expect(book.size).toBe(1);
  });

  it('keeps the last position of the forgotten orders of each partition, in the journal too', () => {
    const book = new OrderBook(10);
    for (const n of [2, 3, 1]) book.set(order(n), over(n), dawn);
    const { watermarks } = book.sweep(later, hour, 10, always);
    const partition = partitionKey(sourceTopic, 0);
    expect(book.dropped(partition)).toEqual({ forgotten: lsnAt(3), evicted: null });
    expect(book.dropped(partitionKey(sourceTopic, 1))).toEqual(nothingDropped);
    const state = watermarks.get(partition) ?? initialState;
    const again = new OrderBook(10);
    again.restore(partition, watermarkOrder(partition), { state, at: dawn });
    expect([again.dropped(partition).forgotten, again.size]).toEqual([lsnAt(3), 0]);
    again.forget(new Set([partition]));
    expect(again.dropped(partition)).toEqual(nothingDropped);
  });

  it('looks at no more than it may, and goes on there the next time', () => {
    const book = new OrderBook(10);
    for (const n of [1, 2, 3, 4, 5]) book.set(order(n), over(n), dawn);
    expect([swept(book, 2), swept(book, 2), swept(book, 2)]).toEqual([
      [order(1), order(2)],
      [order(3), order(4)],
      [order(5)],
    ]);
    // Round again, and past those that stay.
    for (const n of [7, 8]) book.set(order(n), evolve(initialState, sent(aChange({ n }))), dawn);
    book.set(order(6), over(6), dawn);
    expect([swept(book, 2), swept(book, 2)]).toEqual([[], [order(6)]]);
  });

  it('keeps an order of which something is under way, and forgets it when that is over', () => {
    const book = new OrderBook(10);
    for (const n of [1, 2]) book.set(order(n), over(n), dawn);
    expect(swept(book, 10, one => one === order(1))).toEqual([order(2)]);
    expect(swept(book, 10)).toEqual([order(1)]);
  });

  it('misses none of those that came, changed or went between two looks', () => {
    const book = new OrderBook(10);
    for (const n of [1, 2, 3]) book.set(order(n), over(n), dawn);
    expect(swept(book, 1)).toEqual([order(1)]);
    book.set(order(2), over(2), dawn);
    book.forget(new Set([partitionKey('other', 0)]));
    book.set(order(4), over(4), dawn);
    expect(swept(book, 10).sort()).toEqual([order(2), order(3), order(4)]);
    expect(book.size).toBe(0);
  });
});
