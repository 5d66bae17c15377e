import {
  type Clock,
  type DurationMs,
  type Instant,
  instant,
  type MonotonicMs,
  monotonic,
} from '../../connector/kernel/time.ts';

/** A clock that a test moves by hand. */
export class AdvancingClock implements Clock {
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  #now = 10_000;
  #wallOffset: DurationMs = 0;

  now(): Instant {
    return instant(Date.UTC(2026, 10, 23) + this.#now - 10_000 + this.#wallOffset);
  }

  monotonic(): MonotonicMs {
    return monotonic(this.#now);
  }

  /** Sets the wall clock so much ahead of (or, below 0, behind) where it started; the monotonic clock goes on. */
  setWallClock(offset: DurationMs): void {
    this.#wallOffset = offset;
  }

  sleep(duration: DurationMs, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    const slept = Promise.withResolvers<void>();
    const sleeper = { at: this.#now + duration, wake: slept.resolve };
    this.#sleepers.add(sleeper);
    signal?.addEventListener('abort', slept.resolve as () => void, { once: true });
    return slept.promise.finally(() => this.#sleepers.delete(sleeper));
  }

  /** Wakes whoever sleeps no longer than this, and lets what follows happen. */
  async advance(duration: DurationMs): Promise<void> {
    this.#now += duration;
    for (const { at, wake } of [...this.#sleepers]) if (at <= this.#now) wake();
    // Turns of the event loop, in which promises and immediate reads come to their end.
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
  }
}
