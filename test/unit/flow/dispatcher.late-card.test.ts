import { describe, expect, it } from 'vitest';
import { anAnswer, silence } from '../../support/builders.ts';
import { PipelineWorld } from './pipeline-world.ts';

describe('an end that finds no card after a SEND of unknown outcome', () => {
  it('is sent again until a card shows that an earlier SEND made late, each time in a request of its own', async () => {
    const world = PipelineWorld.assigned();
    let madeAt = Number.POSITIVE_INFINITY;
    world.delivery.script = ({ command }) => {
      if (command === 'SEND') {
        madeAt = world.clock.now() + 3_000;
        return silence('timeout');
      }
      return anAnswer(world.clock.now() < madeAt ? 'ORDER_NOT_FOUND' : 'SUCCESS');
    };
    world.feed([{ n: 1, creates: true }]);
    await world.clock.pass(50);
    world.feed([{ n: 2, ends: true }]);
    await world.clock.pass(3_600_000);
    const ends = world.delivery.requests.filter(({ command }) => command === 'UPDATE');
    expect(new Set(ends.map(({ requestId }) => requestId)).size).toBe(ends.length);
    expect(world.journal.entries.at(-1)).toMatchObject({ event: 'ended', state: { kind: 'ended' } });
  });

  it('is left out, neither parked nor a dead letter, when the next pause would be long or its pauses too many', async () => {
    for (const options of [
      { retryDelaysMs: [2_000, 600_000] },
      { retryDelaysMs: [2_000, 2_000], giveUpAfterMs: 1_000 },
    ]) {
      const world = PipelineWorld.assigned(options);
      world.delivery.script = ({ command }) => (command === 'SEND' ? silence('timeout') : anAnswer('ORDER_NOT_FOUND'));
      world.feed([{ n: 1, creates: true }]);
      await world.clock.pass(50);
      world.feed([{ n: 2, ends: true }]);
      await world.clock.pass(7_200_000);
      expect(world.meter.skips.at(-1)).toBe('ended');
      expect(world.meter.outcomes['dead-lettered'] ?? 0).toBeLessThan(2);
      expect(world.partition()).toMatchObject({ unsettled: 0, parked: 0 });
    }
  });

  it('is skipped when the schedule is used up and no card has shown', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [2_000, 2_000] });
    world.delivery.script = ({ command }) => (command === 'SEND' ? silence('timeout') : anAnswer('ORDER_NOT_FOUND'));
    world.feed([{ n: 1, creates: true }]);
    await world.clock.pass(50);
    world.feed([{ n: 2, ends: true }]);
    await world.clock.pass(60_000);
    expect(world.meter).toMatchObject({ skips: ['ended'], outcomes: { 'dead-lettered': 1, skipped: 1 } });
    expect(world.partition()).toMatchObject({ unsettled: 0, parked: 0 });
  });
});
