import type { Pipeline } from './flow/pipeline.ts';
import type { Journaling } from './journaling.ts';
import type { RecordConsumer } from './kafka/record-consumer.ts';
import { type PartitionKey, partitionKey } from './kernel/position.ts';
import type { MonotonicMs } from './kernel/time.ts';
import { watchEventLoop } from './observe/event-loop.ts';
import type { Metrics } from './observe/exposition.ts';
import { judgeHealth } from './observe/health.ts';
import { type HttpServer, openHttpServer } from './observe/http-server.ts';
import { type RestoreStatus, statusOf } from './observe/status.ts';
import type { Settings } from './settings/settings.ts';
import { systemClock } from './system-clock.ts';
import { version } from './version.ts';

/** The parts of the process that health and status look at; they come one after the other. */
export interface Vitals {
  lastActivityAt: MonotonicMs;
  consumer: RecordConsumer | null;
  pipeline: Pipeline | null;
  journaling: Journaling | null;
  stopping: boolean;
}

/** Before the first part is there. */
export function vitalsAtStart(): Vitals {
  return { lastActivityAt: systemClock.monotonic(), consumer: null, pipeline: null, journaling: null, stopping: false };
}

/** Serves metrics, health and status from now on, of whatever is there. */
export function openStatusServer(
  settings: Settings,
  metrics: Metrics,
  vitals: Vitals,
  closing: AsyncDisposableStack,
): Promise<HttpServer> {
  const eventLoop = closing.use(watchEventLoop());
  const { host, port, stalledAfterMs } = settings.observe;
  const health = () =>
    judgeHealth(
      {
        now: systemClock.monotonic(),
        lastActivityAt: vitals.consumer?.lastActivityAt ?? vitals.lastActivityAt,
        eventLoopDelayMs: eventLoop.delayMs(),
        joined: vitals.consumer?.joined ?? false,
        restored: (vitals.journaling?.restore.progress.restoring ?? 0) === 0,
        unrestorable: vitals.journaling?.restore.progress.stopped ?? new Map(),
        uncommitted: uncommittedIn(vitals),
        stopping: vitals.stopping,
        degraded: vitals.pipeline?.snapshot().degraded ?? null,
      },
      stalledAfterMs,
    );
  const [startedAt, startedAtMs] = [systemClock.now(), systemClock.monotonic()];
  const status = () =>
    statusOf({
      version,
      groupId: settings.kafka.groupId,
      startedAt,
      uptimeMs: systemClock.monotonic() - startedAtMs,
      joined: vitals.consumer?.joined ?? false,
      health: health(),
      flow: vitals.pipeline?.snapshot() ?? null,
      restore: restoreOf(vitals),
    });
  return openHttpServer(host, port, { metrics, health, status });
}

function restoreOf({ journaling }: Vitals): RestoreStatus | null {
  if (journaling === null) return null;
  const { stopped, ...progress } = journaling.restore.progress;
  return { ...progress, stopped: [...stopped].map(([partition, { code }]) => ({ partition, code })) };
}

function uncommittedIn({ pipeline }: Vitals): ReadonlyMap<PartitionKey, MonotonicMs> {
  const partitions = pipeline?.snapshot().partitions ?? [];
  return new Map(
    partitions.flatMap(({ topic, partition, uncommittedFrom: since }) =>
      since === null ? [] : [[partitionKey(topic, partition), since] as const],
    ),
  );
}
