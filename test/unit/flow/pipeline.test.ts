import { describe, expect, it } from 'vitest';
import { BrokenInvariant } from '../../../connector/kernel/assert.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { anAnswer, aRecord, dawn, sourceTopic } from '../../support/builders.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');

describe('a change', () => {
  it('goes from its record to the platform, and its offset to the broker', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 7, creates: true }]);
    expect(world.sent).toEqual(['SEND A-1@7']);
    await world.clock.pass(12);
    expect(world.meter).toMatchObject({ receivedRecords: 1, acceptances: 1, outcomes: { delivered: 1 } });
    await world.pipeline.commit();
    expect(world.intake.committed(key(0))).toBe(8n);
  });

  it('that needs no request is counted and accounted for at once', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, means: { kind: 'skipped', reason: 'unmapped' } }]);
    expect(world.meter).toMatchObject({ skips: ['unmapped'], outcomes: { skipped: 1 } });
    expect(world.partition()).toMatchObject({ frontier: 2n, unsettled: 0 });
    expect(world.pipeline.snapshot().queuedBytes).toBe(0);
  });

  it('that looks the same as the card is sent once', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, text: 'same' }]);
    await world.clock.pass(12);
    world.feed([{ n: 2, text: 'same' }]);
    await world.clock.pass(2);
    world.feed([{ n: 3, text: 'same' }]);
    await world.clock.pass(2);
    expect(world.sent).toHaveLength(1);
    expect(world.meter.skips).toEqual(['unchanged', 'unchanged']);
    expect(world.partition().unsettled).toBe(0);
  });

  it('whose card would be over on arrival takes no room in the memory of orders', () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, endDate: dawn }]);
    expect(world.meter.skips).toEqual(['expired']);
    expect(world.pipeline.snapshot()).toMatchObject({ orders: 0, lanes: 0 });
  });

  it.each([
    ['unmappable', new Fault('CHANGE_UNMAPPABLE', { detail: 'no amount' })],
    ['undecodable', new Fault('RECORD_UNDECODABLE', { detail: 'magic byte' })],
    ['undecodable', new Fault('SCHEMA_UNKNOWN', { detail: 'id 7' })],
  ])('that cannot be used is a dead letter: %s', async (reason, fault) => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, means: { kind: 'unusable', fault } }, { n: 2 }]);
    expect(world.partition().frontier).toBe(1n);
    await world.clock.pass(12);
    expect(world.deadLetters.letters).toMatchObject([{ reason, fault, attempts: null, record: { offset: 1n } }]);
    expect(world.meter.outcomes).toMatchObject({ 'dead-lettered': 1, delivered: 1 });
    expect(world.partition().frontier).toBe(3n);
  });

  it("that came from another partition than its order's last is told", async () => {
    const world = PipelineWorld.assigned({}, [0, 1]);
    world.feed([{ n: 1 }]);
    await world.clock.pass(12);
    world.delivery.script = (_, attempt) => (attempt === 1 ? anAnswer('UNKNOWN_EXCEPTION') : anAnswer('SUCCESS'));
    world.feed([{ n: 2, partition: 1 }]);
    await world.clock.pass(5_000);
    expect(world.meter.strays).toBe(1);
    expect(world.sent).toHaveLength(3);
  });
});

describe('the source', () => {
  it('that fetches again what is tracked is not taken twice', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1 }, { n: 2, order: 'B' }]);
    world.feed([{ n: 1 }, { n: 2, order: 'B' }, { n: 3, order: 'C' }]);
    await world.clock.pass(12);
    expect(world.meter.receivedRecords).toBe(3);
    expect(world.sent).toHaveLength(3);
  });

  it('that hands over what is not assigned is not listened to', () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, partition: 5 }]);
    expect(world.meter.receivedRecords).toBe(0);
    expect(world.sent).toEqual([]);
  });

  it('that passed offsets without records lets them be committed', async () => {
    const world = PipelineWorld.assigned();
    world.pipeline.receive(key(0), [], 41n, 42n);
    await world.pipeline.commit();
    expect(world.intake.committed(key(0))).toBe(42n);
    expect(world.partition().highWatermark).toBe(42n);
  });

  it('is paused at the limit of records, and resumed when half are done', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 4, inFlightMax: 1 });
    world.feed([1, 2, 3].map(n => ({ n, order: `A-${n}` })));
    expect(world.intake.paused.size).toBe(0);
    world.feed([{ n: 4, order: 'A-4' }]);
    expect([...world.intake.paused]).toEqual([key(0)]);
    await world.clock.pass(12);
    expect(world.intake.paused.size).toBe(1);
    await world.clock.pass(12);
    expect(world.intake.paused.size).toBe(0);
  });

  it('is paused at the limit of bytes', async () => {
    const world = PipelineWorld.assigned({ queuedBytesMax: 1000 }, [0, 1]);
    world.feed([{ n: 1, bytes: 2000 }]);
    expect(world.intake.paused).toEqual(new Set([key(0), key(1)]));
    await world.clock.pass(12);
    expect(world.intake.paused.size).toBe(0);
  });
});

