import type { PartitionKey, Position } from '../../kernel/position.ts';
import { partitionKey } from '../../kernel/position.ts';
import type { DurationMs, Instant } from '../../kernel/time.ts';
import { instant } from '../../kernel/time.ts';
import { type MerchantBizNo, merchantBizNo } from '../../order/change.ts';
import { type Dropped, nothingDropped } from '../../order/decide.ts';
import { isOlder, lastOf } from '../../order/source-position.ts';
import { initialState, type OrderState, overAt, type Unknown } from '../../order/state.ts';
import { type PackedState, StatePacker } from './packed-state.ts';

/** An order as the journal has it. */
export interface Restored {
  readonly state: OrderState;
  /** When its last change was handled. */
  readonly at: Instant;
}

/** Orders that were forgotten. */
export interface Swept {
  readonly orders: readonly { readonly order: MerchantBizNo; readonly partition: PartitionKey }[];
  /** What the journal must keep of each of their partitions, before it forgets them: the state of its {@link watermarkOrder}. */
  readonly watermarks: ReadonlyMap<PartitionKey, Unknown & { readonly through: Position }>;
}

/** No order has such an id: control characters are refused in one. */
const ownPrefix = '\u0000';

/** What stands in the journal for all forgotten orders of a partition: its state's source is the last of theirs. */
export function watermarkOrder(partition: PartitionKey): MerchantBizNo {
  return merchantBizNo(`${ownPrefix}forgotten/${partition}`);
}

/**
 * The state of the orders of the assigned partitions, packed. Bounded: past `ordersMax` the ones unchanged for longest are
 * evicted (not from the journal). Of what is dropped a watermark stays for each partition.
 */
export class OrderBook {
  readonly #ordersMax: number;
  readonly #onEvicted: () => void;
  readonly #packer = new StatePacker();
  // Insertion order is the order of the last change: the first is the one to evict.
  readonly #states = new Map<MerchantBizNo, PackedState>();
  readonly #watermarks = new Map<PartitionKey, Unknown & { readonly through: Position }>();
  readonly #evicted = new Map<PartitionKey, NonNullable<Dropped['evicted']>>();
  /** The last one that was read: deciding and accounting ask for it several times in a row. */
  #last: { readonly packed: PackedState; readonly state: OrderState } | null = null;
  #sweep: Iterator<[MerchantBizNo, PackedState]> | null = null;

  constructor(ordersMax: number, onEvicted: () => void = () => {}) {
    this.#ordersMax = ordersMax;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#states.size;
  }

  get(order: MerchantBizNo): OrderState {
    const packed = this.#states.get(order);
    return packed === undefined ? initialState : this.#unpack(packed);
  }

  /** What is still known of the orders of a partition whose state was dropped. */
  dropped(partition: PartitionKey): Dropped {
    const watermark = this.#watermarks.get(partition);
    const evicted = this.#evicted.get(partition);
    if (watermark === undefined && evicted === undefined) return nothingDropped;
    return { forgotten: watermark?.source ?? null, evicted: evicted ?? null };
  }

  /** `at`: when the order's last change was handled. */
  set(order: MerchantBizNo, state: OrderState, at: Instant): void {
    const packed = this.#packer.pack(state, at);
    this.#states.delete(order);
    this.#states.set(order, packed);
    this.#last = { packed, state };
    if (this.#states.size > this.#ordersMax) this.#evictOldest();
  }

  /**
   * Takes in what the journal of a partition remembers of an order. Where the order's changes came from two partitions,
   * both remember it: what the database did later stays.
   */
  restore(partition: PartitionKey, order: MerchantBizNo, restored: Restored | null): void {
    const state = restored?.state ?? initialState;
    if (order.startsWith(ownPrefix)) {
      if (state.kind !== 'unknown' || state.through === null) this.#watermarks.delete(partition);
      else this.#watermarks.set(partition, { ...state, through: state.through });
      return;
    }
    const packed = this.#states.get(order);
    const isOther = packed !== undefined && this.#partitionOf(packed) !== partition;
    if (restored === null || state.source === null) {
      if (!isOther) this.#states.delete(order);
      return;
    }
    const known = isOther ? this.get(order).source : null;
    if (known === null || !isOlder(state.source, known)) this.set(order, state, restored.at);
  }

  /** Drops the orders of partitions that another instance has now: it moves their state on. */
  forget(partitions: ReadonlySet<PartitionKey>): void {
    if (partitions.size === 0) return;
    for (const [order, packed] of this.#states) {
      if (partitions.has(this.#partitionOf(packed))) this.#states.delete(order);
    }
    for (const partition of partitions) {
      this.#watermarks.delete(partition);
      this.#evicted.delete(partition);
    }
  }

  /**
   * Forgets orders whose card is over for `afterMs`, among the next `most` that are read. `mayForget` is asked for each, with the
   * last change that was handled.
   */
  sweep(
    now: Instant,
    afterMs: DurationMs,
    most: number,
    mayForget: (order: MerchantBizNo, through: Position) => boolean,
  ): Swept {
    const orders: { readonly order: MerchantBizNo; readonly partition: PartitionKey }[] = [];
    const watermarks = new Map<PartitionKey, Unknown & { readonly through: Position }>();
    this.#sweep ??= this.#states.entries();
    for (let read = 0; read < most; read++) {
      const { value, done } = this.#sweep.next();
      if (done) {
        this.#sweep = null;
        break;
      }
      const [order, packed] = value;
      const state = this.#packer.unpack(packed);
      const { through, source } = state;
      if (through === null || source === null) continue;
      if (overAt(state, this.#packer.headOf(packed).at) + afterMs > now || !mayForget(order, through)) continue;
      this.#states.delete(order);
      const partition = this.#partitionOf(packed);
      orders.push({ order, partition });
      const known = this.#watermarks.get(partition)?.source ?? null;
      const watermark = { ...initialState, through, source: lastOf(source, known) };
      this.#watermarks.set(partition, watermark);
      watermarks.set(partition, watermark);
    }
    return { orders, watermarks };
  }

  #evictOldest(): void {
    for (const [order, packed] of this.#states) {
      const { source, bizDate } = this.#packer.unpack(packed);
      this.#states.delete(order);
      if (source === null) return;
      const partition = this.#partitionOf(packed);
      const known = this.#evicted.get(partition) ?? null;
      const highest = instant(
        Math.max(bizDate ?? Number.NEGATIVE_INFINITY, known?.bizDate ?? Number.NEGATIVE_INFINITY),
      );
      this.#evicted.set(partition, {
        source: lastOf(source, known?.source ?? null),
        bizDate: Number.isFinite(highest) ? highest : null,
      });
      this.#onEvicted();
      return;
    }
  }

  #unpack(packed: PackedState): OrderState {
    if (packed !== this.#last?.packed) this.#last = { packed, state: this.#packer.unpack(packed) };
    return this.#last.state;
  }

  #partitionOf(packed: PackedState): PartitionKey {
    const { topic, partition } = this.#packer.headOf(packed);
    return partitionKey(topic, partition);
  }
}
