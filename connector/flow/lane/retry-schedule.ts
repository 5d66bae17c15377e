import type { DurationMs, Random } from '../../kernel/time.ts';
import { retryAfterMsMax } from '../../order/answer.ts';

// Spreads the repetitions of orders that failed together.
const jitterShare = 0.1;

/**
 * The pause before the next attempt, or null when the attempts are used up.
 * `failures` counts the failed attempts so far (at least 1); `afterMs` is what the platform asked for (`Retry-After`).
 */
export function nextDelay(
  delays: readonly DurationMs[],
  failures: number,
  afterMs: DurationMs | null,
  random: Random,
): DurationMs | null {
  const delay = delays[failures - 1];
  if (delay === undefined) return null;
  return spread(delay, afterMs, random);
}

// An order that is alone with it must not ask every two seconds for a day.
const trafficDelayMax: DurationMs = 60_000;
const trafficDelayWithoutSchedule: DurationMs = 1_000;

/**
 * The pause after a refusal for the traffic, the `refusals`-th of this change (at least 1): the first one of the schedule,
 * doubled each time. It never comes to an end, for the order is not to blame.
 */
export function trafficDelay(
  firstDelay: DurationMs,
  refusals: number,
  afterMs: DurationMs | null,
  random: Random,
): DurationMs {
  const first = firstDelay > 0 ? firstDelay : trafficDelayWithoutSchedule;
  return spread(Math.min(first * 2 ** (refusals - 1), trafficDelayMax), afterMs, random);
}

/** The longest pause there is between two attempts: of the schedule, or as long as the platform may ask for. */
export function longestDelay(delays: readonly DurationMs[]): DurationMs {
  return Math.max(
    ...delays.map(delay => delay * (1 + jitterShare)),
    trafficDelayMax * (1 + jitterShare),
    retryAfterMsMax,
  );
}

function spread(delay: DurationMs, afterMs: DurationMs | null, random: Random): DurationMs {
  const jittered = Math.round(delay * (1 + jitterShare * (2 * random.next() - 1)));
  return Math.max(jittered, afterMs ?? 0);
}
