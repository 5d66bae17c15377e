import { describe, expect, it } from 'vitest';
import { doubtOf } from '../../../connector/flow/lane/doubt.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { evolve, initialState } from '../../../connector/order/state.ts';
import { aChange, anAnswer, dawn, silence } from '../../support/builders.ts';
import { sent } from '../order/given.ts';
import { anOwed } from './owed.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');
const served = () => anAnswer('SUCCESS');
const owedOf = (count: number, dueMs = 0) =>
  Array.from({ length: count }, (_, n) => anOwed({ order: `A-${n}`, n: n + 1, dueMs }));

describe('an owed delivery', () => {
  it('is sent when it is due, the same request byte for byte', async () => {
    const world = PipelineWorld.withJournal();
    const owed = anOwed({ n: 3, dueMs: 60_000 });
    world.restore([owed]);
    await world.clock.pass(59_999);
    expect(world.sent).toEqual([]);
    await world.clock.pass(1);
    expect(world.delivery.requests).toEqual([owed.request]);
    await world.clock.pass(20);
    expect(world.journal.entries).toMatchObject([{ event: 'sent', attempts: 6, owed: null }]);
    expect(world.pipeline.snapshot()).toMatchObject({ parked: 0, lanes: 0 });
    expect(world.partition()).toMatchObject({ recalled: 1, settled: { delivered: 1 }, unsettled: 0 });
  });

  it('that fails is tried again on the long schedule, and given up after its last attempt', async () => {
    const world = PipelineWorld.withJournal();
    world.delivery.script = fails;
    world.restore([anOwed({ n: 3, tried: { failures: 3, attempts: 3 } })]);
    await world.clock.pass(599_999);
    expect(world.sent).toHaveLength(1);
    await world.clock.pass(1_000);
    expect(world.sent).toHaveLength(2);
    await world.clock.pass(1_900_000);
    expect(world.sent).toHaveLength(3);
    expect(new Set(world.delivery.requests.map(({ body }) => body)).size).toBe(1);
    expect(world.journal.lines).toEqual(['retried A-1@3', 'retried A-1@3', 'dead-lettered A-1@3']);
    expect(world.deadLetters.letters).toMatchObject([{ attempts: { count: 6, firstAt: dawn } }]);
    expect(world.partition()).toMatchObject({ parked: 0, settled: { 'dead-lettered': 1 } });
  });

  it('that was healed goes on where it was: the platform is not asked all again', async () => {
    const world = PipelineWorld.withJournal();
    world.delivery.script = ({ command }) => anAnswer(command === 'SEND' ? 'UN_SUPPORT_BUSINESS' : 'SUCCESS');
    const owed = anOwed({ n: 3, state: evolve(initialState, sent(aChange({ n: 1 }))) });
    expect(owed.request.command).toBe('UPDATE');
    world.restore([{ ...owed, heals: 1, request: { ...owed.request, command: 'SEND', requestId: 'healed' } }]);
    await world.clock.pass(60);
    expect(world.sent).toEqual(['SEND A-1@3', 'UPDATE A-1@3']);
    // Not the UPDATE that was refused before: its answer may be remembered.
    expect(world.delivery.requests[1]?.requestId).not.toBe(owed.request.requestId);
  });

  it('is left out where a newer change of its order was delivered', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.feed([{ n: 5 }]);
    await world.clock.pass(100);
    expect(world.journal.lines).toEqual(['superseded A-1@3', 'sent A-1@5']);
    await world.clock.pass(120_000);
    expect(world.sent).toEqual(['SEND A-1@5']);
    expect(world.partition()).toMatchObject({ parked: 0, settled: { delivered: 1, superseded: 1 } });
  });

  it('is outdone by the newer change, for it may have been taken', async () => {
    const world = PipelineWorld.withJournal();
    const owed = anOwed({ n: 3, dueMs: 60_000 });
    world.restore([owed]);
    world.feed([{ n: 5, bizDate: dawn }]);
    await world.clock.pass(100);
    expect(world.delivery.requests[0]?.bizDate).toBeGreaterThan(owed.request.bizDate);
  });

  it('gives its place before the newer one is sent: both could go backwards after a crash', async () => {
    const world = PipelineWorld.withJournal();
    world.journal.blocked = true;
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.feed([{ n: 5 }]);
    await world.clock.pass(1_000);
    expect(world.sent).toEqual([]);
    world.journal.blocked = false;
    await world.clock.pass(2);
    expect(world.sent).toEqual(['SEND A-1@5']);
  });

  it('in flight is not met by the newer change: that comes after it', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3 })]);
    expect(world.sent).toEqual(['SEND A-1@3']);
    world.feed([{ n: 5 }]);
    await world.clock.pass(5);
    expect(world.sent).toHaveLength(1);
    await world.clock.pass(20);
    expect(world.sent).toEqual(['SEND A-1@3', 'UPDATE A-1@5']);
    expect(world.partition()).toMatchObject({ parked: 0, settled: { delivered: 2 } });
  });

  it('in flight that fails gives its place to the newer change that came meanwhile', async () => {
    const world = PipelineWorld.withJournal();
    world.delivery.script = (_, attempt) => (attempt === 1 ? fails() : served());
    world.restore([anOwed({ n: 3 })]);
    world.feed([{ n: 5 }]);
    await world.clock.pass(15);
    world.delivery.script = served;
    await world.clock.pass(3_000);
    expect(world.sent).toEqual(['SEND A-1@3', 'SEND A-1@5']);
    expect(world.partition()).toMatchObject({ parked: 0, settled: { superseded: 1, delivered: 1 } });
  });

  it('is not sent before its partition is read up: the source may repeat a newer change of its order', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3 })], { begin: 4n, end: 6n });
    await world.clock.pass(10_000);
    expect(world.sent).toEqual([]);
    world.feed([{ n: 4, order: 'B' }], 6n);
    await world.clock.pass(10_000);
    expect(world.sent).toEqual(['SEND B@4']);
    world.feed([{ n: 5, order: 'C' }], 6n);
    await world.clock.pass(10_000);
    expect(world.sent).toEqual(['SEND B@4', 'SEND C@5', 'SEND A-1@3']);
  });

  it('whose card would be over by now is left out', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, dueMs: 60_000, endDate: instant(dawn + 30_000) })]);
    await world.clock.pass(70_000);
    expect([world.sent, world.meter.skips]).toEqual([[], ['expired']]);
    expect(world.journal.entries).toMatchObject([{ event: 'skipped', detail: 'expired', owed: null }]);
    expect(world.partition()).toMatchObject({ parked: 0, settled: { skipped: 1 } });
  });

  it('waits for no other order, and no other order for it', async () => {
    const world = PipelineWorld.withJournal({ inFlightMax: 2 });
    world.delivery.script = ({ change }) => (change.merchantBizNo.startsWith('A-') ? 'never' : served());
    world.restore(owedOf(10));
    world.feed([{ n: 21, order: 'B' }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND A-0@1', 'SEND B@21']);
  });

  it.each([
    [8, 2],
    [4, 1],
    [1, 1],
  ])('of many, a quarter of %i in flight is there at once: %i', async (inFlightMax, most) => {
    const world = PipelineWorld.withJournal({ inFlightMax });
    world.restore(owedOf(10));
    expect(world.sent).toHaveLength(most);
    await world.clock.pass(1);
    expect(world.pipeline.snapshot()).toMatchObject({ inFlight: most, parked: 10 });
    await world.clock.pass(1_000);
    expect(world.sent).toHaveLength(10);
    expect(world.pipeline.snapshot().parked).toBe(0);
  });

  it('leaves the source its pace: what is parked neither counts as load nor pauses it', () => {
    const world = PipelineWorld.withJournal({ queuedMax: 4, waitingMax: 2 });
    world.restore(owedOf(10, 60_000));
    expect(world.pipeline.snapshot()).toMatchObject({ queued: 0, queuedBytes: 0, waiting: 0, parked: 10 });
    expect(world.intake.paused.size).toBe(0);
  });

  it('goes with its partition, at once and for good', async () => {
    const world = PipelineWorld.withJournal();
    world.delivery.script = fails;
    world.restore([anOwed({ n: 3 }), anOwed({ n: 4, order: 'B', dueMs: 60_000 })]);
    await world.clock.pass(1);
    world.pipeline.assigned([]);
    expect(world.pipeline.snapshot()).toMatchObject({ parked: 0 });
    await world.clock.pass(1_000_000);
    expect([world.sent, world.journal.lines]).toEqual([['SEND A-1@3'], []]);
    expect(world.pipeline.snapshot()).toMatchObject({ parked: 0, lanes: 0 });
  });
});

