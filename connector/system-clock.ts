import { type Clock, instant, type Random } from './kernel/time.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
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
