import type { LastRow } from '../compare.ts';
import type { Order } from '../order.ts';
import type { Step } from '../order-generator.ts';

/** What became of the shop's table: the last row of every order, and how many changes there were. */
export class Shop {
  readonly #rows = new Map<string, LastRow>();
  readonly counts = { insert: 0, update: 0, delete: 0 };

  constructor(seeded: readonly Order[]) {
    for (const order of seeded) this.#rows.set(order.merchantBizNo, { order, deleted: false });
  }

  /** Takes in what was committed. */
  see(steps: readonly Step[]): void {
    for (const { kind, order } of steps) {
      this.counts[kind]++;
      this.#rows.set(order.merchantBizNo, { order, deleted: kind === 'delete' });
    }
  }

  /** Orders ever made. */
  get orders(): number {
    return this.#rows.size;
  }

  /** Row changes since the seed. */
  get changes(): number {
    return this.counts.insert + this.counts.update + this.counts.delete;
  }

  /** Rows deleted, with what they were last. */
  get deleted(): LastRow[] {
    return [...this.#rows.values()].filter(row => row.deleted);
  }
}
