import { describe, expect, it } from 'vitest';
import { BrokenInvariant } from '../../../connector/kernel/assert.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { initialState } from '../../../connector/order/state.ts';
import { aChange, anAnswer, dawn, lsnAt, silence } from '../../support/builders.ts';
import { ended, sent, skipped } from '../order/given.ts';
import { anOwed, remembered } from './owed.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');
const nothing = { begin: 0n, end: 0n };
describe('a partition whose journal is being read', () => {
  it('is paused at the source, and starts nothing, until all is told', async () => {
    const world = PipelineWorld.withJournal();
    expect([...world.intake.paused]).toEqual([key(0)]);
    // A fetch that was on its way.
    world.feed([{ n: 4 }, { n: 5, order: 'B', means: 'throws' }]);
    await world.clock.pass(10_000);
    expect([world.sent, world.journal.lines, world.partition().restored]).toEqual([[], [], false]);
    world.feed([{ n: 6, order: 'C' }]);
    expect(world.partition()).toMatchObject({ received: 3, unsettled: 3 });
  });

  it('is opened, and worked off in order, when all is told', async () => {
    const world = PipelineWorld.withJournal({ conflate: false });
    world.feed([{ n: 4 }, { n: 5 }]);
    world.restore();
    expect([world.intake.paused.size, world.partition().restored]).toEqual([0, true]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND A-1@4', 'UPDATE A-1@5']);
  });

  it('keeps no other partition waiting', async () => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    world.restore([], nothing, 1);
    expect([...world.intake.paused]).toEqual([key(0)]);
    world.feed([
      { n: 1, order: 'A' },
      { n: 2, order: 'B', partition: 1 },
    ]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND B@2']);
  });

  it('commits nothing of it, and drains at once', async () => {
    const world = PipelineWorld.withJournal();
    world.feed([{ n: 4 }]);
    expect(await world.pipeline.drain(1_000)).toEqual({ abandoned: 0 });
    await world.clock.runDry();
    expect([world.intake.committed(key(0)) ?? 4n, world.clock.sleeping]).toEqual([4n, 0]);
  });
});

describe('what the journal remembers', () => {
  const same = { text: 'same' };

  it('is what the next change is decided by', async () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.remember(key(0), remembered(sent, { order: 'A', n: 1, ...same }));
    world.pipeline.remember(key(0), remembered(sent, { order: 'B', n: 2, ...same }));
    world.pipeline.remember(key(0), remembered(skipped, { order: 'C', n: 5 }));
    world.pipeline.remember(key(0), remembered(ended, { order: 'D', n: 3 }));
    world.restore([], { begin: 4n, end: 9n });
    world.feed([
      { n: 4, order: 'A' },
      { n: 5, order: 'C' },
      { n: 6, order: 'B', ...same },
      { n: 7, order: 'D' },
      { n: 8, order: 'E' },
    ]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['UPDATE A@4', 'SEND D@7', 'SEND E@8']);
    expect(world.meter.skips).toEqual(['duplicate', 'unchanged']);
    expect(world.partition().frontier).toBe(9n);
  });

  it('keeps a pending delivery when its own record is read again under another mapping', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, text: 'as it was', dueMs: 1_000 })], { begin: 3n, end: 4n });
    world.feed([{ n: 3, text: 'in other words' }]);
    await world.clock.pass(2_000);
    expect([world.sent, world.meter.skips, world.partition().parked]).toEqual([['SEND A-1@3'], ['duplicate'], 0]);
  });

  it('last of an order counts, were it a tombstone', async () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.remember(key(0), remembered(sent, { order: 'A', n: 1 }));
    world.pipeline.remember(key(0), remembered(sent, { order: 'A', n: 3 }));
    world.pipeline.remember(key(0), remembered(sent, { order: 'B', n: 2 }));
    world.pipeline.remember(key(0), { order: merchantBizNo('B'), known: null });
    world.restore();
    world.feed([
      { n: 3, order: 'A' },
      { n: 4, order: 'B' },
    ]);
    expect([world.sent, world.meter.skips]).toEqual([['SEND B@4'], ['duplicate']]);
  });

  it('is not taken in twice, nor of a partition that is not ours, nor once we stop', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, dueMs: 1_000 })]);
    world.pipeline.remember(key(0), remembered(sent, { n: 9 }));
    world.pipeline.restored(key(0), { begin: 0n, end: 50n });
    await world.clock.pass(1_000);
    expect(world.sent).toEqual(['SEND A-1@3']);
    world.pipeline.remember(key(7), remembered(sent, { n: 9, partition: 7 }));
    world.pipeline.restored(key(7), nothing);
    expect(world.pipeline.snapshot()).toMatchObject({ orders: 1, partitions: [{ partition: 0 }] });
    const stopped = PipelineWorld.withJournal();
    void stopped.pipeline.drain(0);
    stopped.pipeline.remember(key(0), remembered(sent, { n: 9 }));
    expect(stopped.pipeline.snapshot().orders).toBe(0);
  });

  it('ends the process, and throws nothing into the reader, where it makes no sense to us', async () => {
    const world = PipelineWorld.withJournal();
    const broken = {
      order: merchantBizNo('A'),
      known: { state: { ...initialState, source: lsnAt(1) }, owed: null, at: dawn },
    };
    expect(() => world.pipeline.remember(key(0), broken)).not.toThrow();
    await expect(world.pipeline.failed).rejects.toThrow(BrokenInvariant);
  });

  it('of the end of the partition: what is below may have been sent by whoever had it before', async () => {
    const world = PipelineWorld.withJournal({ conflate: true, inFlightMax: 1 });
    world.restore([], { begin: 1n, end: 4n });
    world.feed([{ n: 1, order: 'B' }, { n: 2, bizDate: aChange({ n: 50 }).bizDate }, { n: 5 }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND B@1', 'SEND A-1@5']);
    expect(world.delivery.requests[1]?.bizDate).toBe(dawn + 51);
  });

  it('is owed: it is retried when it is due and the partition is read up, and the commits do not wait', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, dueMs: 5_000 })], { begin: 4n, end: 5n });
    await world.clock.pass(6_000);
    expect(world.sent).toEqual([]);
    world.feed([{ n: 4, order: 'B' }], 5n);
    await world.clock.pass(100);
    await world.pipeline.commit();
    expect(world.intake.committed(key(0))).toBe(5n);
    await world.clock.pass(2_000);
    expect(world.sent).toEqual(['SEND B@4', 'SEND A-1@3']);
    expect(world.partition()).toMatchObject({ received: 1, recalled: 1, parked: 0, settled: { delivered: 2 } });
  });
});

