import { beforeEach, describe, expect, it } from 'vitest';
import { DueTimer } from '../../../../connector/flow/parked/due-timer.ts';
import { dawn } from '../../../support/builders.ts';
import { SteppedClock, sinceStart } from '../../../support/flow-world.ts';

const at = sinceStart;

describe('DueTimer', () => {
  let clock: SteppedClock;
  let stopping: AbortController;
  let rung: number[];
  let failures: unknown[];
  let ring: () => void;
  let timer: DueTimer;

  beforeEach(() => {
    clock = new SteppedClock();
    stopping = new AbortController();
    rung = [];
    failures = [];
    ring = () => {};
    timer = new DueTimer({
      clock,
      stopping: stopping.signal,
      ring: () => {
        rung.push(clock.now() - dawn);
        ring();
      },
      fail: error => failures.push(error),
    });
  });

  it('rings when its moment comes, once', async () => {
    timer.set(at(100));
    await clock.pass(99);
    expect(rung).toEqual([]);
    await clock.pass(1_000);
    expect(rung).toEqual([100]);
  });

  it('is set to the earlier of two moments; the later is forgotten', async () => {
    timer.set(at(100));
    timer.set(at(40));
    timer.set(at(70));
    expect(clock.sleeping).toBe(1);
    await clock.pass(1_000);
    expect([rung, clock.sleeping]).toEqual([[40], 0]);
  });

  it('is set again while it rings', async () => {
    ring = () => timer.set(clock.monotonic() === at(10) ? at(30) : null);
    timer.set(at(10));
    await clock.pass(1_000);
    expect(rung).toEqual([10, 30]);
  });

  it('is not set to a moment that has come, nor to none', async () => {
    await clock.pass(50);
    timer.set(at(50));
    timer.set(at(20));
    timer.set(null);
    expect(clock.sleeping).toBe(0);
    await clock.pass(1_000);
    expect(rung).toEqual([]);
  });

  it('leaves no sleeper behind when all stops', async () => {
    timer.set(at(100));
    stopping.abort();
    await clock.runDry();
    expect(clock.sleeping).toBe(0);
  });

  it('tells what is thrown by whoever is rung for', async () => {
    ring = () => {
      throw new TypeError('a defect');
    };
    timer.set(at(10));
    await clock.pass(10);
    expect(failures).toEqual([new TypeError('a defect')]);
  });
});
