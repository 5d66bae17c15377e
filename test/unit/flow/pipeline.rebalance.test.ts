import { describe, expect, it } from 'vitest';
import { anAnswer, anHttpAnswer } from '../../support/builders.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');

describe('a rebalance', () => {
  it('starts nothing while it lasts', async () => {
    const world = PipelineWorld.assigned();
    world.pipeline.rebalancing();
    world.feed([{ n: 1 }]);
    await world.clock.pass(1_000);
    expect(world.sent).toEqual([]);
    world.pipeline.assigned([key(0)]);
    expect(world.sent).toEqual(['SEND A-1@1']);
    expect(world.meter.rebalances).toBe(2);
  });

  it('keeps what is known of the partitions that stay', async () => {
    const world = PipelineWorld.assigned({}, [0, 1]);
    world.feed([{ n: 1, text: 'same' }]);
    await world.clock.pass(12);
    world.pipeline.assigned([key(0)]);
    world.feed([
      { n: 1, text: 'same' },
      { n: 2, text: 'same' },
    ]);
    await world.clock.pass(2);
    expect(world.sent).toHaveLength(1);
    expect(world.meter.skips).toEqual(['unchanged']);
  });

  it('forgets the orders of a partition that is lost: its new owner moves them on', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, text: 'same' }]);
    await world.clock.pass(12);
    world.pipeline.assigned([]);
    expect(world.pipeline.snapshot().orders).toBe(0);
    world.pipeline.assigned([key(0)]);
    world.restore();
    world.feed([{ n: 2, text: 'same' }]);
    expect(world.sent).toHaveLength(2);
  });

  it('lets go of the load of what is lost, so that the rest goes on', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 4, inFlightMax: 1 }, [0, 1]);
    world.delivery.script = () => 'never';
    world.feed([1, 2, 3, 4].map(n => ({ n, order: `A-${n}` })));
    expect(world.intake.paused.size).toBe(2);
    world.pipeline.assigned([key(1)]);
    expect([...world.intake.paused]).not.toContain(key(1));
  });

  it('says again what is paused and what is not, for kafkajs keeps a pause over a join', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 2, inFlightMax: 1 });
    world.delivery.script = () => 'never';
    world.feed([1, 2].map(n => ({ n, order: `A-${n}` })));
    expect(world.intake.paused.has(key(0))).toBe(true);
    world.intake.paused.clear();
    world.pipeline.assigned([key(0), key(1)]);
    world.restore([], { begin: 0n, end: 0n }, 1);
    expect(world.intake.paused).toEqual(new Set([key(0), key(1)]));
    // Lost and back: its records are gone, the pause at the source is not.
    world.pipeline.assigned([]);
    world.pipeline.assigned([key(0)]);
    world.restore();
    expect(world.intake.paused.has(key(0))).toBe(false);
  });

  it('never throws into the consumer', async () => {
    const world = PipelineWorld.assigned();
    world.intake.resume = () => {
      throw new TypeError('the consumer has a defect');
    };
    expect(() => world.pipeline.assigned([key(0)])).not.toThrow();
    await expect(world.pipeline.failed).rejects.toThrow(TypeError);
  });
});

