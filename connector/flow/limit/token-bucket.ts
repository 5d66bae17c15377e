import { type MonotonicMs, monotonic } from '../../kernel/time.ts';

/**
 * So many requests a second, and no more: in any span of time at most its rate's worth, and `burst` more, can be taken.
 * Full at first. What could not be foreseen is taken all the same, and then owed ({@link take}).
 */
export class TokenBucket {
  /** Most tokens that are kept: a tenth of a second's worth, or one. Whoever counts by the second sees little more than the rate. */
  readonly burst: number;
  readonly #perMs: number;
  #tokens: number;
  #filledAt: MonotonicMs | null = null;

  constructor(perSecond: number) {
    this.burst = Math.max(1, perSecond / 10);
    this.#perMs = perSecond / 1000;
    this.#tokens = this.burst;
  }

  /** How many there are now; below 0, how many are owed. */
  tokensAt(now: MonotonicMs): number {
    const passed = now - (this.#filledAt ?? now);
    return Math.min(this.burst, this.#tokens + passed * this.#perMs);
  }

  /** When there is a whole token; null: now. */
  nextAt(now: MonotonicMs): MonotonicMs | null {
    const missing = 1 - this.tokensAt(now);
    return missing <= 0 ? null : monotonic(now + Math.max(1, Math.ceil(missing / this.#perMs)));
  }

  /** Takes tokens, also ones that are not there: those that come next make up for them. A negative number gives some back. */
  take(now: MonotonicMs, count: number): void {
    this.#tokens = Math.min(this.burst, this.tokensAt(now) - count);
    this.#filledAt = now;
  }
}
