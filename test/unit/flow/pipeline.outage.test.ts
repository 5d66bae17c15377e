import { describe, expect, it } from 'vitest';
import { anAnswer, anHttpAnswer, silence } from '../../support/builders.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');

describe('a poison order', () => {
  it('that fails delays no other order and no commit: its delivery is parked in the journal', async () => {
    const world = PipelineWorld.assigned({}, [0, 1]);
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'poison' ? fails() : anAnswer('SUCCESS'));
    world.feed([{ n: 1, order: 'poison' }]);
    for (let n = 2; n < 40; n++) {
      world.feed([{ n, order: `A-${n}`, partition: n % 2 }]);
      await world.clock.pass(500);
    }
    await world.pipeline.commit();
    expect(world.meter.outcomes.delivered).toBe(38);
    expect(world.intake.committed(key(1))).toBe(40n);
    expect(world.intake.committed(key(0))).toBe(39n);
    expect(world.pipeline.snapshot()).toMatchObject({ breaker: 'closed', waiting: 0, parked: 1 });
  });

  it('is given up after the last repetition, and the commits go on', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.merchantBizNo === 'poison' ? fails() : anAnswer('SUCCESS'));
    world.feed([{ n: 1, order: 'poison' }, { n: 2 }]);
    await world.clock.pass(2 * 3_600_000);
    expect(world.deadLetters.letters).toMatchObject([
      { reason: 'retries-exhausted', fault: { code: 'RETRIES_EXHAUSTED' }, attempts: { count: 6 } },
    ]);
    expect(new Set(world.delivery.requests.slice(2).map(({ body }) => body)).size).toBe(1);
    expect(world.partition().frontier).toBe(3n);
    expect(world.pipeline.snapshot()).toMatchObject({ lanes: 0, queuedBytes: 0 });
  });
});

describe('an outage', () => {
  const orders = Array.from({ length: 24 }, (_, n) => ({ n: n + 1, order: `A-${n}` }));

  it.each([
    ['no connection', silence('connection')],
    ['time-outs', silence('timeout')],
    ["a proxy's error page", anHttpAnswer(503)],
    ['nothing but unknown failures', fails()],
  ])(
    '%s: the source is paused, one request probes, nothing is given up, all is delivered after it',
    async (_, answer) => {
      const world = PipelineWorld.assigned();
      world.delivery.script = () => answer;
      world.feed(orders);
      await world.clock.pass(100);
      expect(world.pipeline.snapshot()).toMatchObject({ breaker: 'open', degraded: { code: 'PLATFORM_UNREACHABLE' } });
      expect(world.intake.paused.has(key(0))).toBe(true);
      const before = world.sent.length;
      await world.clock.pass(3 * 3_600_000);
      // A probe every five seconds or so, no more.
      expect(world.sent.length - before).toBeLessThanOrEqual((3 * 3_600) / 5);
      expect(world.sent.length - before).toBeGreaterThan((3 * 3_600) / 6);
      // One timer for the next probe, one for each order that waits.
      expect(world.clock.sleeping).toBeLessThanOrEqual(world.pipeline.snapshot().waiting + 2);
      expect(world.deadLetters.letters).toEqual([]);
      world.delivery.script = () => anAnswer('SUCCESS');
      await world.clock.pass(10_000);
      expect(world.meter.outcomes.delivered).toBe(24);
      expect(world.pipeline.snapshot()).toMatchObject({ breaker: 'closed', degraded: null, waiting: 0 });
      expect(world.intake.paused.size).toBe(0);
      expect(world.meter.degradations).toEqual(['PLATFORM_UNREACHABLE', null]);
    },
  );

  it('refused credentials: nothing is given up, and it goes on when they are mended', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => anAnswer('INVALID_SIGNATURE');
    world.feed(orders);
    await world.clock.pass(3 * 3_600_000);
    expect(world.deadLetters.letters).toEqual([]);
    expect(world.meter.degradations).toEqual(['CREDENTIALS_REFUSED']);
    world.delivery.script = () => anAnswer('SUCCESS');
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(24);
    expect(world.meter.degradations).toEqual(['CREDENTIALS_REFUSED', null]);
  });

  it('costs each order one request after it, of its newest change', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => silence('connection');
    world.feed(orders);
    await world.clock.pass(1_000);
    for (let n = 100; n < 148; n++) world.feed([{ n, order: `A-${n % 24}` }]);
    await world.clock.pass(60_000);
    const before = world.sent.length;
    world.delivery.script = () => anAnswer('SUCCESS');
    await world.clock.pass(60_000);
    expect(world.sent.slice(before)).toHaveLength(24);
    expect(world.meter.outcomes).toMatchObject({ delivered: 24, superseded: 48 });
  });
});
