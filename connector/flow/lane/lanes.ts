import type { MonotonicMs } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import type { DeliveryUnconfirmed } from '../../order/event.ts';
import { Fifo } from '../partition/fifo.ts';
import { type Entry, Lane } from './lane.ts';

/** All lanes that have something to do, and the queue of those that may start, first come first served. */
export class Lanes {
  readonly #lanes = new Map<MerchantBizNo, Lane>();
  readonly #ready = new Fifo<Lane>();
  readonly #waiting = new Set<Lane>();

  get size(): number {
    return this.#lanes.size;
  }

  get ready(): number {
    return this.#ready.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** The lane of an order; a new one is not ready yet: {@link makeReady} queues it once it has a change. */
  of(order: MerchantBizNo): { readonly lane: Lane; readonly isNew: boolean } {
    const known = this.#lanes.get(order);
    if (known) return { lane: known, isNew: false };
    const lane = new Lane(order);
    this.#lanes.set(order, lane);
    return { lane, isNew: true };
  }

  has(order: MerchantBizNo): boolean {
    return this.#lanes.has(order);
  }

  /** See {@link Lane.doubt}. */
  doubtOf(order: MerchantBizNo): DeliveryUnconfirmed | null {
    return this.#lanes.get(order)?.doubt ?? null;
  }

  makeReady(lane: Lane): void {
    lane.state = 'ready';
    this.#waiting.delete(lane);
    this.#ready.push(lane);
  }

  takeReady(): Lane | undefined {
    return this.#ready.shift();
  }

  makeWaiting(lane: Lane, wakeAt: MonotonicMs): AbortSignal {
    lane.state = 'waiting';
    lane.wake = new AbortController();
    lane.wakeAt = wakeAt;
    this.#waiting.add(lane);
    return lane.wake.signal;
  }

  /** Ends all waits: after an outage, or to stop. */
  wakeAll(): void {
    for (const lane of this.#waiting) lane.wake?.abort();
  }

  /** Ends the longest wait: an outage is probed with it when no other order is ready. */
  wakeOldest(): void {
    for (const lane of this.#waiting) {
      lane.wake?.abort();
      return;
    }
  }

  /** Takes the changes of revoked partitions out of all lanes, and gives them. A lane that waited for one is ready. */
  removeRevoked(): readonly Entry[] {
    return [...this.#lanes.values()].flatMap(lane => {
      const { head } = lane;
      const removed = lane.removeRevoked();
      if (lane.state === 'waiting' && lane.head !== head) {
        lane.wake?.abort();
        this.makeReady(lane);
      }
      return removed;
    });
  }

  /** Forgets a lane that has nothing to do. */
  drop(lane: Lane): void {
    this.#lanes.delete(lane.order);
  }
}
