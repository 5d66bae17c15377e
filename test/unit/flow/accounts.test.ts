import { beforeEach, describe, expect, it } from 'vitest';
import { Accounts } from '../../../connector/flow/accounts.ts';
import { entryOf } from '../../../connector/flow/lane.ts';
import { Load } from '../../../connector/flow/load.ts';
import { OrderBook } from '../../../connector/flow/order-book.ts';
import { PartitionFlow } from '../../../connector/flow/partition-flow.ts';
import { BrokenInvariant } from '../../../connector/kernel/assert.ts';
import { partitionKey } from '../../../connector/kernel/position.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { decide } from '../../../connector/order/decide.ts';
import { initialState } from '../../../connector/order/state.ts';
import { aChange, aPolicy, aRecord, type ChangeParts, sourceTopic } from '../../support/builders.ts';
import { RecordingMeter } from '../../support/flow-world.ts';
import { sent } from '../order/given.ts';

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
    accounts = new Accounts(book, load, meter);
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
    return { request: decision.request, healed: false };
  };

  it('settling frees the load, moves the frontier and counts, each once', () => {
    const entry = taken({ n: 4 });
    accounts.settle(entry, 'delivered');
    expect([load.records, load.bytes, partition.frontier.committable]).toEqual([0, 0, 5n]);
    expect(meter.outcomes.delivered).toBe(1);
    expect(() => accounts.settle(entry, 'delivered')).toThrow(BrokenInvariant);
    expect(load.records).toBe(0);
  });

  it('a skip is counted by its reason and its outcome', () => {
    accounts.skip(taken({ n: 1 }), 'unchanged');
    accounts.supersede(taken({ n: 2 }));
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
    book.set(order, { ...initialState, through: { topic: sourceTopic, partition: 0, offset: 0n } });
    expect(accounts.hasStrayed(entry)).toBe(false);
    book.set(order, { ...initialState, through: { topic: sourceTopic, partition: 1, offset: 0n } });
    expect(accounts.hasStrayed(entry)).toBe(true);
  });

  describe('a change that is superseded', () => {
    it('is forgotten when it was never sent', () => {
      accounts.supersede(taken({ n: 3 }));
      expect(book.get(order)).toBe(initialState);
    });

    it('leaves a doubt, and the bizDate that was sent, when it was sent', () => {
      const entry = taken({ n: 3 });
      const pending = pendingOf(entry);
      entry.pending = pending;
      accounts.supersede(entry);
      expect(book.get(order)).toMatchObject({ kind: 'unknown', bizDate: pending.request.bizDate });
    });

    it('leaves a doubt when a former owner may have sent it', () => {
      partition.repeatsBelow = 4n;
      accounts.supersede(taken({ n: 4 }));
      expect(book.get(order)).toBe(initialState);
      const repeated = aChange({ n: 3 });
      accounts.doubt(entryOf(repeated, aRecord({ offset: 3n }), partition));
      expect(book.get(order)).toMatchObject({ bizDate: repeated.bizDate });
    });

    it('leaves that doubt when superseded below the first end only', () => {
      partition.repeatsBelow = 4n;
      accounts.supersede(taken({ n: 3 }));
      expect(book.get(order)).toMatchObject({ kind: 'unknown', bizDate: aChange({ n: 3 }).bizDate });
    });
  });
});
