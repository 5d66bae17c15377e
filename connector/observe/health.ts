import type { Fault } from '../kernel/fault.ts';
import type { PartitionKey } from '../kernel/position.ts';
import type { DurationMs, MonotonicMs } from '../kernel/time.ts';

/** What health is judged by. */
export interface HealthSigns {
  readonly now: MonotonicMs;
  /** When the source last fetched or beat; before its first time, when the process started. */
  readonly lastActivityAt: MonotonicMs;
  /** How late the event loop was lately, on average. */
  readonly eventLoopDelayMs: DurationMs;
  /** Is it a member of the consumer group? */
  readonly joined: boolean;
  /** Is the state of all assigned orders known? */
  readonly restored: boolean;
  /** Partitions whose journal cannot be read, by number, and why: nothing of them is delivered. */
  readonly unrestorable: ReadonlyMap<number, Fault>;
  /** Partitions in which records wait, and since when no commit of them has moved. */
  readonly uncommitted: ReadonlyMap<PartitionKey, MonotonicMs>;
  readonly stopping: boolean;
  /** Intake is stopped because of the platform or our credentials. */
  readonly degraded: Fault | null;
}

/** An answer to a probe, and what its body says. */
export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
  /** Why it is not live, not ready, or degraded; empty when all is well. */
  readonly reasons: readonly string[];
}

/** Longer than any quick schedule of repetitions: what waits longer is parked, and keeps no commit back. */
const uncommittedMaxMs: DurationMs = 600_000;
// An event loop that is a second late on average answers no broker and no platform in time.
const eventLoopDelayMaxMs: DurationMs = 1000;

/**
 * Live: there is progress. Ready: joined, restored and not stopping. An outage of the platform is neither: a restart would
 * not end it, and the readiness of a sidecar counts as its pod's (Kubernetes, "Sidecar Containers"). Nor are commits that do not
 * move: the reasons name them.
 */
export function judgeHealth(signs: HealthSigns, stalledAfterMs: DurationMs): Health {
  const idleMs = signs.now - signs.lastActivityAt;
  const stalled = when(idleMs > stalledAfterMs, `no fetch and no heartbeat for ${Math.round(idleMs / 1000)} s`);
  const blocked = when(
    signs.eventLoopDelayMs > eventLoopDelayMaxMs,
    `the event loop is ${Math.round(signs.eventLoopDelayMs)} ms late on average`,
  );
  const notLive = [...stalled, ...blocked];
  const notReady = [
    ...when(!signs.joined, 'not a member of the consumer group'),
    ...when(!signs.restored, 'the state of the orders is being restored'),
    ...when(signs.stopping, 'stopping'),
  ];
  const degraded = signs.degraded ? [`degraded: ${signs.degraded.code}`] : [];
  const unrestorable = [...signs.unrestorable].map(
    ([partition, { code }]) => `partition ${partition} of the journal stopped: ${code}`,
  );
  const uncommitted = [...signs.uncommitted]
    .filter(([, since]) => signs.now - since > uncommittedMaxMs)
    .map(
      ([key, since]) => `no commit of ${key} for ${Math.round((signs.now - since) / 60_000)} min, though records wait`,
    );
  return {
    live: notLive.length === 0,
    ready: notLive.length === 0 && notReady.length === 0,
    reasons: [...notLive, ...notReady, ...unrestorable, ...uncommitted, ...degraded],
  };
}

function when(condition: boolean, reason: string): readonly string[] {
  return condition ? [reason] : [];
}
