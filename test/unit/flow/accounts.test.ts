import { beforeEach, describe, expect, it } from 'vitest';
import type { Accounts } from '../../../connector/flow/accounts.ts';
import { entryOf } from '../../../connector/flow/lane/lane.ts';
import { OrderBook } from '../../../connector/flow/memory/order-book.ts';
import { Load } from '../../../connector/flow/partition/load.ts';
import { PartitionFlow } from '../../../connector/flow/partition/partition-flow.ts';
import { BrokenInvariant } from '../../../connector/kernel/assert.ts';
import { partitionKey } from '../../../connector/kernel/position.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { decide } from '../../../connector/order/decide.ts';
import { initialState } from '../../../connector/order/state.ts';
import { aChange, aPolicy, aRecord, type ChangeParts, dawn, lsnAt, sourceTopic } from '../../support/builders.ts';
import { RecordingMeter } from '../../support/flow-world.ts';
import { sent } from '../order/given.ts';
import { keptWith } from './kept.ts';

const order = merchantBizNo('A-1');

describe('Accounts', () => {
  let meter: RecordingMeter;
  let book: OrderBook;
  let load: Load;
  let accounts: Accounts;
  let partition: PartitionFlow;

  beforeEach(() => {
    meter = new RecordingMeter();
    book = new OrderBook(10);
    load = new Load({ recordsMax: 10, bytesMax: 1e6 });
    accounts = keptWith({ book, load, meter }).accounts;
    partition = new PartitionFlow(partitionKey(sourceTopic, 0));
  });

  /** An entry as the pipeline makes it: its offset is accepted, its record counted. */
  const taken = (parts: ChangeParts = {}) => {
    const change = aChange(parts);
    const entry = entryOf(change, aRecord({ offset: change.position.offset }), partition);
    partition.frontier.accept(change.position.offset, entry.record.timestamp);
    load.add(entry.record);
    return entry;
  };
  const pendingOf = (entry: ReturnType<typeof taken>) => {
    const decision = decide(initialState, entry.change, aPolicy());
    if (decision.kind === 'skip') throw new Error('nothing to send');
    return { request: decision.request, heals: 0 };
  };

  it('settling frees the load, moves the frontier and counts, each once', () => {
    const entry = taken({ n: 4 });
    accounts.settle(entry, 'delivered');
    expect([load.records, load.bytes, partition.frontier.committable]).toEqual([0, 0, 5n]);
    expect(meter.outcomes.delivered).toBe(1);
    expect(() => accounts.settle(entry, 'delivered')).toThrow(BrokenInvariant);
    expect(load.records).toBe(0);
  });

  it('a skip is counted by its reason and its outcome', async () => {
    accounts.skip(taken({ n: 1 }), 'unchanged');
    const [older, newer] = [taken({ n: 2 }), taken({ n: 3 })];
    accounts.supersede(older, newer);
    await newer.noted;
    expect(meter.skips).toEqual(['unchanged', 'superseded']);
    expect(meter.outcomes).toMatchObject({ skipped: 1, superseded: 1 });
  });

  it('counts an entry once towards the load, and uncounts it once', () => {
    const entry = taken();
    accounts.count(entry);
    expect(load.records).toBe(1);
    accounts.uncount(entry);
    accounts.uncount(entry);
    expect(load.records).toBe(0);
    accounts.count(entry);
    expect(load.records).toBe(1);
  });

  it("moves the order's state on, but not of a partition that another has", () => {
    const entry = taken();
    partition.revoke();
    accounts.remember(entry, sent(entry.change));
    expect(book.get(order)).toBe(initialState);
    const ours = entryOf(entry.change, entry.record, new PartitionFlow(partitionKey(sourceTopic, 0)));
    accounts.remember(ours, sent(entry.change));
    expect(book.get(order).kind).toBe('live');
  });

  it('knows when an order comes from another partition than before', () => {
    const entry = taken();
    expect(accounts.hasStrayed(entry)).toBe(false);
    book.set(
      order,
      { ...initialState, through: { topic: sourceTopic, partition: 0, offset: 0n }, source: lsnAt(0) },
      dawn,
    );
    expect(accounts.hasStrayed(entry)).toBe(false);
    book.set(
      order,
      { ...initialState, through: { topic: sourceTopic, partition: 1, offset: 0n }, source: lsnAt(0) },
      dawn,
    );
    expect(accounts.hasStrayed(entry)).toBe(true);
  });

  describe('a change that is superseded', () => {
    it('is forgotten when it was never sent', () => {
      const [older, newer] = [taken({ n: 3 }), taken({ n: 4 })];
      accounts.supersede(older, newer);
      expect(newer.doubt).toBeNull();
    });

    it('leaves a doubt, with the bizDate as it was sent, when it was sent', () => {
      const older = taken({ n: 3 });
      const { request } = pendingOf(older);
      const bizDate = instant(request.bizDate + 7);
      older.pending = { request: { ...request, bizDate }, heals: 0 };
      const newer = taken({ n: 4 });
      accounts.supersede(older, newer);
      expect(newer.doubt).toMatchObject({ kind: 'delivery-unconfirmed', position: older.change.position, bizDate });
    });

    it('leaves a doubt when a former owner may have sent it: below the first end of the partition', () => {
      partition.repeatsBelow = 4n;
      const [three, four, five] = [3, 4, 5].map(n => taken({ n }));
      if (!three || !four || !five) throw new Error('three entries');
      accounts.supersede(four, five);
      expect(five.doubt).toBeNull();
      accounts.supersede(three, five);
      expect(five.doubt).toMatchObject({ bizDate: three.change.bizDate });
    });

    it('hands on the doubts it took over: the highest bizDate, and an end if there was any', () => {
      partition.repeatsBelow = 9n;
      const [end, next, last] = [taken({ n: 3, ends: true }), taken({ n: 4 }), taken({ n: 5 })];
      accounts.supersede(end, next);
      accounts.supersede(next, last);
      expect(last.doubt).toMatchObject({ position: next.change.position, bizDate: next.change.bizDate, ends: true });
    });

    it("tells the order's state only when the turn of the newer one comes, and once", () => {
      partition.repeatsBelow = 4n;
      const [older, newer] = [taken({ n: 3 }), taken({ n: 4 })];
      accounts.supersede(older, newer);
      // That it is over is known, not yet what may have been sent.
      expect(book.get(order)).toMatchObject({ bizDate: null, through: older.change.position });
      accounts.inherit(newer);
      const told = book.get(order);
      expect(told).toMatchObject({ kind: 'unknown', bizDate: older.change.bizDate, through: older.change.position });
      expect(newer.doubt).toBeNull();
      accounts.inherit(newer);
      expect(book.get(order)).toEqual(told);
    });
  });

  it('hands on the earliest endDate of those it took over', () => {
    partition.repeatsBelow = 9n;
    const endDates = [null, 300, 200, null];
    const entries = [
      ...endDates.map((endDate, n) => taken({ n: n + 1, endDate: endDate === null ? null : instant(endDate) })),
      taken({ n: 5 }),
    ];
    for (const [index, older] of entries.entries()) {
      const newer = entries[index + 1];
      if (newer) accounts.supersede(older, newer);
    }
    expect(entries.at(-1)?.doubt).toMatchObject({ endDate: 200 });
  });

  it('doubts a change that is given up without an outcome', () => {
    const entry = taken({ n: 3 });
    accounts.doubt(entry);
    expect(book.get(order)).toMatchObject({ kind: 'unknown', bizDate: entry.change.bizDate });
  });
});
