import { describe, expect, it } from 'vitest';
import type { FlowOptions } from '../../../connector/flow/pipeline.ts';
import type { AttemptReport } from '../../../connector/flow/ports.ts';
import { anAnswer, anHttpAnswer, silence } from '../../support/builders.ts';
import { sinceStart } from '../../support/flow-world.ts';
import { anOwed } from './owed.ts';
import { PipelineWorld } from './pipeline-world.ts';

// Each case is played with a wall clock that nobody sets, and with one that is set in its midst: all happens at the same times.

const steps = [-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000];

interface Case {
  readonly options?: Partial<FlowOptions>;
  /** Begins it: what is done until the wall clock is set. */
  begin(world: PipelineWorld): Promise<void>;
  /** What comes after it. */
  end?(world: PipelineWorld): void;
  /** How many requests are sent after the clock was set. */
  readonly sent: number;
}

const orders = (count: number) => Array.from({ length: count }, (_, n) => ({ n: n + 1, order: `A-${n}` }));
const served = () => anAnswer('SUCCESS');
const fails = () => anAnswer('UNKNOWN_EXCEPTION');

const cases: Record<string, Case> = {
  'an outage ends with its next probe': {
    begin: async world => {
      world.delivery.script = () => anAnswer('INVALID_CLIENT');
      world.feed(orders(1), 0n);
      await world.clock.pass(100);
      expect(world.pipeline.snapshot().breaker).not.toBe('closed');
    },
    end: world => {
      world.delivery.script = served;
    },
    sent: 1,
  },
  'an outage is probed every probeIntervalMs': {
    begin: async world => {
      world.delivery.script = () => silence('connection');
      world.feed(orders(8));
      await world.clock.pass(12_000);
    },
    sent: 718,
  },
  'a Retry-After holds deliveries for as long as it says': {
    begin: async world => {
      world.delivery.script = (_, attempt) =>
        attempt > 1 ? served() : anAnswer('REQUEST_TRAFFIC_EXCEED_LIMIT', { retryAfterMs: 20_000 });
      world.feed(orders(1));
      await world.clock.pass(100);
      world.feed([{ n: 9, order: 'B' }]);
      await world.clock.pass(100);
    },
    sent: 3,
  },
  'requestsPerSecond are sent, no more and no fewer': {
    options: { requestsPerSecond: 2 },
    begin: async world => {
      world.feed(orders(30));
      await world.clock.pass(3_100);
    },
    sent: 23,
  },
  'the limit of requests in flight is halved once in its pause, and raised again': {
    options: { inFlightMax: 16 },
    begin: async world => {
      world.delivery.script = (_, attempt) => (attempt > 2 ? served() : anAnswer('REQUEST_TRAFFIC_EXCEED_LIMIT'));
      world.feed(orders(16));
      await world.clock.pass(500);
    },
    sent: 32,
  },
  'a delivery is repeated after the delays of the schedule': {
    begin: async world => {
      world.delivery.script = fails;
      world.feed(orders(1));
      await world.clock.pass(1_000);
    },
    sent: 5,
  },
  'a newer change waits no longer than after a first failure': {
    options: { retryDelaysMs: [2_000, 20_000] },
    begin: async world => {
      world.delivery.script = ({ change }) => (change.position.offset === 1n ? fails() : served());
      world.feed([{ n: 1 }]);
      await world.clock.pass(5_000);
    },
    end: world => world.feed([{ n: 2 }]),
    sent: 1,
  },
  'a parked delivery is due when its delay is over': {
    begin: async world => {
      world.delivery.script = (_, attempt) => (attempt > 4 ? served() : fails());
      world.feed(orders(2));
      await world.clock.pass(60_000);
      expect(world.pipeline.snapshot()).toMatchObject({ parked: 2, waiting: 0 });
    },
    sent: 2,
  },
  'a change is given up giveUpAfterMs after its first attempt': {
    options: { retryDelaysMs: Array.from({ length: 100 }, () => 600_000), giveUpAfterMs: 1_900_000 },
    begin: async world => {
      world.delivery.script = fails;
      world.feed(orders(1));
      await world.clock.pass(700_000);
    },
    sent: 2,
  },
};

