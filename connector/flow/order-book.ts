import type { PartitionKey } from '../kernel/position.ts';
import { partitionKey } from '../kernel/position.ts';
import type { MerchantBizNo } from '../order/change.ts';
import { initialState, type OrderState } from '../order/state.ts';

/** The state of the orders of the assigned partitions, bounded: past `ordersMax` the ones unchanged for longest are forgotten. */
export class OrderBook {
  readonly #ordersMax: number;
  // Insertion order is the order of the last change: the first is the one to forget.
  readonly #states = new Map<MerchantBizNo, OrderState>();

  constructor(ordersMax: number) {
    this.#ordersMax = ordersMax;
  }

  get size(): number {
    return this.#states.size;
  }

  get(order: MerchantBizNo): OrderState {
    return this.#states.get(order) ?? initialState;
  }

  set(order: MerchantBizNo, state: OrderState): void {
    this.#states.delete(order);
    this.#states.set(order, state);
    if (this.#states.size <= this.#ordersMax) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      break;
    }
  }

  /** Forgets the orders of partitions that another instance has now: it moves their state on. */
  forget(partitions: ReadonlySet<PartitionKey>): void {
    for (const [order, state] of this.#states) {
      const { through } = state;
      if (through !== null && partitions.has(partitionKey(through.topic, through.partition)))
        this.#states.delete(order);
    }
  }
}
