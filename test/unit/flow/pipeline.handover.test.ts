import { describe, expect, it } from 'vitest';
import { anAnswer } from '../../support/builders.ts';
import { sent } from '../order/given.ts';
import { anOwed, remembered } from './owed.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

describe('quiescence', () => {
  const quiesced = (world: PipelineWorld, limit = 1_000) => {
    const state = { over: false };
    void world.pipeline.quiesce(limit).then(() => {
      state.over = true;
    });
    return state;
  };

  it('starts nothing, waits for what is in flight and for the journal, and commits', async () => {
    const world = PipelineWorld.withJournal({ inFlightMax: 1 });
    world.restore();
    world.feed([{ n: 1 }, { n: 2, order: 'B' }]);
    const state = quiesced(world);
    await world.clock.pass(11);
    expect([state.over, world.journal.lines]).toEqual([false, []]);
    await world.clock.pass(1);
    expect([state.over, world.journal.lines]).toEqual([true, ['sent A-1@1']]);
    expect([world.sent, world.intake.committed(key(0))]).toEqual([['SEND A-1@1'], 2n]);
    await world.clock.pass(10_000);
    expect([world.sent.length, world.clock.sleeping]).toEqual([1, 0]);
    world.pipeline.assigned([key(0)]);
    expect(world.sent[1]).toBe('SEND B@2');
  });

  it('waits for notes that no delivery waits for', async () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.remember(key(0), remembered(sent, { n: 1, text: 'same' }));
    world.restore();
    world.feed([{ n: 2, text: 'same' }]);
    const state = quiesced(world);
    await world.clock.pass(1);
    expect(state.over).toBe(false);
    await world.clock.pass(1);
    expect([state.over, world.journal.lines, world.intake.committed(key(0))]).toEqual([true, ['skipped A-1@2'], 3n]);
  });

  it('takes no longer than it may, and commits no more than is written', async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.journal.blocked = true;
    world.feed([{ n: 1 }]);
    const state = quiesced(world, 500);
    await world.clock.pass(499);
    expect(state.over).toBe(false);
    await world.clock.pass(1);
    expect([state.over, world.intake.committed(key(0)) ?? 1n]).toEqual([true, 1n]);
  });

  it('is over at once where nothing is under way', async () => {
    const world = PipelineWorld.withJournal();
    await world.pipeline.quiesce(1_000);
    expect(world.clock.sleeping).toBe(0);
  });
});

describe('a join', () => {
  it('that keeps a partition keeps its state, and does not ask the journal again', async () => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.feed([{ n: 4, order: 'B', text: 'same' }]);
    await world.clock.pass(100);
    world.pipeline.assigned([key(0)]);
    expect(world.partition()).toMatchObject({ restored: true, paused: false, parked: 1 });
    world.feed([{ n: 5, order: 'B', text: 'same' }]);
    expect(world.meter.skips).toEqual(['unchanged']);
    await world.clock.pass(60_000);
    expect(world.sent).toEqual(['SEND B@4', 'SEND A-1@3']);
  });

  it('that keeps one that is being restored lets it go on', () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.remember(key(0), remembered(sent, { n: 1 }));
    world.pipeline.assigned([key(0), key(1)]);
    expect([world.intake.paused.size, world.partition().restored]).toEqual([2, false]);
    world.restore();
    expect(world.pipeline.snapshot().orders).toBe(1);
    expect([...world.intake.paused]).toEqual([key(1)]);
  });

  it('that takes a partition away forgets what was remembered of it: it is asked anew when it comes back', async () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.remember(key(0), remembered(sent, { order: 'B', n: 1 }));
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.pipeline.assigned([]);
    expect(world.pipeline.snapshot()).toMatchObject({ orders: 0, parked: 0 });
    world.pipeline.assigned([key(0)]);
    expect(world.partition()).toMatchObject({ restored: false, paused: true, recalled: 0, parked: 0 });
    world.restore([anOwed({ n: 3, dueMs: 90_000 })]);
    await world.clock.pass(100_000);
    expect(world.sent).toEqual(['SEND A-1@3']);
    expect(world.partition()).toMatchObject({ recalled: 1, settled: { delivered: 1 } });
  });

  it('that takes a partition away while its journal cannot be written leaves its change to the next owner', async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.journal.blocked = true;
    world.feed([{ n: 1 }]);
    await world.clock.pass(100);
    world.pipeline.assigned([]);
    await world.clock.pass(100);
    expect([world.journal.lines, world.meter.settledRecords]).toEqual([[], 0]);
    expect(world.pipeline.snapshot()).toMatchObject({ lanes: 0, queuedBytes: 0 });
  });
});

describe('without a lease', () => {
  it('nothing starts; with it again what waited starts with the next commit', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3 })]);
    await world.clock.pass(100);
    const before = world.sent.length;
    world.intake.leased = false;
    world.feed([{ n: 4, order: 'B' }]);
    const stop = new AbortController();
    void world.pipeline.commitRegularly(stop.signal);
    await world.clock.pass(60_000);
    expect(world.sent.length).toBe(before);
    world.intake.leased = true;
    await world.clock.pass(1_000);
    stop.abort();
    expect(world.sent.slice(before)).toEqual(['SEND B@4']);
  });

  it('an owed delivery that is due stays where it is', async () => {
    const world = PipelineWorld.withJournal();
    world.intake.leased = false;
    world.restore([anOwed({ n: 3 })]);
    await world.clock.pass(60_000);
    expect([world.sent, world.pipeline.snapshot().parked]).toEqual([[], 1]);
  });

  it('a change that waited for the journal is not sent any more, and is none of its failures', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.journal.blocked = true;
    world.feed([{ n: 5 }]);
    await world.clock.pass(100);
    world.intake.leased = false;
    world.journal.blocked = false;
    await world.clock.pass(1_000);
    expect([world.sent, world.meter.retries]).toEqual([[], []]);
    world.intake.leased = true;
    world.pipeline.assigned([key(0)]);
    await world.clock.runDry();
    expect(world.sent).toEqual(['SEND A-1@5']);
  });

  it("a refusal is not healed: the other command is its next owner's to send", async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.delivery.script = ({ command }) => anAnswer(command === 'SEND' ? 'UN_SUPPORT_BUSINESS' : 'SUCCESS');
    world.feed([{ n: 5 }]);
    world.intake.leased = false;
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND A-1@5']);
    expect(world.partition().unsettled).toBe(1);
  });
});
