import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { systemClock, systemRandom } from '../../connector/system-clock.ts';

describe('the clock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('reads whole milliseconds of a monotonic clock that ignores a wall clock set back', async () => {
    const before = systemClock.monotonic();
    vi.spyOn(Date, 'now').mockReturnValue(0);
    await systemClock.sleep(5);
    const after = systemClock.monotonic();
    vi.restoreAllMocks();
    expect([Number.isInteger(before), after - before >= 4, after - before < 60_000]).toEqual([true, true, true]);
  });

  it('sleeps as long as it is told', async () => {
    const before = performance.now();
    await systemClock.sleep(30);
    // Node's timers may be a millisecond early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });

  it('wakes at once, and does not reject, when it is told to', async () => {
    const wake = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, wake.signal);
    wake.abort();
    await sleeping;
    await systemClock.sleep(3_600_000, wake.signal);
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    await systemClock.sleep(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('sleeps also longer than a timer of Node can', async () => {
    const wake = new AbortController();
    let woken = false;
    const sleeping = systemClock.sleep(2 ** 40, wake.signal).then(() => {
      woken = true;
    });
    await systemClock.sleep(10);
    expect(woken).toBe(false);
    wake.abort();
    await sleeping;
  });

  it('wakes at once from a time gone by, and Node has nothing to warn of', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    await systemClock.sleep(-5);
    await systemClock.sleep(5);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});

describe('chance', () => {
  it('is a number from 0, below 1', () => {
    const drawn = Array.from({ length: 100 }, () => systemRandom.next());
    expect(drawn.every(number => number >= 0 && number < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });
});
