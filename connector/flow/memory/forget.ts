import type { PartitionKey } from '../../kernel/position.ts';
import type { DurationMs, Instant } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import type { PartitionFlow } from '../partition/partition-flow.ts';
import type { OrderBook } from './order-book.ts';

// Orders that are looked at between two commits: a million are gone through in a few minutes, without a pause that is felt.
const sweepOrders = 5_000;

/** What forgetting works with. */
export interface ForgetParts {
  readonly book: OrderBook;
  readonly forget: (order: MerchantBizNo, partition: PartitionFlow) => Promise<void>;
  readonly partitions: ReadonlyMap<PartitionKey, PartitionFlow>;
  /** Something is queued, in flight or owed of this order. */
  readonly isBusy: (order: MerchantBizNo) => boolean;
  readonly fail: (error: unknown) => void;
}

/**
 * Forgets orders whose card is over for `afterMs`, some of them at a time; the journal is told. Nothing is forgotten while a
 * journal is being read: what it says later of the same order would be hidden by our tombstone.
 */
export function forgetOver(now: Instant, afterMs: DurationMs, parts: ForgetParts): void {
  const { book, forget, partitions, isBusy, fail } = parts;
  for (const { restored } of partitions.values()) if (!restored) return;
  const over = book.sweep(now, afterMs, sweepOrders, isBusy);
  for (const { order, partition: key } of over) {
    const partition = partitions.get(key);
    if (partition === undefined) continue;
    forget(order, partition).catch(error => {
      if (!partition.revoked) fail(error);
    });
  }
}
