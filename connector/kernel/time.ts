declare const instantBrand: unique symbol;

/** A moment: milliseconds since the epoch (UTC). A duration cannot be passed for it. */
export type Instant = number & { readonly [instantBrand]: true };

/** A span of time in milliseconds. */
export type DurationMs = number;

/** Marks a number of milliseconds since the epoch as a moment. */
export function instant(ms: number): Instant {
  return ms as Instant;
}

/** The only source of time for the inner rooms; the simulation brings its own. */
export interface Clock {
  now(): Instant;
  /** Resolves after `duration`, or at once when `signal` is aborted: it never rejects. */
  sleep(duration: DurationMs, signal?: AbortSignal): Promise<void>;
}

/** The only source of chance for the inner rooms: a number in [0, 1). */
export interface Random {
  next(): number;
}
