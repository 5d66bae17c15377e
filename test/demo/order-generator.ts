import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './order.ts';
import type { OrderTable } from './orders-db.ts';
import { Random } from './random.ts';
import { kinds, makeOrder } from './seed.ts';

/** One change of one row. */
export type Step =
  | { readonly kind: 'insert'; readonly order: Order }
  | { readonly kind: 'update'; readonly order: Order }
  | { readonly kind: 'delete'; readonly order: Order };

/** How the shop goes on. */
export interface GeneratorOptions {
  readonly seed: number;
  /** Row changes to make in all; `Infinity` goes on until it is aborted. */
  readonly changes: number;
  /** New orders among the changes. Where the changes are endless: as many as keep `orders.length` orders changing. */
  readonly inserts: number;
  /** Number of the first new order; `orders.length` where not given, as it is right while none was made or deleted. */
  readonly firstNumber?: number;
  readonly now: Date;
}

/** What the generator runs with. */
export interface GeneratorRun extends GeneratorOptions {
  /** Row changes a second. */
  readonly rate: number;
  readonly signal: AbortSignal;
  /** Called after each commit, with what it committed. */
  readonly onCommit?: (steps: readonly Step[]) => void;
}

// bizDate counts milliseconds: changes of one order keep clear of one another.
const apartMs = 4;
const deleteShare = 0.01;
const advanceShare = 0.65;
const batchShare = 0.1;

/**
 * The shop's next changes, without end or until nothing can change any more: each order goes through statuses that can follow one another, amounts
 * and times change now and then, new orders come, a few are deleted. The same orders and options give the same steps.
 */
export function* planSteps(orders: readonly Order[], options: GeneratorOptions): Generator<Step, void, void> {
  const random = Random.of(options.seed, -1);
  const target = orders.length;
  const { firstNumber = target } = options;
  const changing = orders.filter(canChange);
  let inserted = 0;
  for (let made = 0; made < options.changes; made++) {
    const insertsLeft = options.inserts - inserted;
    const insertNow = Number.isFinite(options.changes)
      ? random.chance(insertsLeft / (options.changes - made))
      : insertsLeft > 0 && changing.length < target;
    if (insertNow || (changing.length === 0 && insertsLeft > 0)) {
      const order = makeOrder(options.seed, firstNumber + inserted++, options.now);
      if (canChange(order)) changing.push(order);
      yield { kind: 'insert', order };
      continue;
    }
    const index = random.int(0, changing.length - 1);
    const order = changing[index];
    if (order === undefined) return;
    // Where many changes are asked of few orders, they come to their ends slowly.
    const share = Number.isFinite(options.changes) ? (0.3 * changing.length) / (options.changes - made) : 1;
    const step = changeOf(order, random.chance(Math.min(advanceShare, share)), random);
    if (step.kind === 'update' && canChange(step.order)) changing[index] = step.order;
    else changing.splice(index, 1);
    yield step;
  }
}

/** Carries the plan out, at the set rate, now and then several changes in one transaction. Resolves when it is through or aborted. */
export async function runGenerator(db: OrderTable, orders: readonly Order[], run: GeneratorRun): Promise<void> {
  const batching = Random.of(run.seed, -2);
  const changedAt = new Map<string, number>();
  const startedAt = performance.now();
  let made = 0;
  for (const steps of inBatches(planSteps(orders, run), batching)) {
    await pause(startedAt + (made * 1000) / run.rate - performance.now(), run.signal);
    const last = Math.max(...steps.map(step => changedAt.get(step.order.merchantBizNo) ?? 0));
    await pause(last + apartMs - performance.now(), run.signal);
    if (run.signal.aborted) return;
    const apply = async () => {
      for (const step of steps) await applyStep(db, step);
    };
    await (steps.length > 1 ? db.transaction(apply) : apply());
    for (const step of steps) changedAt.set(step.order.merchantBizNo, performance.now());
    made += steps.length;
    run.onCommit?.(steps);
  }
}

function canChange(order: Order): boolean {
  return (kinds[order.kind].next[order.status] ?? []).length > 0;
}

function changeOf(order: Order, advance: boolean, random: Random): Step {
  if (random.chance(deleteShare)) return { kind: 'delete', order };
  const { next, enter, adjust } = kinds[order.kind];
  if (!advance) return { kind: 'update', order: adjust(order, random) };
  const status = random.weighted(next[order.status] ?? []);
  return { kind: 'update', order: enter({ ...order, status }, random) };
}

/** Groups steps of different orders for one transaction, here and there; an order is never twice in one group. */
function* inBatches(steps: Iterable<Step>, random: Random): Generator<readonly Step[], void, void> {
  let batch: Step[] = [];
  let size = 1;
  for (const step of steps) {
    if (batch.some(one => one.order.merchantBizNo === step.order.merchantBizNo)) {
      yield batch;
      batch = [];
    }
    if (batch.length === 0) size = random.chance(batchShare) ? random.int(2, 6) : 1;
    batch.push(step);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function applyStep(db: OrderTable, step: Step): Promise<void> {
  switch (step.kind) {
    case 'insert':
      return db.insert([step.order]);
    case 'update':
      return db.update(step.order);
    case 'delete':
      return db.remove(step.order.merchantBizNo);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}
