import { describe, expect, it } from 'vitest';
import { type LoopMeasurements, watchEventLoop } from '../../../connector/observe/event-loop.ts';

function measured(means: readonly number[]) {
  const calls: string[] = [];
  let round = 0;
  const measurements: LoopMeasurements = {
    get mean() {
      return means[round] ?? Number.NaN;
    },
    reset: () => {
      round++;
    },
    enable: () => calls.push('enable') > 0,
    disable: () => calls.push('disable') > 0,
  };
  return { measurements, calls };
}

describe('the watch of the event loop', () => {
  it("tells the mean delay since it was last asked, without the timer's own pause", () => {
    const watch = watchEventLoop(measured([20_500_000, 1_520_000_000, 19_900_000]).measurements);
    expect(watch.delayMs()).toBeCloseTo(0.5);
    expect(watch.delayMs()).toBeCloseTo(1500);
    expect(watch.delayMs()).toBe(0);
    expect(watch.delayMs()).toBe(0);
  });

  it('measures from its start to its end', () => {
    const { measurements, calls } = measured([]);
    const watch = watchEventLoop(measurements);
    expect(calls).toEqual(['enable']);
    watch[Symbol.dispose]();
    expect(calls).toEqual(['enable', 'disable']);
  });

  it("uses Node's own measurements where none are given", () => {
    using watch = watchEventLoop();
    expect(watch.delayMs()).toBe(0);
  });
});
