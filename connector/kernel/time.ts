declare const instantBrand: unique symbol;

/** A moment: milliseconds since the epoch (UTC). A duration cannot be passed for it. */
export type Instant = number & { readonly [instantBrand]: true };

declare const monotonicBrand: unique symbol;

/**
 * Milliseconds since an arbitrary start of this process, on a clock that is never set: for durations. It says nothing to another
 * process, and an {@link Instant} cannot be passed for it.
 */
export type MonotonicMs = number & { readonly [monotonicBrand]: true };

/** A span of time in milliseconds. */
export type DurationMs = number;

/** Marks a number of milliseconds since the epoch as a moment. */
export function instant(ms: number): Instant {
  return ms as Instant;
}

/** Marks a number of milliseconds on the monotonic clock. */
export function monotonic(ms: number): MonotonicMs {
  return ms as MonotonicMs;
}

/** The only source of time for the inner rooms; the simulation brings its own. */
export interface Clock {
  /** The wall clock, which may be set forwards and back at any time: for dates that are sent, stored or read by people. */
  now(): Instant;
  /** The monotonic clock: every duration, deadline and age is measured with it. It never goes back. */
  monotonic(): MonotonicMs;
  /** Resolves after `duration`, or at once when `signal` is aborted: it never rejects. */
  sleep(duration: DurationMs, signal?: AbortSignal): Promise<void>;
}

/** The only source of chance for the inner rooms: a number in [0, 1). */
export interface Random {
  next(): number;
}
