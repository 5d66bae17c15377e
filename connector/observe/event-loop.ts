import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { DurationMs } from '../kernel/time.ts';

/** Watches how late the event loop is. */
export interface EventLoopWatch extends Disposable {
  /** How late it was on average since this was last asked. */
  delayMs(): DurationMs;
}

const resolutionMs = 20;

/** Starts watching; costs one timer every 20 ms, which does not keep the process alive. */
export function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return {
    delayMs: () => {
      // Nanoseconds, with the timer's own pause in them; NaN before the first measurement.
      const delay = histogram.mean / 1e6 - resolutionMs;
      histogram.reset();
      return Number.isFinite(delay) ? Math.max(0, delay) : 0;
    },
    [Symbol.dispose]: () => void histogram.disable(),
  };
}
