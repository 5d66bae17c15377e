import type { Offset, PartitionKey, Position } from '../../kernel/position.ts';
import { partitionKey } from '../../kernel/position.ts';
import type { DurationMs, Instant } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import type { PartitionFlow } from '../partition/partition-flow.ts';
import type { Journal } from '../ports.ts';
import { type OrderBook, watermarkOrder } from './order-book.ts';

// Orders that are read between two commits: a million take a few minutes, without a pause that is felt.
const sweepOrders = 5_000;

/** What forgetting works with. */
export interface ForgetParts {
  readonly book: OrderBook;
  readonly journal: Pick<Journal, 'append'>;
  readonly forget: (order: MerchantBizNo, partition: PartitionFlow) => Promise<void>;
  readonly partitions: ReadonlyMap<PartitionKey, PartitionFlow>;
  /** Something is queued, in flight or pending of this order. */
  readonly isBusy: (order: MerchantBizNo) => boolean;
  readonly fail: (error: unknown) => void;
}

/**
 * Forgets orders whose card is over for `afterMs`, some of them at a time, in the journal too. Only what is committed: after a crash
 * the rest is read again, and an old change would make the card again. What Debezium repeats of them later is at or below their
 * partition's watermark, which the journal has before it forgets them. Nothing is forgotten while a journal is being read: what it
 * says later of the same order would be hidden by our tombstone.
 */
export function forgetOver(now: Instant, afterMs: DurationMs, parts: ForgetParts): void {
  const { book, journal, forget, partitions, isBusy, fail } = parts;
  for (const { restored } of partitions.values()) if (!restored) return;
  const { orders, watermarks } = book.sweep(
    now,
    afterMs,
    sweepOrders,
    (order, through) => isCommitted(through, partitions) && !isBusy(order),
  );
  const withPartition = (key: PartitionKey, write: (partition: PartitionFlow) => Promise<void>) => {
    const partition = partitions.get(key);
    if (partition === undefined) return;
    write(partition).catch(error => {
      if (!partition.revoked) fail(error);
    });
  };
  for (const [partition, state] of watermarks) {
    const order = watermarkOrder(partition);
    const nothing = { requestId: null, command: null, attempts: 0, detail: null, owed: null } as const;
    const entry = { partition, order, event: 'skipped', position: state.through, at: now, state, ...nothing } as const;
    withPartition(partition, ({ signal }) => journal.append(entry, signal));
  }
  for (const { order, partition } of orders) withPartition(partition, flow => forget(order, flow));
}

function isCommitted({ topic, partition, offset }: Position, partitions: ForgetParts['partitions']): boolean {
  const committed: Offset | null = partitions.get(partitionKey(topic, partition))?.committedTo ?? null;
  return committed !== null && offset < committed;
}
