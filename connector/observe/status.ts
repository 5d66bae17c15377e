import type { FlowSnapshot, PartitionSnapshot } from '../flow/ports.ts';
import { type FaultCode, faultTable } from '../kernel/fault.ts';
import type { DurationMs, Instant } from '../kernel/time.ts';
import type { Health } from './health.ts';

/** What an instance's status is told from. */
export interface StatusSigns {
  readonly version: string;
  readonly groupId: string;
  readonly startedAt: Instant;
  readonly uptimeMs: DurationMs;
  readonly joined: boolean;
  readonly health: Health;
  /** Null before there is one. */
  readonly flow: FlowSnapshot | null;
  /** Null before the journal is open. */
  readonly restore: RestoreStatus | null;
}

/** How the reading of the journal stands. */
export interface RestoreStatus {
  /** Partitions that are being restored now. */
  readonly restoring: number;
  /** Records read since the start, and those of them that could not be read. */
  readonly records: number;
  readonly unreadable: number;
  /** Numbers of the partitions whose restore stopped at a record, and the fault's code. */
  readonly stopped: readonly { readonly partition: number; readonly code: FaultCode }[];
}

/** What `/status` says of an instance. Numbers, names of topics, codes: nothing of a customer. */
export interface InstanceStatus {
  readonly version: string;
  readonly groupId: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly live: boolean;
  readonly ready: boolean;
  readonly joined: boolean;
  /** Why it is not live, not ready, or degraded. */
  readonly reasons: readonly string[];
  /** Why intake is stopped: a fault's code and what that means. */
  readonly degraded: { readonly code: string; readonly meaning: string } | null;
  readonly restore: RestoreStatus | null;
  /** Null before the consumer is made. */
  readonly flow: FlowStatus | null;
  readonly partitions: readonly PartitionStatus[];
}

/** The flow's numbers. */
export interface FlowStatus {
  readonly breaker: FlowSnapshot['breaker'];
  readonly inFlight: number;
  /** What may be in flight now, and at most. */
  readonly inFlightLimit: number;
  readonly inFlightMax: number;
  /** Null: as many as are answered. */
  readonly requestsPerSecond: number | null;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly waiting: number;
  readonly parked: number;
  readonly orders: number;
}

/** One assigned partition. */
export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to commit; null before the first record. */
  readonly frontier: number | null;
  readonly highest: number | null;
  /** The broker's end as of the last fetch. */
  readonly end: number | null;
  readonly unsettled: number;
  readonly oldestUnsettledAt: string | null;
  /** Since when records wait and no commit moved. */
  readonly uncommittedSince: string | null;
  readonly parked: number;
  readonly paused: boolean;
  readonly restored: boolean;
}

/** An instance's status, for `/status`. */
export function statusOf(signs: StatusSigns): InstanceStatus {
  const { version, groupId, startedAt, uptimeMs, joined, health, flow, restore } = signs;
  const degraded = flow?.degraded ?? null;
  return {
    version,
    groupId,
    startedAt: new Date(startedAt).toISOString(),
    uptimeSeconds: Math.round(uptimeMs / 1_000),
    ...health,
    joined,
    // A fault's detail may repeat what the platform said.
    degraded: degraded && { code: degraded.code, meaning: faultTable[degraded.code].meaning },
    restore,
    flow: flow && flowStatusOf(flow),
    partitions: flow === null ? [] : flow.partitions.map(partitionStatusOf).toSorted(byPlace),
  };
}

function flowStatusOf(flow: FlowSnapshot): FlowStatus {
  const { breaker, inFlight, inFlightMax, limits, queued, queuedBytes, waiting, parked, orders } = flow;
  const { inFlight: inFlightLimit, requestsPerSecond } = limits;
  return {
    ...{ breaker, inFlight, inFlightLimit, inFlightMax, requestsPerSecond },
    ...{ queued, queuedBytes, waiting, parked, orders },
  };
}

function partitionStatusOf(snapshot: PartitionSnapshot): PartitionStatus {
  const { topic, partition, frontier, highest, highWatermark, unsettled, oldestUnsettledAt } = snapshot;
  const { parked, paused, restored } = snapshot;
  return {
    topic,
    partition,
    frontier: numberOf(frontier),
    highest: numberOf(highest),
    end: numberOf(highWatermark),
    unsettled,
    oldestUnsettledAt: timeText(oldestUnsettledAt),
    uncommittedSince: timeText(snapshot.uncommittedSince),
    ...{ parked, paused, restored },
  };
}

function timeText(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Offsets are 64 bits, JSON's numbers exact up to 2^53: some 10,000 years at 30,000 records a second. */
function numberOf(offset: bigint | null): number | null {
  return offset === null ? null : Number(offset);
}

function byPlace(a: PartitionStatus, b: PartitionStatus): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
}
