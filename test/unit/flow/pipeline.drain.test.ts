import { describe, expect, it } from 'vitest';
import { anAnswer } from '../../support/builders.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');

describe('a drain', () => {
  const drained = async (world: PipelineWorld, limit = 1_000) => {
    const drain = world.pipeline.drain(limit);
    let over = false;
    void drain.then(() => {
      over = true;
    });
    await world.clock.runDry();
    while (!over && (await world.clock.step()));
    return drain;
  };

  it('waits for what is in flight, commits it, and starts nothing', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 1 });
    world.feed([{ n: 1 }, { n: 2, order: 'B' }]);
    expect(await drained(world)).toEqual({ abandoned: 0 });
    expect(world.sent).toEqual(['SEND A-1@1']);
    expect(world.intake.committed(key(0))).toBe(2n);
    world.feed([{ n: 3, order: 'C' }]);
    expect(world.meter.receivedRecords).toBe(2);
  });

  it('gives up what takes longer, and commits up to it', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'B' ? 'never' : anAnswer('SUCCESS'));
    world.feed([{ n: 1 }, { n: 2, order: 'B' }, { n: 3, order: 'C' }]);
    expect(await drained(world)).toEqual({ abandoned: 1 });
    expect(world.intake.committed(key(0))).toBe(2n);
    expect(world.deadLetters.letters).toEqual([]);
    await world.clock.runDry();
    expect(world.clock.sleeping).toBe(0);
  });

  it('waits for the tombstones of orders that are forgotten', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, creates: true }]);
    await world.clock.pass(100);
    world.feed([{ n: 2, ends: true }]);
    await world.clock.pass(100);
    expect(world.pipeline.snapshot().orders).toBe(1);
    const committing = new AbortController();
    const commits = world.pipeline.commitRegularly(committing.signal);
    while (world.pipeline.snapshot().orders > 0) await world.clock.step();
    expect(world.journal.forgotten).toEqual([]);
    committing.abort();
    await commits;
    world.journal.blocked = true;
    let isOver = false;
    const drain = world.pipeline.drain(1_000).then(() => {
      isOver = true;
    });
    for (let step = 0; step < 10; step++) await world.clock.step();
    expect(isOver).toBe(false);
    world.journal.blocked = false;
    while (!isOver) await world.clock.step();
    await drain;
    expect(world.journal.forgotten).toEqual(['A-1']);
  });

  it('is over at once when there is nothing in flight', async () => {
    const world = PipelineWorld.assigned();
    expect(await world.pipeline.drain(20_000)).toEqual({ abandoned: 0 });
    expect(world.clock.sleeping).toBe(0);
  });

  it.each<[string, (world: PipelineWorld) => void | Promise<void>]>([
    [
      'an order waits for its repetition',
      async world => {
        world.delivery.script = fails;
        world.feed([{ n: 1 }]);
        await world.clock.pass(100);
      },
    ],
    [
      'a request fails meanwhile',
      world => {
        world.delivery.script = fails;
        world.feed([{ n: 1 }]);
      },
    ],
    [
      'a dead letter cannot be written',
      world => {
        world.deadLetters.blocked = true;
        world.delivery.script = () => anAnswer('PARAM_ILLEGAL');
        world.feed([{ n: 1 }, { n: 2, means: 'undecodable' }]);
      },
    ],
    [
      'a schema is being fetched',
      world => {
        world.schemaMs = 1e9;
        world.feed([{ n: 1, means: 'late' }]);
      },
    ],
    [
      'the breaker is open',
      async world => {
        world.delivery.script = () => anAnswer('INVALID_CLIENT');
        world.feed([{ n: 1 }, { n: 2, order: 'B' }]);
        await world.clock.pass(100);
      },
    ],
    [
      'a probe is in flight',
      async world => {
        world.delivery.script = () => anAnswer('INVALID_CLIENT');
        world.feed([{ n: 1 }, { n: 2, order: 'B' }]);
        await world.clock.pass(5_015);
      },
    ],
    [
      'a rebalance is under way',
      world => {
        world.pipeline.rebalancing();
        world.feed([{ n: 1 }]);
      },
    ],
  ])('loses nothing and leaves no timer behind when %s', async (_, arrange) => {
    const world = PipelineWorld.assigned();
    await arrange(world);
    await drained(world);
    await world.clock.runDry();
    expect(world.clock.sleeping).toBe(0);
    expect(world.intake.committed(key(0)) ?? 1n).toBe(1n);
    expect(world.deadLetters.letters).toEqual([]);
  });
});