describe('the journal', () => {
  it('has a change before its offset is committed', async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.journal.blocked = true;
    world.feed([{ n: 4 }]);
    await world.clock.pass(10_000);
    await world.pipeline.commit();
    expect([world.sent, world.intake.committed(key(0)) ?? 4n]).toEqual([['SEND A-1@4'], 4n]);
    world.journal.blocked = false;
    await world.clock.pass(10);
    await world.pipeline.commit();
    expect([world.journal.lines, world.intake.committed(key(0))]).toEqual([['sent A-1@4'], 5n]);
  });

  it('that cannot be written holds up the next change of an order, no place in flight, and others beyond as many as may be in flight', async () => {
    const world = PipelineWorld.withJournal({ inFlightMax: 2 });
    world.restore();
    world.journal.blocked = true;
    world.feed([{ n: 1, order: 'A' }]);
    await world.clock.pass(100);
    world.feed([
      { n: 2, order: 'A' },
      { n: 3, order: 'B' },
      { n: 4, order: 'C' },
      { n: 5, order: 'D' },
    ]);
    await world.clock.pass(1_000);
    // Each of them would be sent again after a crash. Two were in flight when one was not written yet.
    expect(world.sent).toEqual(['SEND A@1', 'SEND B@3', 'SEND C@4']);
    expect(world.pipeline.snapshot().inFlight).toBe(0);
    world.journal.blocked = false;
    await world.clock.pass(100);
    expect(world.sent.slice(3).toSorted()).toEqual(['SEND D@5', 'UPDATE A@2']);
  });

  it('that cannot be written pauses the source in the end: what waits for it is held', async () => {
    const world = PipelineWorld.withJournal({ queuedMax: 4 });
    world.restore();
    world.journal.blocked = true;
    for (let n = 1; n <= 4; n++) world.feed([{ n, order: `A-${n}` }]);
    await world.clock.pass(1_000);
    expect([...world.intake.paused]).toEqual([key(0)]);
    world.journal.blocked = false;
    await world.clock.pass(100);
    expect(world.intake.paused.size).toBe(0);
  });

  it('is told of a poison order, whose offset then keeps nobody back', async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'poison' ? fails() : anAnswer('SUCCESS'));
    world.feed([{ n: 1, order: 'poison' }, { n: 2 }]);
    await world.clock.pass(10_000);
    await world.pipeline.commit();
    expect(world.intake.committed(key(0))).toBe(3n);
    expect(world.journal.lines).toEqual(['sent A-1@2', 'parked poison@1']);
    expect(world.pipeline.snapshot()).toMatchObject({ parked: 1, lanes: 0, queuedBytes: 0 });
    expect(world.partition()).toMatchObject({ received: 2, parked: 1, unsettled: 0, settled: { delivered: 1 } });
    await world.clock.pass(3_600_000);
    expect(world.deadLetters.letters).toMatchObject([{ attempts: { count: 6 } }]);
    expect(world.partition()).toMatchObject({ parked: 0, settled: { 'dead-lettered': 1 } });
  });

  it('remembers a parked order so well that another process goes on with it', async () => {
    const first = PipelineWorld.withJournal();
    first.restore();
    first.delivery.script = fails;
    first.feed([{ n: 1 }]);
    await first.clock.pass(10_000);
    const entry = first.journal.entries.at(-1);
    if (entry === undefined) throw new Error('nothing was written');
    const second = PipelineWorld.withJournal();
    second.pipeline.remember(key(0), { order: entry.order, known: entry });
    second.restore([], { begin: 2n, end: 2n });
    second.feed([{ n: 1 }]);
    expect(second.meter.skips).toEqual(['duplicate']);
    await second.clock.pass(700_000);
    expect(second.delivery.requests).toEqual(first.delivery.requests.slice(0, 1));
    expect(second.pipeline.snapshot().parked).toBe(0);
  });

  it('that gives up though the partition is ours ends the process, and nothing more is committed', async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.journal.append = () => Promise.reject(new Error('gave up'));
    world.feed([{ n: 1 }]);
    await world.clock.pass(100);
    await expect(world.pipeline.failed).rejects.toThrow('gave up');
    await world.pipeline.commit();
    expect(world.intake.commits).toEqual([]);
  });

  it('is told that a change may have been sent, by what is noted of its order while it waits for the journal', async () => {
    const world = PipelineWorld.withJournal();
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.journal.blocked = true;
    // It may be sent once it is written that it took the place of what was owed.
    world.feed([{ n: 5, ends: true }]);
    world.feed([{ n: 6 }, { n: 7 }]);
    world.journal.blocked = false;
    await world.clock.pass(2);
    expect(world.journal.lines).toEqual(['superseded A-1@3', 'superseded A-1@6']);
    // A process that reads this goes through 5 without a look: its card may be over.
    expect(world.journal.entries[1]?.state).toMatchObject({ through: { offset: 6n }, mayBeEnded: true });
  });

  it('is not told that an order has gone through the change in flight, by repetitions behind it', async () => {
    const first = PipelineWorld.withJournal();
    first.restore();
    first.delivery.script = () => 'never';
    const { source } = aChange({ n: 5 });
    first.feed([{ n: 5 }]);
    first.feed([{ n: 6, source: lsnAt(2) }]);
    first.feed([{ n: 7, source, text: 'text 5' }]);
    await first.clock.pass(100);
    const second = PipelineWorld.withJournal();
    for (const entry of first.journal.entries) second.pipeline.remember(key(0), { order: entry.order, known: entry });
    second.restore([], { begin: 5n, end: 8n });
    second.feed([{ n: 5 }, { n: 6, source: lsnAt(2) }, { n: 7, source, text: 'text 5' }], 8n);
    await second.clock.pass(100);
    expect(second.sent).toEqual(['SEND A-1@5']);
    expect(second.meter.outcomes).toMatchObject({ delivered: 1, skipped: 2 });
  });

  it('has what was left out before anything newer of its order is sent: after a crash it might be sent then', async () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.remember(key(0), remembered(sent, { n: 1, text: 'same' }));
    world.restore();
    world.journal.blocked = true;
    world.feed([{ n: 2, text: 'same' }]);
    await world.clock.pass(100);
    world.feed([{ n: 3 }, { n: 4, order: 'B' }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND B@4']);
    world.journal.blocked = false;
    await world.clock.pass(2);
    expect(world.sent).toEqual(['SEND B@4', 'UPDATE A-1@3']);
    await world.clock.pass(100);
    expect(world.pipeline.snapshot()).toMatchObject({ lanes: 0, queuedBytes: 0 });
  });

  it('has what a change took the place of, too, where that change itself is left out', async () => {
    const world = PipelineWorld.withJournal();
    world.journal.blocked = true;
    world.restore([anOwed({ n: 3, dueMs: 60_000 })]);
    world.feed([{ n: 5, endDate: dawn }]);
    world.feed([{ n: 6 }]);
    await world.clock.pass(100);
    expect([world.meter.skips, world.sent]).toEqual([['superseded', 'expired'], []]);
    world.journal.blocked = false;
    await world.clock.pass(4);
    expect(world.sent).toEqual(['SEND A-1@6']);
  });

  it('is not waited for with what was left out once its partition is lost', async () => {
    const world = PipelineWorld.withJournal({}, [0, 1]);
    world.pipeline.remember(key(0), remembered(sent, { n: 1, text: 'same' }));
    world.restore();
    world.restore([], nothing, 1);
    world.journal.blocked = true;
    world.feed([{ n: 2, text: 'same' }]);
    await world.clock.pass(100);
    world.feed([{ n: 3 }]);
    world.pipeline.assigned([key(1)]);
    await world.clock.pass(100);
    expect(world.pipeline.snapshot()).toMatchObject({ lanes: 0, queuedBytes: 0 });
    // It comes back: what was left out is read again, and settled once.
    world.pipeline.assigned([key(0), key(1)]);
    world.journal.blocked = false;
    world.pipeline.remember(key(0), remembered(sent, { n: 1, text: 'same' }));
    world.restore([], { begin: 2n, end: 4n });
    world.feed([{ n: 2, text: 'same' }, { n: 3 }], 4n);
    await world.clock.pass(100);
    expect(world.partition()).toMatchObject({ received: 2, unsettled: 0, settled: { delivered: 1, superseded: 1 } });
    let quiet = false;
    void world.pipeline.quiesce(1_000).then(() => {
      quiet = true;
    });
    await world.clock.runDry();
    expect(quiet).toBe(true);
  });

  it('is told when an order whose card is over is forgotten', async () => {
    const world = PipelineWorld.withJournal({ forgetAfterMs: 10_000 });
    world.restore();
    const stop = new AbortController();
    void world.pipeline.commitRegularly(stop.signal);
    world.feed([{ n: 1 }]);
    await world.clock.pass(100);
    world.feed([
      { n: 2, ends: true },
      { n: 3, order: 'B' },
    ]);
    await world.clock.pass(20_000);
    stop.abort();
    expect([world.journal.forgotten, world.pipeline.snapshot().orders]).toEqual([['A-1'], 1]);
  });

  it('is told of no order that owes something', async () => {
    const world = PipelineWorld.withJournal({ forgetAfterMs: 10_000, retryDelaysMs: [200_000_000] });
    world.restore([anOwed({ n: 1, dueMs: 200_000_000 })]);
    const stop = new AbortController();
    void world.pipeline.commitRegularly(stop.signal);
    await world.clock.pass(100_000_000);
    stop.abort();
    expect([world.journal.forgotten, world.pipeline.snapshot().orders]).toEqual([[], 1]);
  });
});

describe('an outage', () => {
  it('fills the journal with nothing: no order is parked for it', async () => {
    const world = PipelineWorld.withJournal();
    world.restore();
    world.delivery.script = () => silence('connection');
    world.feed(Array.from({ length: 24 }, (_, n) => ({ n: n + 1, order: `A-${n}` })));
    await world.clock.pass(3 * 3_600_000);
    expect([world.journal.lines, world.pipeline.snapshot().parked]).toEqual([[], 0]);
    world.delivery.script = () => anAnswer('SUCCESS');
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(24);
  });
});