/** Plays a case for an hour, with a wall clock that is set by `step`: when each request starts, and what came of the changes. */
async function played({ options, begin, end }: Case, step: number) {
  const world = PipelineWorld.assigned(options);
  const attempts: number[] = [];
  Object.assign(world.meter, { attempted: ({ durationMs }: AttemptReport) => void attempts.push(durationMs) });
  await begin(world);
  const before = world.delivery.requests.length;
  const starts: number[] = [];
  world.clock.setWallClock(step);
  end?.(world);
  const { script } = world.delivery;
  world.delivery.script = (request, attempt) => {
    starts.push(world.clock.monotonic() - sinceStart(0));
    return script(request, attempt);
  };
  await world.clock.pass(3_600_000);
  expect(world.delivery.requests.length - before).toBe(starts.length);
  const { outcomes, degradations } = world.meter;
  return { starts, outcomes, degradations, attempts, letters: world.deadLetters.letters.length };
}

describe.each(Object.entries(cases))('%s', (_, one) => {
  it.each(steps)('whatever the wall clock says: it is set by %d ms', async step => {
    const unset = await played(one, 0);
    expect(unset.starts).toHaveLength(one.sent);
    expect(await played(one, step)).toEqual(unset);
  });
});

describe('a delivery that the journal owes', () => {
  /** When it is sent, on the monotonic clock, where its partition is restored with a wall clock that was set by `step`. */
  async function sentAfter(step: number, tried: Parameters<typeof anOwed>[0] = {}): Promise<number | undefined> {
    const world = PipelineWorld.withJournal();
    let sentAt: number | undefined;
    world.delivery.script = () => {
      sentAt ??= world.clock.monotonic() - sinceStart(0);
      return served();
    };
    world.clock.setWallClock(step);
    world.restore([anOwed({ n: 3, dueMs: 600_000, ...tried })]);
    // Whatever the wall clock does then.
    world.clock.setWallClock(-step);
    await world.clock.pass(7 * 86_400_000);
    return sentAt;
  }

  it('is due after what was left of its delay', async () => {
    expect(await sentAfter(0)).toBe(600_000);
    expect(await sentAfter(-1_000)).toBe(601_000);
    expect(await sentAfter(599_000)).toBe(1_000);
  });

  it.each([3_600_000, 86_400_000])('is due at once where the wall clock was set ahead by %d ms', async step => {
    expect(await sentAfter(step)).toBe(0);
  });

  it.each([-3_600_000, -86_400_000])(
    'waits no longer than the longest delay there is, the 3,600,000 ms of a Retry-After, where the wall clock was set back by %d ms',
    async step => {
      expect(await sentAfter(step)).toBe(3_600_000);
    },
  );

  it('waits no longer than the longest delay of the schedule, where that is the longest there is', async () => {
    const world = PipelineWorld.withJournal({ retryDelaysMs: [10_000_000] });
    world.clock.setWallClock(-86_400_000);
    world.restore([anOwed({ n: 3, dueMs: 600_000 })]);
    await world.clock.pass(10_999_999);
    expect(world.sent).toEqual([]);
    await world.clock.pass(1);
    expect(world.sent).toEqual(['SEND A-1@3']);
  });

  it('is given up after the pauses that the journal counts, whatever the wall clock says', async () => {
    const letters = async (waitedMs: number, wallClock: number) => {
      const world = PipelineWorld.withJournal({ giveUpAfterMs: 86_400_000, retryDelaysMs: Array(9).fill(1_000) });
      world.delivery.script = () => anHttpAnswer(500);
      world.clock.setWallClock(wallClock);
      world.restore([anOwed({ n: 3, tried: { failures: 1, waitedMs } })]);
      await world.clock.pass(1_500);
      return [world.deadLetters.letters.length, world.sent.length];
    };
    expect(await letters(86_400_000, 0)).toEqual([1, 1]);
    expect(await letters(86_000_000, 0)).toEqual([0, 2]);
    expect(await letters(0, 86_400_000)).toEqual([0, 2]);
  });
});