describe('an order that owes in two partitions', () => {
  const minute = 60_000;
  const older = anOwed({ n: 3, partition: 1, dueMs: minute });
  const newer = anOwed({ n: 5, dueMs: 2 * minute });
  const nothing = { begin: 0n, end: 0n };

  it.each([
    [
      'the newer',
      () => [
        { of: newer, partition: 0 },
        { of: older, partition: 1 },
      ],
    ],
    [
      'the older',
      () => [
        { of: older, partition: 1 },
        { of: newer, partition: 0 },
      ],
    ],
  ])('is sent the newer; the older is left out at once: %s restored first', async (_, restored) => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    for (const { of, partition } of restored()) world.restore([of], nothing, partition);
    expect(world.pipeline.snapshot().parked).toBe(1);
    expect(world.partition(0)).toMatchObject({ recalled: 1, parked: 1, settled: { superseded: 0 } });
    expect(world.partition(1)).toMatchObject({ recalled: 1, parked: 0, settled: { superseded: 1 } });
    await world.clock.pass(3 * minute);
    expect(world.delivery.requests).toEqual([newer.request]);
    // Each in the journal of its own partition: nothing is owed any more.
    expect(world.journal.entries).toMatchObject([
      { partition: key(1), event: 'superseded', owed: null },
      { partition: key(0), event: 'sent', owed: null },
    ]);
    expect(world.partition(0)).toMatchObject({ parked: 0, settled: { delivered: 1 } });
  });

  it('keeps both until both journals are read: the last word of each counts', async () => {
    const world = PipelineWorld.withJournal({}, [0, 1, 2]);
    world.restore([older], nothing, 1);
    const { change } = newer.request;
    const state = evolve(initialState, doubtOf(change, newer.request));
    world.pipeline.remember(key(0), { order: change.merchantBizNo, known: { state, owed: newer, at: dawn } });
    world.restore([], nothing, 2);
    expect([world.partition(0), world.partition(1)]).toMatchObject([
      { recalled: 1, parked: 1 },
      { recalled: 1, parked: 1 },
    ]);
    world.pipeline.remember(key(0), { order: change.merchantBizNo, known: null });
    world.pipeline.restored(key(0), nothing);
    await world.clock.pass(2 * minute);
    expect(world.delivery.requests).toEqual([older.request]);
    expect([world.partition(0), world.partition(1)]).toMatchObject([
      { recalled: 0, parked: 0 },
      { recalled: 1, parked: 0, settled: { delivered: 1 } },
    ]);
  });

  it('is sent both, one after the other, where the older is with the platform when the newer is found', async () => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    const sooner = anOwed({ n: 3, partition: 1 });
    world.restore([sooner], nothing, 1);
    expect(world.sent).toHaveLength(1);
    world.restore([anOwed({ n: 5 })]);
    expect(world.sent).toHaveLength(1);
    await world.clock.pass(minute);
    expect(world.sent).toEqual(['SEND A-1@3', 'SEND A-1@5']);
    expect([world.partition(0), world.partition(1)]).toMatchObject([
      { recalled: 1, parked: 0, settled: { delivered: 1, superseded: 0 } },
      { recalled: 1, parked: 0, settled: { delivered: 1, superseded: 0 } },
    ]);
  });

  it('is left out both for a newer change, each with a note in its own journal, before that is sent', async () => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    // Nobody can tell which of the two is later.
    const source = { kind: 'time', committedAt: dawn } as const;
    world.restore([anOwed({ n: 3, partition: 1, dueMs: minute, source })], nothing, 1);
    world.restore([anOwed({ n: 5, dueMs: minute, source })]);
    expect(world.pipeline.snapshot().parked).toBe(2);
    world.journal.blocked = true;
    world.feed([{ n: 9 }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual([]);
    world.journal.blocked = false;
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND A-1@9']);
    expect(world.journal.entries.map(({ partition, event }) => `${partition} ${event}`)).toEqual([
      `${key(1)} superseded`,
      `${key(0)} superseded`,
      `${key(0)} sent`,
    ]);
    expect([world.partition(0), world.partition(1)]).toMatchObject([
      { parked: 0, settled: { superseded: 1, delivered: 1 } },
      { parked: 0, settled: { superseded: 1 } },
    ]);
  });
});

