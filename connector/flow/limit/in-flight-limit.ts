import { type DurationMs, type MonotonicMs, monotonic } from '../../kernel/time.ts';

/** The limit is halved once in this time at most: what comes meanwhile is the same congestion. */
export const halvingPauseMs: DurationMs = 1_000;

/** The longest time for which nothing is started, whatever `Retry-After` asks for. */
export const holdMsMax: DurationMs = 60_000;

/** A request that was refused for the traffic. */
export interface Refusal {
  readonly now: MonotonicMs;
  /** When the request was started. */
  readonly startedAt: MonotonicMs;
  /** How many were in flight when the refusal came, with itself. */
  readonly inFlight: number;
  /** From `Retry-After`. */
  readonly retryAfterMs: DurationMs | null;
}

/**
 * How many requests may be in flight, between 1 and a most: additive increase, multiplicative decrease, as TCP does it
 * (RFC 5681). A refusal halves what was in flight; as many successes as may be in flight raise the limit by one.
 */
export class InFlightLimit {
  readonly #most: number;
  #limit: number;
  /** Since the limit was changed. */
  #successes = 0;
  #halvedAt: MonotonicMs | null = null;
  #heldUntil: MonotonicMs | null = null;

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  get value(): number {
    return this.#limit;
  }

  /** Until when nothing may be started; null: it may. */
  heldUntil(now: MonotonicMs): MonotonicMs | null {
    return this.#heldUntil === null || this.#heldUntil <= now ? null : this.#heldUntil;
  }

  refused({ now, startedAt, inFlight, retryAfterMs }: Refusal): void {
    if (retryAfterMs !== null && retryAfterMs > 0) {
      const until = now + Math.min(retryAfterMs, holdMsMax);
      this.#heldUntil = monotonic(Math.max(this.heldUntil(now) ?? 0, until));
    }
    this.#successes = 0;
    const halved = this.#halvedAt;
    // Those that were started before the limit was halved tell nothing of how it is with the new one.
    if (halved !== null && (startedAt < halved || now - halved < halvingPauseMs)) return;
    this.#halvedAt = now;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, inFlight) / 2));
  }

  served(): void {
    if (this.#limit >= this.#most || ++this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit++;
  }
}
