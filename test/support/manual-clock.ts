import {
  type Clock,
  type DurationMs,
  type Instant,
  instant,
  type MonotonicMs,
  monotonic,
} from '../../connector/kernel/time.ts';

/** Somebody asleep, until woken. */
export interface Sleeper {
  readonly duration: DurationMs;
  wake(): void;
}

/** A clock that stands still: sleepers sleep until the test wakes them, which moves the time on by what they slept. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  #wallOffset: DurationMs = 0;
  readonly #sleepers: Sleeper[] = [];
  #onSleep: (() => void) | null = null;

  now(): Instant {
    return instant(this.#now + this.#wallOffset);
  }

  monotonic(): MonotonicMs {
    return monotonic(this.#now - 990_000);
  }

  /** Sets the wall clock so much ahead of (or, below 0, behind) where it started; the monotonic clock goes on. */
  setWallClock(offset: DurationMs): void {
    this.#wallOffset = offset;
  }

  advance(duration: DurationMs): void {
    this.#now += duration;
  }

  sleep(duration: DurationMs, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise(resolve => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      const wake = () => {
        this.advance(duration);
        resolve();
      };
      this.#sleepers.push({ duration, wake });
      this.#onSleep?.();
    });
  }

  /** The next one to fall asleep; waits for it. */
  async nextSleeper(): Promise<Sleeper> {
    for (;;) {
      const sleeper = this.#sleepers.shift();
      if (sleeper !== undefined) return sleeper;
      await new Promise<void>(resolve => {
        this.#onSleep = resolve;
      });
    }
  }
}
