import { describe, expect, it } from 'vitest';
import type { CardRequest } from '../../../../connector/order/decide.ts';
import { anAnswer, anHttpAnswer, dawn } from '../../../support/builders.ts';
import { PipelineWorld } from '../pipeline-world.ts';

// Seen through the pipeline: what is started, and when.

const served = () => anAnswer('SUCCESS');
const limited = (retryAfterMs: number | null = null) => anAnswer('REQUEST_TRAFFIC_EXCEED_LIMIT', { retryAfterMs });
const orders = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => ({ n: from + n, order: `A-${from + n}` }));
const isOf = (order: string) => (request: CardRequest) => request.change.merchantBizNo === order;
const limitOf = (world: PipelineWorld) => world.pipeline.snapshot().limits.inFlight;

/** When each request was started, from now on. */
function startsOf(world: PipelineWorld): number[] {
  const starts: number[] = [];
  const { script } = world.delivery;
  world.delivery.script = (request, attempt) => {
    starts.push(world.clock.now() - dawn);
    return script(request, attempt);
  };
  return starts;
}

describe('requests a second', () => {
  it('are no more than the settings say, and all are sent in the end', async () => {
    const world = PipelineWorld.assigned({ requestsPerSecond: 20, inFlightMax: 50 });
    const starts = startsOf(world);
    world.feed(orders(30));
    await world.clock.pass(10_000);
    expect(starts).toEqual([0, 0, ...Array.from({ length: 28 }, (_, n) => 50 * (n + 1))]);
    expect(world.meter.outcomes.delivered).toBe(30);
    // One wait for each start that had to.
    expect(new Set(world.meter.limits)).toEqual(new Set(['requests-per-second']));
    expect(world.pipeline.snapshot().limits).toMatchObject({ requestsPerSecond: 20, tokens: 2 });
    expect(world.clock.sleeping).toBe(0);
  });

  it('count a heal too: what follows makes up for it', async () => {
    const world = PipelineWorld.assigned({ requestsPerSecond: 10 });
    world.delivery.script = ({ command }) => anAnswer(command === 'SEND' ? 'UN_SUPPORT_BUSINESS' : 'SUCCESS');
    const starts = startsOf(world);
    world.feed(orders(2));
    await world.clock.pass(10_000);
    expect(starts).toEqual([0, 10, 200, 210]);
  });

  it('cost nothing where no request is needed', async () => {
    const world = PipelineWorld.assigned({ requestsPerSecond: 1 });
    world.feed([{ n: 1, text: 'a' }]);
    await world.clock.pass(1_000);
    world.feed([{ n: 2, text: 'a' }]);
    await world.clock.pass(2);
    expect(world.meter.skips).toEqual(['unchanged']);
    world.feed([{ n: 3, text: 'b' }]);
    expect(world.sent).toHaveLength(2);
  });

  it('leave no timer behind', async () => {
    const world = PipelineWorld.assigned({ requestsPerSecond: 1 });
    world.feed(orders(5));
    await world.clock.pass(100);
    const drained = world.pipeline.drain(1_000);
    await world.clock.pass(2_000);
    await drained;
    expect(world.clock.sleeping).toBe(0);
  });
});

describe('the limit of requests in flight', () => {
  it('goes down when the platform refuses for the traffic, and comes back', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 8, outageRatio: 1 });
    let calm = false;
    world.delivery.script = request => (!calm && isOf('A-1')(request) ? limited() : served());
    world.feed(orders(8));
    await world.clock.pass(10);
    // Halved, and four of the other seven answers raised it by one.
    expect([limitOf(world), world.pipeline.snapshot().inFlightMax]).toEqual([5, 8]);
    expect(world.meter.limits).toEqual(['refused']);
    calm = true;
    world.feed(orders(20, 100));
    expect(world.pipeline.snapshot().inFlight).toBeLessThanOrEqual(5);
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(28);
    world.feed(orders(20, 200));
    await world.clock.pass(10_000);
    expect(limitOf(world)).toBe(8);
  });

  it('lets one through always', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 4, retryDelaysMs: [1_500, 1_500, 1_500] });
    let until = 6;
    world.delivery.script = () => (until-- > 0 ? limited() : served());
    world.feed(orders(1));
    await world.clock.pass(200_000);
    expect(world.meter.outcomes.delivered).toBe(1);
    expect(limitOf(world)).toBeGreaterThanOrEqual(1);
  });

  it('does not go down for one order that alone gets a 503, but does for the second', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 4 });
    world.delivery.script = request => (isOf('A-1')(request) ? anHttpAnswer(503, { retryAfterMs: 3_000 }) : served());
    world.feed(orders(1));
    await world.clock.pass(10);
    world.feed(orders(1, 2));
    // The others go on.
    expect(world.sent).toHaveLength(2);
    await world.clock.pass(20_000);
    expect([limitOf(world), world.meter.limits]).toEqual([4, []]);
    world.delivery.script = () => anHttpAnswer(503);
    world.feed(orders(2, 10));
    await world.clock.pass(10);
    expect([limitOf(world), world.meter.limits]).toEqual([1, ['refused', 'refused']]);
  });
});

describe('Retry-After', () => {
  it('is honoured by all orders', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = (request, attempt) => (isOf('A-1')(request) && attempt === 1 ? limited(5_000) : served());
    const starts = startsOf(world);
    world.feed(orders(1));
    await world.clock.pass(100);
    world.feed(orders(3, 2));
    await world.clock.pass(4_909);
    expect(starts).toEqual([0]);
    await world.clock.pass(1_000);
    expect(starts.slice(1).every(start => start >= 5_010)).toBe(true);
    expect(world.meter.outcomes.delivered).toBe(4);
    expect(world.meter.limits).toEqual(['refused', 'retry-after']);
  });

  it('is honoured for a minute at most', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = (request, attempt) => (isOf('A-1')(request) && attempt === 1 ? limited(9e6) : served());
    world.feed(orders(1));
    await world.clock.pass(10);
    world.feed(orders(1, 2));
    await world.clock.pass(59_999);
    expect(world.sent).toHaveLength(1);
    await world.clock.pass(1);
    expect(world.sent).toHaveLength(2);
  });
});

describe('a refusal for the traffic', () => {
  it('uses up none of the attempts of its order', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [10, 10] });
    let refusals = 40;
    world.delivery.script = request => (isOf('A-1')(request) && refusals-- > 0 ? limited() : served());
    world.feed(orders(1));
    for (let n = 0; n < 60; n++) {
      // Others are served: it is no outage.
      world.feed(orders(6, 100 + 10 * n));
      await world.clock.pass(60_000);
    }
    expect(refusals).toBeLessThan(0);
    expect(world.deadLetters.letters).toEqual([]);
    expect(world.meter.outcomes.delivered).toBe(361);
  });

  it('of most orders opens the breaker', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => limited();
    world.feed(orders(8));
    await world.clock.pass(30_000);
    expect(world.pipeline.snapshot().breaker).not.toBe('closed');
    expect(world.meter.degradations).toEqual(['PLATFORM_UNREACHABLE']);
    world.delivery.script = served;
    await world.clock.pass(60_000);
    expect(world.meter.outcomes.delivered).toBe(8);
    expect(world.deadLetters.letters).toEqual([]);
  });
});
