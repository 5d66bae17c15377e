import type { AttemptReport, Meter } from '../flow/ports.ts';
import { maskKnown, scrub } from '../kernel/mask.ts';
import { formatPosition } from '../kernel/position.ts';
import type { Trace } from '../kernel/record.ts';
import type { Clock, MonotonicMs } from '../kernel/time.ts';
import type { Answer } from '../order/answer.ts';
import { customerIdsOf } from '../order/customer-ids.ts';
import type { LogFields, Logger } from './log.ts';

/** Lines of one kind that are written in a minute; the next line then says how many were left out. Metrics count them all. */
const linesPerMinute = 20;

/**
 * A meter that also writes what a person should read: dead letters, refused attempts with AlipayHK's Tracer-Id, outages,
 * lost order, failed commits. An accepted card is a line at debug. However much goes wrong, the log stays bounded.
 */
export function withLog(meter: Meter, logger: Logger, clock: Clock): Meter {
  const bounded = boundedBy(clock);
  let degraded = false;
  let evicting = false;
  return {
    ...meter,
    attempted: report => {
      meter.attempted(report);
      const { kind } = report.verdict;
      if (kind === 'accepted' || kind === 'heal') {
        // That the platform knew better about SEND and UPDATE is no failure: it is sent again at once, and counted.
        if (logger.enabled('debug'))
          logger.debug(kind === 'heal' ? 'card healed' : 'card accepted', describeAttempt(report));
      } else {
        bounded('attempt', leftOut => logger.warn('attempt failed', { ...describeAttempt(report), ...leftOut }));
      }
    },
    deadLettered: letter => {
      meter.deadLettered(letter);
      bounded('dead letter', leftOut => {
        const { attempts, reason, fault } = letter;
        const ids = attempts ? customerIdsOf(attempts.request.change) : [];
        logger.warn('record became a dead letter', {
          reason,
          code: fault.code,
          at: formatPosition(letter.record),
          detail: scrub(fault.detail, ids),
          remedy: fault.remedy,
          ...(attempts && { attempts: attempts.count, order: attempts.request.change.merchantBizNo }),
          ...traceOf(letter.record.trace),
          ...leftOut,
        });
      });
    },
    parked: owed => {
      meter.parked(owed);
      bounded('parked', leftOut =>
        logger.warn('a delivery is parked: it is tried again later', {
          order: owed.request.change.merchantBizNo,
          at: formatPosition(owed.request.change.position),
          attempts: owed.attempts,
          due: new Date(owed.dueAt).toISOString(),
          ...traceOf(owed.record.trace),
          ...leftOut,
        }),
      );
    },
    strayed: change => {
      meter.strayed(change);
      bounded('stray', leftOut =>
        logger.warn('changes of one order come from two partitions: key the source by merchantBizNo', {
          order: change.merchantBizNo,
          at: formatPosition(change.position),
          ...leftOut,
        }),
      );
    },
    evicted: () => {
      meter.evicted();
      if (!evicting) logger.warn('more orders than flow.ordersMax: their state is dropped from memory; raise it');
      evicting = true;
    },
    committed: ok => {
      meter.committed(ok);
      if (!ok) bounded('commit', leftOut => logger.warn('offsets could not be committed; tried again', leftOut));
    },
    rebalanced: () => {
      meter.rebalanced();
      logger.info('partitions were given out anew');
    },
    degraded: fault => {
      meter.degraded(fault);
      if (fault) logger.error('intake stopped', { fault });
      else if (degraded) logger.info('intake goes on');
      degraded = fault !== null;
    },
  };
}

function describeAttempt({ request, answer, verdict, durationMs, trace }: AttemptReport): LogFields {
  return {
    order: request.change.merchantBizNo,
    command: request.command,
    requestId: request.requestId,
    at: formatPosition(request.change.position),
    verdict: verdict.kind,
    durationMs: Math.round(durationMs),
    ...describeAnswer(answer, customerIdsOf(request.change)),
    ...traceOf(trace),
  };
}

/** Under the name that OpenTelemetry gives it in logs of other formats than its own. */
function traceOf(trace: Trace | undefined): LogFields {
  return trace === undefined || trace.traceId === null ? {} : { trace_id: trace.traceId };
}

function describeAnswer(answer: Answer, ids: readonly string[]): LogFields {
  if (answer.kind === 'unanswered') return { cause: answer.cause, text: scrub(answer.text, ids) };
  const { httpStatus, result, unreadable, signature, tracerId } = answer;
  return {
    httpStatus,
    ...(result && {
      resultCode: scrub(result.code, ids),
      resultStatus: result.status,
      resultMessage: scrub(result.message, ids),
    }),
    ...(unreadable !== null && { unreadable: scrub(unreadable, ids) }),
    ...(signature !== 'unchecked' && { signature }),
    ...(tracerId !== null && { tracerId: maskKnown(tracerId, ids) }),
  };
}

/** Lets the first lines of each kind in a minute through, and tells the first of the next minute how many it kept back. */
function boundedBy(clock: Clock): (kind: string, write: (leftOut: LogFields) => void) => void {
  const kinds = new Map<string, { since: MonotonicMs; written: number; leftOut: number }>();
  return (kind, write) => {
    const now = clock.monotonic();
    const known = kinds.get(kind);
    if (known && now - known.since < 60_000) {
      if (known.written >= linesPerMinute) {
        known.leftOut++;
        return;
      }
      known.written++;
      write({});
      return;
    }
    kinds.set(kind, { since: now, written: 1, leftOut: 0 });
    write(known && known.leftOut > 0 ? { leftOut: known.leftOut } : {});
  };
}
