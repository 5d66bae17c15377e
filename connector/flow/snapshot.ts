import type { Fault } from '../kernel/fault.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { OrderBook } from './memory/order-book.ts';
import type { PartitionFlow } from './partition/partition-flow.ts';
import type { FlowSnapshot } from './ports.ts';

/** The flow as it stands. */
export function snapshotOf(
  flows: Iterable<PartitionFlow>,
  { lanes, parking, admission, inFlightMax }: Dispatcher,
  queuedBytes: number,
  book: OrderBook,
  misfit: Fault | null,
): FlowSnapshot {
  const { breaker, inFlight, limits, degraded } = admission;
  const partitions = [...flows].map(partition => partition.snapshot());
  const unsettled = partitions.reduce((sum, partition) => sum + partition.unsettled, 0);
  return {
    partitions,
    queued: Math.max(0, unsettled - inFlight - lanes.waiting),
    queuedBytes,
    inFlight,
    inFlightMax,
    limits,
    waiting: lanes.waiting,
    parked: parking.size,
    lanes: lanes.size,
    orders: book.size,
    breaker: breaker.state,
    degraded: degraded ?? misfit,
  };
}