describe('a record whose schema has to be fetched', () => {
  it('keeps those behind it in its partition waiting, in order, and no other partition', async () => {
    const world = PipelineWorld.assigned({}, [0, 1]);
    world.feed([{ n: 1, means: 'late' }, { n: 2 }, { n: 3, order: 'B', partition: 1 }]);
    expect(world.sent).toEqual(['SEND B@3']);
    await world.clock.pass(99);
    expect(world.sent).toHaveLength(1);
    await world.clock.pass(3);
    expect(world.sent).toEqual(['SEND B@3', 'SEND A-1@2']);
  });

  it('takes in what comes meanwhile behind the others', async () => {
    const world = PipelineWorld.assigned({ conflate: false });
    world.feed([{ n: 1, means: 'late' }]);
    world.feed([{ n: 2 }]);
    await world.clock.pass(200);
    expect(world.sent).toEqual(['SEND A-1@1', 'UPDATE A-1@2']);
  });

  it('is let go with its partition, and the source goes on', async () => {
    const world = PipelineWorld.assigned({ queuedBytesMax: 1000 }, [0, 1]);
    world.feed([{ n: 1, means: 'late', bytes: 2000 }, { n: 2 }]);
    expect(world.intake.paused.size).toBe(2);
    world.pipeline.assigned([key(1)]);
    await world.clock.pass(0);
    expect(world.pipeline.snapshot().queuedBytes).toBe(0);
    expect(world.intake.paused.has(key(1))).toBe(false);
    expect(world.sent).toEqual([]);
  });
});

describe('commits', () => {
  it('go to the lowest offset that is not accounted for, however many above it are', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'slow' ? 'never' : anAnswer('SUCCESS'));
    world.feed([
      { n: 1, order: 'A' },
      { n: 2, order: 'slow' },
      { n: 3, order: 'C' },
      { n: 4, order: 'D' },
    ]);
    await world.clock.pass(50);
    await world.pipeline.commit();
    expect(world.meter.outcomes.delivered).toBe(3);
    expect(world.intake.committed(key(0))).toBe(2n);
  });

  it('happen on an interval, and only where something moved', async () => {
    const world = PipelineWorld.assigned({}, [0, 1]);
    const stop = new AbortController();
    const regularly = world.pipeline.commitRegularly(stop.signal);
    world.feed([{ n: 1 }]);
    await world.clock.pass(3_500);
    expect(world.intake.commits).toEqual([new Map([[key(0), 2n]])]);
    world.feed([{ n: 4, order: 'B', partition: 1 }]);
    await world.clock.pass(1_000);
    expect(world.intake.commits.slice(1)).toEqual([new Map([[key(1), 5n]])]);
    stop.abort();
    await regularly;
    expect(world.clock.sleeping).toBe(0);
  });

  it('that the broker refuses are tried again', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1 }]);
    await world.clock.pass(12);
    world.intake.refuses = true;
    await world.pipeline.commit();
    world.intake.refuses = false;
    await world.pipeline.commit();
    expect(world.meter.commits).toEqual([false, true]);
    expect(world.intake.committed(key(0))).toBe(2n);
  });
});

describe('a mistake of our own', () => {
  it('ends the process and commits nothing more: a defect of the interpreter', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, order: 'B' }]);
    await world.clock.pass(12);
    expect(() => world.feed([{ n: 2, means: 'throws' }])).not.toThrow();
    await expect(world.pipeline.failed).rejects.toThrow(TypeError);
    await world.pipeline.commit();
    world.feed([{ n: 3 }]);
    await world.pipeline.drain(0);
    expect(world.meter.receivedRecords).toBe(2);
    expect(world.intake.commits).toEqual([]);
    expect(world.sent).toHaveLength(1);
  });

  it('ends the process: a port that rejects, though it must not', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.deliver = () => Promise.reject(new BrokenInvariant('delivery never rejects'));
    world.feed([{ n: 1 }]);
    await expect(world.pipeline.failed).rejects.toThrow(BrokenInvariant);
  });

  it('ends the process: the dead-letter topic gives up, though the partition is ours', async () => {
    const world = PipelineWorld.assigned();
    world.deadLetters.publish = () => Promise.reject(new Error('gave up'));
    world.feed([{ n: 1, means: 'undecodable' }]);
    await expect(world.pipeline.failed).rejects.toThrow('gave up');
    expect(world.partition().frontier).toBe(1n);
  });
});

describe('the snapshot', () => {
  it('shows where everything stands', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 2 });
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'poison' ? fails() : anAnswer('SUCCESS'));
    world.feed([{ n: 1, order: 'poison' }], 9n);
    await world.clock.pass(12);
    world.feed(
      [2, 3, 4].map(n => ({ n, order: `A-${n}` })),
      9n,
    );
    expect(world.pipeline.snapshot()).toMatchObject({
      partitions: [{ topic: sourceTopic, partition: 0, frontier: 1n, highest: 4n, unsettled: 4, highWatermark: 9n }],
      queued: 1,
      queuedBytes: 30,
      inFlight: 2,
      inFlightMax: 2,
      waiting: 1,
      lanes: 4,
      breaker: 'closed',
      degraded: null,
    });
    expect(world.partition().oldestUnsettledAt).toBe(aRecord({ offset: 1n }).timestamp);
  });
});

describe('a record that changes its order number', () => {
  it('ends the former order and sends the new one, and is accounted for when both are', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'OLD' ? 'never' : anAnswer('SUCCESS'));
    world.feed([{ n: 1, order: 'NEW', former: 'OLD' }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['UPDATE OLD@1', 'SEND NEW@1']);
    expect(world.partition()).toMatchObject({ received: 2, unsettled: 1, frontier: 1n });
    const again = PipelineWorld.assigned();
    again.feed([{ n: 1, order: 'NEW', former: 'OLD' }]);
    await again.clock.pass(100);
    expect(again.partition()).toMatchObject({ received: 2, unsettled: 0, frontier: 2n, settled: { delivered: 2 } });
    expect(again.journal.lines).toEqual(['ended OLD@1', 'sent NEW@1']);
  });
});
