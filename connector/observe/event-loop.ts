import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { DurationMs } from '../kernel/time.ts';

/** Watches how late the event loop is. */
export interface EventLoopWatch extends Disposable {
  /** How late it was on average since this was last asked. */
  delayMs(): DurationMs;
}

/** Node's measurements: nanoseconds from one firing of a timer to the next. */
export type LoopMeasurements = Pick<ReturnType<typeof monitorEventLoopDelay>, 'mean' | 'reset' | 'enable' | 'disable'>;

const resolutionMs = 20;

/** Starts watching; costs a timer every 20 ms, which does not keep the process alive. */
export function watchEventLoop(
  measurements: LoopMeasurements = monitorEventLoopDelay({ resolution: resolutionMs }),
): EventLoopWatch {
  measurements.enable();
  return {
    delayMs: () => {
      // The timer's own pause is in them; without any the mean is NaN.
      const delay = measurements.mean / 1e6 - resolutionMs;
      measurements.reset();
      return Number.isFinite(delay) ? Math.max(0, delay) : 0;
    },
    [Symbol.dispose]: () => void measurements.disable(),
  };
}
