import type { PartitionKey } from '../../kernel/position.ts';
import { partitionKey } from '../../kernel/position.ts';
import type { DurationMs, Instant } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import { isOlder } from '../../order/source-position.ts';
import { initialState, type OrderState, overAt } from '../../order/state.ts';
import { type PackedState, StatePacker } from './packed-state.ts';

/**
 * The state of the orders of the assigned partitions, packed. Bounded: past `ordersMax` the ones unchanged for longest are
 * forgotten here (not in the journal).
 */
export class OrderBook {
  readonly #ordersMax: number;
  readonly #packer = new StatePacker();
  // Insertion order is the order of the last change: the first is the one to forget.
  readonly #states = new Map<MerchantBizNo, PackedState>();
  /** The last one that was looked at: deciding and accounting ask for it several times in a row. */
  #last: { readonly packed: PackedState; readonly state: OrderState } | null = null;
  #sweep: Iterator<[MerchantBizNo, PackedState]> | null = null;

  constructor(ordersMax: number) {
    this.#ordersMax = ordersMax;
  }

  get size(): number {
    return this.#states.size;
  }

  get(order: MerchantBizNo): OrderState {
    const packed = this.#states.get(order);
    if (packed === undefined) return initialState;
    if (packed !== this.#last?.packed) this.#last = { packed, state: this.#packer.unpack(packed) };
    return this.#last.state;
  }

  set(order: MerchantBizNo, state: OrderState): void {
    const packed = this.#packer.pack(state);
    this.#states.delete(order);
    this.#states.set(order, packed);
    this.#last = { packed, state };
    if (this.#states.size <= this.#ordersMax) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      break;
    }
  }

  /**
   * Takes in what the journal of a partition remembers of an order. Where the order's changes came from two partitions,
   * both remember it: what the database did later stays.
   */
  restore(partition: PartitionKey, order: MerchantBizNo, state: OrderState | null): void {
    const packed = this.#states.get(order);
    const isOther = packed !== undefined && this.#partitionOf(packed) !== partition;
    if (state === null || state.source === null) {
      if (!isOther) this.#states.delete(order);
      return;
    }
    const known = isOther ? this.get(order).source : null;
    if (known === null || !isOlder(state.source, known)) this.set(order, state);
  }

  /** Forgets the orders of partitions that another instance has now: it moves their state on. */
  forget(partitions: ReadonlySet<PartitionKey>): void {
    if (partitions.size === 0) return;
    for (const [order, packed] of this.#states) {
      if (partitions.has(this.#partitionOf(packed))) this.#states.delete(order);
    }
  }

  /**
   * Forgets orders whose card is over for `afterMs`, among the next `most` that are looked at, and gives them with their
   * partition. `isBusy` keeps one.
   */
  sweep(
    now: Instant,
    afterMs: DurationMs,
    most: number,
    isBusy: (order: MerchantBizNo) => boolean,
  ): readonly { readonly order: MerchantBizNo; readonly partition: PartitionKey }[] {
    const over: { readonly order: MerchantBizNo; readonly partition: PartitionKey }[] = [];
    this.#sweep ??= this.#states.entries();
    for (let looked = 0; looked < most; looked++) {
      const { value, done } = this.#sweep.next();
      if (done) {
        this.#sweep = null;
        break;
      }
      const [order, packed] = value;
      const at = overAt(this.#packer.unpack(packed));
      if (at === null || at + afterMs > now || isBusy(order)) continue;
      this.#states.delete(order);
      over.push({ order, partition: this.#partitionOf(packed) });
    }
    return over;
  }

  #partitionOf(packed: PackedState): PartitionKey {
    const { topic, partition } = this.#packer.placeOf(packed);
    return partitionKey(topic, partition);
  }
}