describe('a partition that is lost and comes back', () => {
  /** Its journal is empty; the source is read again from the last commit on, as kafkajs does it. */
  const loseAndRegain = (world: PipelineWorld) => {
    world.pipeline.assigned([]);
    world.pipeline.assigned([key(0)]);
    world.restore();
  };
  const changes = [{ n: 1 }, { n: 2, order: 'B' }];

  it('while a change waits for its repetition: the change is delivered all the same', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = (_, attempt) => (attempt === 1 ? fails() : anAnswer('SUCCESS'));
    world.feed([{ n: 1 }]);
    await world.clock.pass(10);
    expect(world.pipeline.snapshot().waiting).toBe(1);
    loseAndRegain(world);
    expect(world.pipeline.snapshot()).toMatchObject({ waiting: 0, lanes: 0, queuedBytes: 0 });
    world.delivery.script = () => anAnswer('SUCCESS');
    world.feed([{ n: 1 }]);
    await world.clock.pass(10_000);
    expect(world.meter).toMatchObject({ skips: [], outcomes: { delivered: 1 } });
    expect(world.partition().frontier).toBe(2n);
  });

  it('while a change is queued behind others: it is delivered once', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 1 });
    world.feed(changes);
    loseAndRegain(world);
    world.feed(changes);
    await world.clock.pass(1_000);
    expect(world.sent).toEqual(['SEND A-1@1', 'SEND B@2', 'SEND A-1@1']);
    expect(world.meter).toMatchObject({ skips: [], outcomes: { delivered: 2 } });
    expect(world.partition().frontier).toBe(3n);
  });

  it.each([
    ['is accepted', anAnswer('SUCCESS')],
    ['fails', fails()],
    ['is refused', anAnswer('PARAM_ILLEGAL')],
    ['is refused like a stranger', anHttpAnswer(403)],
  ])('while a change is in flight, which %s: it is sent again, the same request, after that', async (_, answer) => {
    const world = PipelineWorld.assigned();
    world.delivery.script = (__, attempt) => (attempt === 1 ? answer : anAnswer('SUCCESS'));
    world.feed([{ n: 1 }]);
    loseAndRegain(world);
    world.delivery.script = () => anAnswer('SUCCESS');
    world.feed([{ n: 1 }]);
    expect(world.delivery.open.get('A-1')).toBe(1);
    await world.clock.pass(20_000);
    expect(world.delivery.requests[1]).toEqual(world.delivery.requests[0]);
    expect(world.sent).toHaveLength(2);
    expect(world.meter.outcomes).toMatchObject({ delivered: 1, skipped: 0, 'dead-lettered': 0 });
    expect(world.partition().frontier).toBe(2n);
  });

  it('while a dead letter is being written: the change is given up by whoever has it then', async () => {
    const world = PipelineWorld.assigned();
    world.deadLetters.blocked = true;
    world.delivery.script = () => anAnswer('PARAM_ILLEGAL');
    world.feed([{ n: 1 }, { n: 2, order: 'B', means: 'undecodable' }]);
    await world.clock.pass(100);
    loseAndRegain(world);
    world.deadLetters.blocked = false;
    await world.clock.pass(100);
    expect(world.deadLetters.letters).toEqual([]);
    world.feed([{ n: 1 }, { n: 2, order: 'B', means: 'undecodable' }]);
    await world.clock.pass(100);
    expect(world.deadLetters.letters.map(({ record }) => record.offset).sort()).toEqual([1n, 2n]);
    expect(world.partition().frontier).toBe(3n);
  });

  it('while its schema is fetched: it is read and delivered again', async () => {
    const world = PipelineWorld.assigned();
    world.feed([
      { n: 1, means: 'late' },
      { n: 2, order: 'B' },
    ]);
    loseAndRegain(world);
    world.feed(changes);
    await world.clock.pass(1_000);
    expect(world.sent).toEqual(['SEND A-1@1', 'SEND B@2']);
    expect(world.partition().frontier).toBe(3n);
    expect(world.pipeline.snapshot().queuedBytes).toBe(0);
  });

  it('does not take over what others may have sent: the same card as before is sent again', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([], { begin: 1n, end: 3n });
    world.delivery.latencyMs = 100;
    // Another owner went as far as 2: the platform shows b. While 1 is repeated here, 2 is superseded by 3.
    world.feed([{ n: 1, text: 'a' }], 3n);
    world.feed(
      [
        { n: 2, text: 'b' },
        { n: 3, text: 'a' },
      ],
      4n,
    );
    await world.clock.pass(1_000);
    expect(world.sent).toEqual(['SEND A-1@1', 'UPDATE A-1@3']);
  });
});
