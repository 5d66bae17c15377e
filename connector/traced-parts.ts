import type { DeliveryReports } from './delivery/deliver.ts';
import type { Meter, Remembered } from './flow/ports.ts';
import type { RestoredFlow } from './journal/restore.ts';
import type { SourceRecord } from './kernel/record.ts';
import type { Clock } from './kernel/time.ts';
import type { Logger } from './observe/log.ts';
import type { Settings } from './settings/settings.ts';
import { systemClock } from './system-clock.ts';
import { attemptsAt } from './tracing/attempt-trace.ts';
import { openTracing } from './tracing/open.ts';
import { RecordTrace } from './tracing/record-trace.ts';
import type { Tracing } from './tracing/tracing.ts';
import { version } from './version.ts';

/** What gives records their traces, each around a part of the connector. Where nothing is traced, each gives back the very part. */
export interface TracedParts extends AsyncDisposable {
  /** What receives records, and is told of owed ones. */
  flow(flow: RestoredFlow): RestoredFlow;
  meter(meter: Meter): Meter;
  reports(reports: DeliveryReports): DeliveryReports;
}

/** Nothing is traced. */
export const untraced: TracedParts = {
  flow: flow => flow,
  meter: meter => meter,
  reports: reports => reports,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

// A collector that is away must not keep a supervisor waiting.
const closeMs = 2_000;

/** Opens tracing as the settings and the environment have it. Throws a Fault SETTINGS_INVALID. */
export async function openTracedParts({ observe, kafka, platform }: Settings, logger: Logger): Promise<TracedParts> {
  const tracing = await openTracing({
    enabled: observe.tracing,
    version,
    closeMs,
    onUnreachable: reason => logger.warn('spans cannot be sent, and are dropped; deliveries go on', { reason }),
    onReachable: spansLost => logger.info('spans are sent again', { spansLost }),
    onIgnored: text => logger.warn(text),
  });
  if (tracing === null) return untraced;
  logger.info('changes are traced', { event: 'tracing' });
  return tracedParts(tracing, { groupId: kafka.groupId, platform, clock: systemClock });
}

/** What the spans say of this connector. */
export interface TracedOptions {
  readonly groupId: string;
  readonly platform: { readonly baseUrl: string; readonly path: string };
  readonly clock: Pick<Clock, 'now'>;
}

/** The parts around which changes are traced. */
export function tracedParts(tracing: Tracing, { groupId, platform, clock }: TracedOptions): TracedParts {
  const open = new Set<RecordTrace>();
  const traceOf = (record: SourceRecord, attempts = 0) =>
    new RecordTrace(record, attempts, { tracing, groupId, open, receivedAt: clock.now() });
  const handOver = (isLost: (trace: RecordTrace) => boolean) => {
    for (const trace of [...open]) if (isLost(trace)) trace.handOver();
  };

  return {
    flow: flow => ({
      rebalancing: () => flow.rebalancing(),
      quiesce: limitMs => flow.quiesce(limitMs),
      assigned: keys => {
        flow.assigned(keys);
        const ours = new Set(keys);
        handOver(({ partition }) => !ours.has(partition));
      },
      receive: (key, records, lastOffset, highWatermark) => {
        const traced = records.map(record => ({ ...record, trace: traceOf(record) }));
        flow.receive(key, traced, lastOffset, highWatermark);
      },
      remember: (key, remembered) => flow.remember(key, withTrace(remembered)),
      restored: (key, ends) => flow.restored(key, ends),
    }),
    meter: meter => ({
      ...meter,
      deadLettered: letter => {
        meter.deadLettered(letter);
        const { trace } = letter.record;
        if (trace instanceof RecordTrace) trace.deadLettered(letter.reason, letter.fault.code);
      },
    }),
    reports: reports => ({ ...reports, attempting: attemptsAt(platform, tracing) }),
    [Symbol.asyncDispose]: async () => {
      handOver(() => true);
      await tracing[Symbol.asyncDispose]();
    },
  };

  /** What is owed is traced again from its next attempt on: the journal keeps its record with the headers. */
  function withTrace({ order, known }: Remembered): Remembered {
    if (known === null || known.owed === null) return { order, known };
    const { record, attempts } = known.owed;
    const owed = { ...known.owed, record: { ...record, trace: traceOf(record, attempts) } };
    return { order, known: { ...known, owed } };
  }
}
