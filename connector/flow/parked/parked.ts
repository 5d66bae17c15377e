import { type DurationMs, type MonotonicMs, monotonic } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import type { PartitionFlow } from '../partition/partition-flow.ts';
import type { Owed } from '../ports.ts';
import { DueQueue } from './due-queue.ts';

/** The times of a delivery that is owed, on the monotonic clock: those in {@link Owed} are the wall clock's, for the journal. */
export interface ParkedTimes {
  readonly dueAt: MonotonicMs;
  readonly firstTriedAt: MonotonicMs | null;
}

/** A delivery that is owed, and the assignment it belongs to. */
export interface Parked {
  readonly order: MerchantBizNo;
  readonly owed: Owed;
  readonly partition: PartitionFlow;
  /** See {@link ParkedTimes}. */
  readonly firstTriedAt: MonotonicMs | null;
  /** When it is looked at next: first when it is due. */
  lookAt: MonotonicMs;
  /** It is in a lane, and comes back by {@link ParkedOrders.put} or {@link ParkedOrders.remove}. */
  released: boolean;
}

// One that is due, but may not go yet (its order's lane is busy, its partition not read up), is looked at again so much later.
const lookAgainMs: DurationMs = 1_000;

/**
 * The owed deliveries of all assigned partitions: one for each order, since a newer change takes an older one's place. Only an
 * order whose changes came from two partitions may owe one in each, for each has a journal of its own.
 */
export class ParkedOrders {
  readonly #byOrder = new Map<MerchantBizNo, readonly Parked[]>();
  // Of ids, not of deliveries: what was removed long before it was due must not stay in memory.
  #due = new DueQueue<MerchantBizNo>();
  #size = 0;
  #released = 0;

  get size(): number {
    return this.#size;
  }

  /** How many of them are in lanes. */
  get released(): number {
    return this.#released;
  }

  /** When the first may be due; null when none is parked. */
  get nextAt(): MonotonicMs | null {
    return this.#due.nextAt;
  }

  /** All that an order owes. */
  of(order: MerchantBizNo): readonly Parked[] {
    return this.#byOrder.get(order) ?? [];
  }

  /** What an order owes of a partition. */
  get(order: MerchantBizNo, partition: PartitionFlow): Parked | undefined {
    return this.of(order).find(parked => parked.partition === partition);
  }

  /** Orders that owe in more than one partition. */
  get divided(): readonly (readonly Parked[])[] {
    return [...this.#byOrder.values()].filter(({ length }) => length > 1);
  }

  /** Takes the place of what was owed of the order in the partition before. */
  put(order: MerchantBizNo, owed: Owed, partition: PartitionFlow, { dueAt, firstTriedAt }: ParkedTimes): void {
    this.remove(order, partition);
    const parked = { order, owed, partition, firstTriedAt, lookAt: dueAt, released: false };
    this.#byOrder.set(order, [...this.of(order), parked]);
    this.#size++;
    partition.parked++;
    this.#due.push(dueAt, order);
    if (this.#due.size > 2 * this.size + 64) this.#compact();
  }

  /** The order owes nothing more of the partition. */
  remove(order: MerchantBizNo, partition: PartitionFlow): Parked | undefined {
    const parked = this.get(order, partition);
    if (parked === undefined) return undefined;
    const others = this.of(order).filter(other => other !== parked);
    if (others.length === 0) this.#byOrder.delete(order);
    else this.#byOrder.set(order, others);
    this.#size--;
    partition.parked--;
    if (parked.released) this.#released--;
    return parked;
  }

  /** Releases the next one that is due and may go. */
  takeDue(now: MonotonicMs, mayGo: (parked: Parked) => boolean): Parked | undefined {
    for (let order = this.#due.take(now); order !== undefined; order = this.#due.take(now)) {
      for (const parked of this.of(order)) {
        // It was put anew meanwhile.
        if (parked.released || parked.lookAt > now) continue;
        if (mayGo(parked)) {
          parked.released = true;
          this.#released++;
          return parked;
        }
        parked.lookAt = monotonic(now + lookAgainMs);
        this.#due.push(parked.lookAt, order);
      }
    }
    return undefined;
  }

  /** Forgets what is owed of partitions that were taken away: their new owner has it from the journal. */
  forgetRevoked(): void {
    for (const { order, partition } of this.#all) if (partition.revoked) this.remove(order, partition);
  }

  get #all(): readonly Parked[] {
    return [...this.#byOrder.values()].flat();
  }

  #compact(): void {
    this.#due = new DueQueue();
    for (const { order, lookAt } of this.#all) this.#due.push(lookAt, order);
  }
}
