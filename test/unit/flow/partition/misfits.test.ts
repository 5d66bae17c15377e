import { describe, expect, it } from 'vitest';
import type { Interpreted } from '../../../../connector/flow/ports.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { anOwed } from '../owed.ts';
import { type Fed, key, PipelineWorld } from '../pipeline-world.ts';

const fault = new Fault('CHANGE_UNMAPPABLE', { detail: 'orders.yaml: status: No such key: state' });
const unmappable = (everyRow = false): Interpreted => ({ kind: 'unusable', fault, everyRow });
/** Records from `from` on, each of an order of its own. */
const records = (count: number, from: number, parts: Partial<Fed> = {}): readonly Fed[] =>
  Array.from({ length: count }, (_, n) => ({ n: from + n, order: `A-${from + n}`, key: `A-${from + n}`, ...parts }));
const degradedOf = (world: PipelineWorld) => world.pipeline.snapshot().degraded?.code ?? null;

describe('a mapping that fits no record', () => {
  it('becomes 20 dead letters of 128 records, and the rest waits', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed(records(128, 1, { means: unmappable() }));
    await world.clock.pass(3_600_000);
    expect(world.deadLetters.letters).toHaveLength(20);
    expect([degradedOf(world), world.meter.held]).toEqual(['MAPPING_FITS_NOTHING', ['MAPPING_FITS_NOTHING']]);
    expect(world.pipeline.snapshot().degraded?.detail).toContain('20 of the last 20 records cannot be mapped');
    expect(world.pipeline.snapshot().degraded?.detail).toContain('No such key: state');
    await world.pipeline.commit();
    expect(world.intake.committed(key(0))).toBe(21n);
  });

  it('becomes five dead letters where the table lacks a column', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed(records(128, 1, { means: unmappable(true) }));
    await world.clock.pass(60_000);
    expect(world.deadLetters.letters).toHaveLength(5);
    expect(degradedOf(world)).toBe('MAPPING_FITS_NOTHING');
  });

  it('becomes no dead letter where that is known before the first record', async () => {
    const world = PipelineWorld.withJournal({ queuedMax: 1_000 });
    world.pipeline.suspect('shop.public.orders', new Fault('MAPPING_FITS_NOTHING', { detail: 'no column "state"' }));
    world.restore();
    world.feed(records(128, 1, { means: unmappable(true) }));
    await world.clock.pass(60_000);
    expect([world.deadLetters.letters.length, degradedOf(world)]).toEqual([0, 'MAPPING_FITS_NOTHING']);
  });

  it('holds nothing back where a row can be mapped after all', async () => {
    const world = PipelineWorld.assigned();
    world.pipeline.suspect('shop.public.orders', new Fault('MAPPING_FITS_NOTHING', { detail: 'no column "state"' }));
    expect(degradedOf(world)).toBe('MAPPING_FITS_NOTHING');
    world.feed(records(3, 1));
    await world.clock.pass(1_000);
    expect([world.meter.outcomes.delivered, degradedOf(world)]).toEqual([3, null]);
  });

  it('goes on, in order, as soon as a newer row can be mapped; the older ones are dead letters then', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed(records(128, 1, { means: unmappable() }));
    await world.clock.pass(60_000);
    world.feed([...records(1, 129), ...records(1, 130, { means: unmappable() })]);
    await world.clock.pass(60_000);
    expect(world.deadLetters.letters).toHaveLength(129);
    expect(world.sent).toEqual(['SEND A-129@129']);
    expect([world.meter.held, degradedOf(world)]).toEqual([['MAPPING_FITS_NOTHING', null], null]);
    expect(world.partition()).toMatchObject({ unsettled: 0, frontier: 131n });
    expect(world.pipeline.snapshot()).toMatchObject({ queuedBytes: 0, queued: 0 });
  });

  it('goes on also where the schema of the newer row has to be fetched first', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed(records(40, 1, { means: unmappable() }));
    await world.clock.pass(1_000);
    world.feed(records(1, 41, { means: 'late' }));
    expect(degradedOf(world)).toBe('MAPPING_FITS_NOTHING');
    await world.clock.pass(1_000);
    expect([world.meter.outcomes.delivered, degradedOf(world)]).toEqual([1, null]);
  });

  it('does not hold back where newer rows that are read already can be mapped', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed([...records(60, 1, { means: unmappable() }), ...records(1, 61)]);
    await world.clock.pass(60_000);
    expect([world.deadLetters.letters.length, world.meter.held]).toEqual([60, []]);
    expect(world.meter.outcomes.delivered).toBe(1);
  });

  it('is not suspected for one order whose row is broken, however often it changes', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed(records(128, 1, { order: 'A-1', means: unmappable(), key: 'A-1' }));
    await world.clock.pass(60_000);
    expect([world.deadLetters.letters.length, degradedOf(world)]).toEqual([128, null]);
  });

  it('pauses its own topic once as much waits as may, and no other', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 100 }, [0]);
    world.feed(records(90, 1, { means: unmappable() }));
    await world.clock.pass(1_000);
    expect(world.intake.paused.size).toBe(0);
    world.feed(records(40, 91, { means: unmappable() }));
    await world.clock.pass(1_000);
    expect([...world.intake.paused]).toEqual([key(0)]);
    expect(world.pipeline.snapshot().queued).toBe(110);
  });

  it('does not let a parked delivery go before a newer change of its order that waits', async () => {
    const world = PipelineWorld.withJournal();
    world.pipeline.suspect('shop.public.orders', new Fault('MAPPING_FITS_NOTHING', { detail: 'no column "state"' }));
    world.restore([anOwed({ n: 1, order: 'A-1' })], { begin: 2n, end: 4n });
    world.feed(records(2, 2, { means: unmappable() }));
    await world.clock.pass(60_000);
    expect(world.sent).toEqual([]);
  });

  it('lets go of what it holds when the partition is taken away, and holds it again when it comes back', async () => {
    const world = PipelineWorld.assigned({ queuedMax: 1_000 });
    world.feed(records(40, 1, { means: unmappable() }));
    await world.clock.pass(1_000);
    world.pipeline.assigned([]);
    expect([degradedOf(world), world.pipeline.snapshot().queuedBytes]).toEqual([null, 0]);
    world.pipeline.assigned([key(0)]);
    world.restore();
    world.feed(records(20, 21, { means: unmappable() }));
    await world.clock.pass(1_000);
    expect([world.deadLetters.letters.length, degradedOf(world)]).toEqual([20, 'MAPPING_FITS_NOTHING']);
    await world.pipeline.drain(1_000);
    expect(world.pipeline.snapshot()).toMatchObject({ queued: 20 });
  });
});
