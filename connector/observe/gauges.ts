import type { FlowSnapshot, PartitionSnapshot } from '../flow/ports.ts';
import type { Collectors, MetricObjects } from './metric-objects.ts';
import { type NameOf, otherLabel, specOf } from './metrics.ts';

type GaugeName = NameOf<'gauge'>;

/** Sets the flow's gauges from its state whenever they are read; nothing is kept between two readings. */
export function watchFlow(metrics: MetricObjects, collectors: Collectors, readFlow: () => FlowSnapshot): void {
  const snapshot = oncePerTurn(readFlow);
  for (const [name, read] of flowGauges) collectors.set(name, () => metrics[name].set(read(snapshot())));
  for (const [name, read] of partitionGauges) {
    collectors.set(name, () => {
      // Partitions that are no longer ours go away.
      metrics[name].reset();
      for (const partition of snapshot().partitions) {
        const value = read(partition);
        if (value !== null) metrics[name].set({ topic: partition.topic, partition: partition.partition }, value);
      }
    });
  }
  collectors.set('breaker_open', () => {
    const { breaker } = snapshot();
    for (const state of ['open', 'probing']) metrics.breaker_open.set({ state }, state === breaker ? 1 : 0);
  });
  collectors.set('degraded', () => {
    const reasons = specOf('degraded').labels.reason as readonly string[];
    const code = snapshot().degraded?.code;
    const current = code === undefined || reasons.includes(code) ? code : otherLabel;
    for (const reason of reasons) metrics.degraded.set({ reason }, reason === current ? 1 : 0);
  });
}

const flowGauges: readonly (readonly [GaugeName, (flow: FlowSnapshot) => number])[] = [
  ['in_flight_requests', flow => flow.inFlight],
  ['in_flight_limit', flow => flow.limits.inFlight],
  ['in_flight_limit_max', flow => flow.inFlightMax],
  ['requests_per_second_limit', flow => flow.limits.requestsPerSecond ?? 0],
  ['request_tokens', flow => flow.limits.tokens ?? 0],
  ['queued_changes', flow => flow.queued],
  ['queued_bytes', flow => flow.queuedBytes],
  ['waiting_orders', flow => flow.waiting],
  ['parked_orders', flow => flow.parked],
  ['restoring_partitions', flow => flow.partitions.filter(({ restored }) => !restored).length],
  ['lanes', flow => flow.lanes],
  ['tracked_orders', flow => flow.orders],
  ['assigned_partitions', flow => flow.partitions.length],
  ['paused_partitions', flow => flow.partitions.filter(({ paused }) => paused).length],
];

/** Null where nothing is known yet: then there is no sample, rather than a wrong one. */
const partitionGauges: readonly (readonly [GaugeName, (partition: PartitionSnapshot) => number | null])[] = [
  ['frontier_offset', ({ frontier }) => toNumber(frontier)],
  ['highest_offset', ({ highest }) => toNumber(highest)],
  ['unsettled_records', ({ unsettled }) => unsettled],
  ['oldest_unsettled_timestamp_seconds', ({ oldestUnsettledAt }) => (oldestUnsettledAt ?? 0) / 1000],
  ['uncommitted_since_timestamp_seconds', ({ uncommittedSince }) => (uncommittedSince ?? 0) / 1000],
  ['consumer_lag', lagOf],
  ['unaccounted_records', unaccountedOf],
];

/** All gauges of one scrape are collected in the same turn of the event loop: they show one moment, read once. */
function oncePerTurn<T>(read: () => T): () => T {
  let current: { readonly value: T } | null = null;
  return () => {
    if (current === null) {
      current = { value: read() };
      queueMicrotask(() => {
        current = null;
      });
    }
    return current.value;
  };
}

function lagOf({ highWatermark, frontier }: PartitionSnapshot): number | null {
  return highWatermark === null || frontier === null ? null : Number(highWatermark - frontier);
}

/** Conservation, for each assignment of a partition. */
function unaccountedOf({ received, recalled, settled, parked, unsettled }: PartitionSnapshot): number {
  const ended = Object.values(settled).reduce((sum, count) => sum + count, 0);
  return received + recalled - ended - parked - unsettled;
}

/** Offsets are 64 bits, a sample of Prometheus a double: exact up to 2^53. */
function toNumber(offset: bigint | null): number | null {
  return offset === null ? null : Number(offset);
}
