import type { DurationMs, Random } from '../../kernel/time.ts';

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
  const jittered = Math.round(delay * (1 + jitterShare * (2 * random.next() - 1)));
  return Math.max(jittered, afterMs ?? 0);
}
