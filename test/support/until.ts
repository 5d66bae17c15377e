import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 25;
const giveUpMs = 30_000;

/**
 * Asks until there is an answer that is neither undefined nor false, and gives it. Throws with `what` where there is none within half a
 * minute: more than anything on a busy machine takes, and less than a test's time-out, which would say nothing. Longer (`withinMs`) is
 * for what takes its time on a free machine too.
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = giveUpMs,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1000} s in vain: ${what}`);
    await sleep(pollMs);
  }
}