describe('an outage with owed deliveries', () => {
  /** The platform is away; the orders that told so are gone with their partition. */
  const opened = async () => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    world.delivery.script = () => silence('connection');
    world.restore([], { begin: 0n, end: 0n }, 1);
    world.feed([1, 2, 3].map(n => ({ n, order: `B-${n}`, partition: 1 })));
    await world.clock.pass(20);
    expect(world.pipeline.snapshot().breaker).toBe('open');
    world.pipeline.assigned([key(0)]);
    return world;
  };

  it('is probed with one of them where there is nothing else, one at a time, and sends them all when it is over', async () => {
    const world = await opened();
    const before = world.sent.length;
    world.restore(owedOf(5));
    await world.clock.pass(30_000);
    const probes = world.sent.slice(before);
    expect(probes.length).toBeGreaterThan(2);
    expect(new Set(probes).size).toBe(1);
    world.delivery.script = served;
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(5);
    expect(world.pipeline.snapshot()).toMatchObject({ breaker: 'closed', parked: 0 });
  });

  it('counts none of the probes towards giving up', async () => {
    const world = await opened();
    world.restore(owedOf(1));
    await world.clock.pass(3_600_000);
    expect([world.deadLetters.letters, world.journal.entries]).toEqual([[], []]);
    expect(world.pipeline.snapshot().parked).toBe(1);
  });

  it('releases none while another order is there to probe with', async () => {
    const world = await opened();
    const before = world.sent.length;
    world.feed([{ n: 30, order: 'C' }]);
    world.restore(owedOf(5));
    await world.clock.pass(20_000);
    expect(new Set(world.sent.slice(before))).toEqual(new Set(['SEND C@30']));
  });
});
