import { type Clock, instant, monotonic, type Random } from './kernel/time.ts';

/**
 * The machine's clocks. On Linux `performance.now()` and Node's timers follow CLOCK_MONOTONIC: it is never set, goes on while the
 * process is stopped (SIGSTOP, a frozen container), and stands still while the machine is suspended. After a suspend the wall
 * clock has moved on and the monotonic clock has not. So waits are longer by the suspend, which is harmless; what must not
 * outlive it, the lease of the partitions, asks both clocks (`kafka/membership.ts`).
 */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
  // Whole milliseconds, as timers count them.
  monotonic: () => monotonic(Math.trunc(performance.now())),
  sleep: (duration, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      // Node fires a longer timer at once, and warns of a negative one.
      const timer = setTimeout(done, Math.min(Math.max(duration, 0), 2_147_483_647));
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** The machine's chance: spreads repetitions, nothing else. */
export const systemRandom: Random = { next: () => Math.random() };
