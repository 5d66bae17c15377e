import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import { anAnswer, dawn, lsnAt, silence } from '../../support/builders.ts';
import { ended, sent } from '../order/given.ts';
import { anOwed, remembered } from './owed.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

/** The state after change `of`, put back at offset `n`. */
const again = (of: number, n: number, replays = 1) => ({
  n,
  source: lsnAt(of),
  text: `text ${of}`,
  bizDate: instant(dawn + of),
  replays,
});
const bizDates = (world: PipelineWorld) => world.delivery.requests.map(({ bizDate }) => bizDate - dawn);

function withCard(n = 1) {
  const world = PipelineWorld.withJournal();
  world.pipeline.remember(key(0), remembered(sent, { n }));
  world.restore();
  return world;
}

describe('what is put back to be sent again', () => {
  it('is sent again, in requests of their own, with rising bizDates, and says nothing of how long changes take', async () => {
    const world = withCard();
    world.feed([again(1, 5)]);
    await world.clock.pass(100);
    world.feed([again(1, 6, 2)]);
    await world.clock.pass(100);
    expect([world.sent, bizDates(world)]).toEqual([
      ['UPDATE A-1@5', 'UPDATE A-1@6'],
      [2, 3],
    ]);
    expect(new Set(world.delivery.requests.map(({ requestId }) => requestId)).size).toBe(2);
    expect(world.journal.lines).toEqual(['updated A-1@5', 'updated A-1@6']);
    expect(world.meter).toMatchObject({ acceptances: 0, outcomes: { delivered: 2 } });
  });

  it('goes behind its change where that waits still; both go where a newer one comes', async () => {
    const world = withCard();
    world.delivery.script = () => 'never';
    world.feed([{ n: 2 }]);
    world.feed([{ n: 3 }, again(3, 4), again(3, 5, 2)]);
    expect(world.meter.outcomes).toMatchObject({ superseded: 0 });
    world.feed([{ n: 6 }]);
    await world.clock.pass(10);
    expect(world.meter.skips).toEqual(['stale', 'superseded', 'superseded']);
    expect(world.journal.lines).toEqual(['superseded A-1@3', 'superseded A-1@5']);
    expect(world.sent).toEqual(['UPDATE A-1@2']);
  });

  it('is sent after its change, which it does not make superfluous: that may be a card that is made anew', async () => {
    const world = PipelineWorld.withJournal({ inFlightMax: 1 });
    world.pipeline.remember(key(0), remembered(ended, { n: 1, ends: true }));
    world.restore();
    world.feed([{ n: 2, order: 'B' }, { n: 3 }, again(3, 4)]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND B@2', 'SEND A-1@3', 'UPDATE A-1@4']);
  });

  it('behind its change in flight is noted when a newer one takes its place: read again, it would be sent before that', async () => {
    const world = withCard();
    world.delivery.script = () => 'never';
    world.feed([{ n: 2 }]);
    world.feed([again(2, 3)]);
    world.feed([{ n: 4 }]);
    await world.clock.pass(10);
    expect([world.sent, world.journal.lines]).toEqual([['UPDATE A-1@2'], ['superseded A-1@3']]);
  });

  it('twice leaves its change to be tried again: nothing is noted as gone through while that is still to come', async () => {
    const world = withCard();
    let failures = 1;
    world.delivery.script = () => (failures-- > 0 ? silence() : anAnswer('SUCCESS'));
    world.feed([{ n: 2 }]);
    await world.clock.pass(100);
    world.feed([again(2, 3), again(2, 4, 2)]);
    expect([world.meter.skips, world.journal.lines]).toEqual([['stale'], []]);
    await world.clock.pass(5_000);
    expect(world.sent).toEqual(['UPDATE A-1@2', 'UPDATE A-1@2', 'UPDATE A-1@4']);
  });

  it('twice leaves its change that waits behind another one', async () => {
    const world = withCard();
    world.feed([{ n: 2 }]);
    world.feed([{ n: 3 }, again(3, 4), again(3, 5, 2)]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['UPDATE A-1@2', 'UPDATE A-1@3', 'UPDATE A-1@5']);
  });

  it('is stale behind a newer change, handled or waiting', async () => {
    const world = withCard();
    world.delivery.script = () => 'never';
    world.feed([{ n: 2 }]);
    world.feed([{ n: 3 }]);
    world.feed([again(2, 4)]);
    expect(world.meter.skips).toEqual(['stale']);
    const handled = withCard(3);
    handled.feed([again(2, 4)]);
    await handled.clock.pass(100);
    expect([handled.sent, handled.meter.skips]).toEqual([[], ['stale']]);
  });

  it('waits while its change is tried again, and is noted when a newer one takes its place', async () => {
    const world = withCard();
    let failures = 1;
    world.delivery.script = () => (failures-- > 0 ? silence() : anAnswer('SUCCESS'));
    world.feed([{ n: 2 }]);
    world.feed([again(2, 3)]);
    await world.clock.pass(5_000);
    expect([world.sent, bizDates(world)]).toEqual([
      ['UPDATE A-1@2', 'UPDATE A-1@2', 'UPDATE A-1@3'],
      [2, 2, 3],
    ]);
  });

  describe('of an order that owes', () => {
    const owing = (n: number) => {
      const world = PipelineWorld.withJournal();
      world.restore([anOwed({ n, dueMs: 60_000 })]);
      return world;
    };

    it('that very change takes its place, over what may have been sent of it', async () => {
      const world = owing(3);
      world.feed([again(3, 5)]);
      await world.clock.pass(200_000);
      expect([world.sent, bizDates(world)]).toEqual([['UPDATE A-1@5'], [5]]);
      expect(world.journal.lines).toEqual(['superseded A-1@3', 'updated A-1@5']);
      expect(world.partition()).toMatchObject({ parked: 0, settled: { superseded: 1, delivered: 1 } });
    });

    it('a later change is stale, and what is owed stays', async () => {
      const world = owing(3);
      world.feed([again(2, 5)]);
      await world.clock.pass(200_000);
      expect([world.meter.skips, world.sent]).toEqual([['stale'], ['SEND A-1@3']]);
    });

    it('itself, read again after a crash, leaves it: it is known as a duplicate', async () => {
      const first = withCard();
      first.delivery.script = () => silence();
      first.feed([again(1, 5)]);
      await first.clock.pass(20_000);
      const entry = first.journal.entries.at(-1);
      if (entry?.event !== 'parked') throw new Error('it was not parked');
      const second = PipelineWorld.withJournal();
      second.pipeline.remember(key(0), { order: entry.order, known: entry });
      second.restore([], { begin: 5n, end: 6n });
      second.feed([again(1, 5)], 6n);
      await second.clock.pass(700_000);
      expect(second.meter.skips).toEqual(['duplicate']);
      expect(second.delivery.requests).toEqual([entry.owed?.request]);
    });
  });

  it('of an order that was forgotten may have been ignored: what comes next is sent, were it the same', async () => {
    const world = PipelineWorld.assigned();
    world.feed([again(1, 5)]);
    await world.clock.pass(100);
    world.feed([{ n: 6, text: 'text 1', bizDate: instant(dawn) }]);
    await world.clock.pass(100);
    expect([world.sent, bizDates(world)]).toEqual([
      ['UPDATE A-1@5', 'SEND A-1@6'],
      [2, 3],
    ]);
    world.feed([{ n: 7, text: 'text 1' }]);
    await world.clock.pass(2);
    expect(world.meter.skips).toEqual(['unchanged']);
  });

  it('of an order that was forgotten is an UPDATE, and a SEND where the platform has no card', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ command }) => anAnswer(command === 'UPDATE' ? 'ORDER_NOT_FOUND' : 'SUCCESS');
    world.feed([again(1, 5)]);
    await world.clock.pass(100);
    expect([world.sent, bizDates(world)]).toEqual([
      ['UPDATE A-1@5', 'SEND A-1@5'],
      [2, 2],
    ]);
  });
});
