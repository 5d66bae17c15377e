import { describe, expect, it } from 'vitest';
import type { Order } from '../../demo/order.ts';
import {
  type GeneratorOptions,
  type GeneratorRun,
  planSteps,
  runGenerator,
  type Step,
} from '../../demo/order-generator.ts';
import type { OrdersDb } from '../../demo/orders-db.ts';
import { kinds, makeOrders } from '../../demo/seed.ts';

const now = new Date('2026-11-23T09:30:00Z');
const orders = makeOrders(5, 90, now);
const options: GeneratorOptions = { seed: 5, changes: 400, inserts: 10, now };

const plan = (changed: Partial<GeneratorOptions> = {}) => [...planSteps(orders, { ...options, ...changed })];

describe('the plan of changes', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(plan()).toEqual(plan());
    expect(plan({ seed: 6 })).not.toEqual(plan());
  });

  it('makes as many changes and new orders as asked', () => {
    const steps = plan();
    expect(steps).toHaveLength(400);
    expect(steps.filter(step => step.kind === 'insert')).toHaveLength(10);
  });

  it('takes each order only to a status that may follow, and nowhere after its last or after its delete', () => {
    const rows = new Map(orders.map(order => [order.merchantBizNo, order]));
    let moves = 0;
    for (const { kind, order } of plan()) {
      const before = rows.get(order.merchantBizNo);
      if (kind === 'insert') expect(before).toBeUndefined();
      if (kind === 'update') {
        const following = kinds[order.kind].next[before?.status ?? ''] ?? [];
        expect(following.length, `${order.merchantBizNo} after ${before?.status}`).toBeGreaterThan(0);
        if (before?.status !== order.status) {
          expect(following.map(([status]) => status)).toContain(order.status);
          moves++;
        }
      }
      if (kind === 'delete') rows.delete(order.merchantBizNo);
      else rows.set(order.merchantBizNo, order);
    }
    expect(moves).toBeGreaterThan(50);
  });

  it('changes amounts and times, and deletes an order now and then', () => {
    const rows = new Map(orders.map(order => [order.merchantBizNo, order]));
    const seen = { amount: 0, time: 0, delete: 0 };
    for (const { kind, order } of plan({ changes: 1000 })) {
      const before = rows.get(order.merchantBizNo);
      if (before && before.amountCents !== order.amountCents) seen.amount++;
      if (before && Number(before.startsAt) !== Number(order.startsAt)) seen.time++;
      if (kind === 'delete') seen.delete++;
      rows.set(order.merchantBizNo, order);
    }
    expect(Math.min(seen.amount, seen.time, seen.delete)).toBeGreaterThan(3);
  });

  it('goes on without end, with as many orders changing as at the start', () => {
    const steps = planSteps(orders, { ...options, changes: Infinity, inserts: Infinity });
    const taken = Array.from({ length: 3000 }, () => steps.next().value as Step);
    expect(taken.filter(step => step.kind === 'insert').length).toBeGreaterThan(300);
    const numbers = taken.slice(-500).map(step => step.order.merchantBizNo);
    const again = numbers.filter((number, index) => number === numbers[index - 1]);
    expect(again.length).toBeLessThan(25);
  });

  it('stops when there is nothing left to change', () => {
    const [only] = orders;
    expect([...planSteps([only as Order], { ...options, inserts: 0, changes: 3 })].length).toBeLessThanOrEqual(3);
    const final = { ...(only as Order), status: 'paid' };
    expect([...planSteps([final], { ...options, inserts: 0 })]).toEqual([]);
  });
});

describe('the generator', () => {
  it('carries the whole plan out in its order, several changes in one transaction now and then', async () => {
    const table = new FakeTable();
    const commits: (readonly Step[])[] = [];
    await run(table, { onCommit: steps => commits.push(steps) });
    expect(commits.flat()).toEqual(plan());
    expect(table.applied).toEqual(plan().map(step => `${step.kind} ${step.order.merchantBizNo}`));
    expect(table.transactions).toBe(commits.filter(steps => steps.length > 1).length);
    expect(table.transactions).toBeGreaterThan(5);
  });

  it('carries out the last changes too, wherever the plan ends', async () => {
    for (let changes = 30; changes < 45; changes++) {
      const table = new FakeTable();
      await run(table, { changes });
      expect(table.applied).toHaveLength(changes);
    }
  });

  it('never changes an order twice in one transaction, nor within 2 ms', async () => {
    const table = new FakeTable();
    // So few orders that the same one comes again and again.
    await run(table, { changes: 200, inserts: 0 }, orders.slice(0, 4));
    const pauses = table.pausesOfOneOrder();
    expect(pauses.length).toBeGreaterThan(50);
    expect(Math.min(...pauses)).toBeGreaterThan(2);
  });

  it('stops when it is aborted', async () => {
    const table = new FakeTable();
    const abort = new AbortController();
    let commits = 0;
    const onCommit = () => {
      if (++commits === 5) abort.abort();
    };
    await run(table, { changes: Infinity, inserts: Infinity, signal: abort.signal, onCommit });
    expect(commits).toBe(5);
  });
});

function run(table: FakeTable, changed: Partial<GeneratorRun> = {}, from: readonly Order[] = orders): Promise<void> {
  const signal = new AbortController().signal;
  return runGenerator(table as unknown as OrdersDb, from, { ...options, rate: 1e6, signal, ...changed });
}

/** Notes what is done to it, and when. */
class FakeTable {
  readonly applied: string[] = [];
  readonly #at: number[] = [];
  transactions = 0;

  async insert([order]: readonly Order[]): Promise<void> {
    this.#note('insert', order?.merchantBizNo);
  }

  async update(order: Order): Promise<void> {
    this.#note('update', order.merchantBizNo);
  }

  async remove(merchantBizNo: string): Promise<void> {
    this.#note('delete', merchantBizNo);
  }

  async transaction(work: () => Promise<void>): Promise<void> {
    this.transactions++;
    await work();
  }

  #note(kind: string, merchantBizNo: string | undefined): void {
    this.applied.push(`${kind} ${merchantBizNo}`);
    this.#at.push(performance.now());
  }

  /** Milliseconds between changes of the same order. */
  pausesOfOneOrder(): number[] {
    return this.#at.flatMap((at, index) => {
      const number = this.applied[index]?.split(' ')[1] ?? '';
      const before = this.applied.slice(0, index).findLastIndex(change => change.endsWith(number));
      return before < 0 ? [] : [at - (this.#at[before] ?? 0)];
    });
  }
}
