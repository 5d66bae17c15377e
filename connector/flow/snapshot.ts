import type { Dispatcher } from './dispatcher.ts';
import type { OrderBook } from './memory/order-book.ts';
import type { Load } from './partition/load.ts';
import type { PartitionFlow } from './partition/partition-flow.ts';
import type { FlowSnapshot } from './ports.ts';

/** The flow as it stands. */
export function snapshotOf(
  flows: Iterable<PartitionFlow>,
  { lanes, parking, admission, inFlightMax }: Dispatcher,
  load: Load,
  book: OrderBook,
): FlowSnapshot {
  const { breaker, inFlight, limits, degraded } = admission;
  const partitions = [...flows].map(partition => partition.snapshot());
  const unsettled = partitions.reduce((sum, partition) => sum + partition.unsettled, 0);
  return {
    partitions,
    queued: Math.max(0, unsettled - inFlight - lanes.waiting),
    queuedBytes: load.bytes,
    inFlight,
    inFlightMax,
    limits,
    waiting: lanes.waiting,
    parked: parking.size,
    lanes: lanes.size,
    orders: book.size,
    breaker: breaker.state,
    degraded,
  };
}
