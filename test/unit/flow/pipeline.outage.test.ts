import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import type { Answered } from '../../../connector/order/answer.ts';
import { anAnswer, anHttpAnswer, dawn, silence } from '../../support/builders.ts';
import { anOwed } from './owed.ts';
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

describe('an order that alone is refused as unauthorized', () => {
  it('opens the breaker three times at most, also when it is parked in between', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [100, 60_000, 60_000, 60_000, 60_000] });
    world.delivery.script = ({ change }) =>
      change.merchantBizNo === 'poison' ? anHttpAnswer(403) : anAnswer('SUCCESS');
    world.feed([{ order: 'poison', n: 1 }]);
    for (let n = 2; n < 602; n++) {
      world.feed([{ order: `A-${n % 7}`, n }]);
      await world.clock.pass(500);
    }
    expect(world.meter.parkings).toBe(1);
    expect(world.meter.degradations).toEqual(Array(3).fill(['CREDENTIALS_REFUSED', null]).flat());
    expect(world.deadLetters.letters).toMatchObject([{ reason: 'retries-exhausted' }]);
  });

  it('is remembered as such when its change was given up: its next change does not open the breaker', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [100] });
    world.delivery.script = ({ change }) =>
      change.merchantBizNo === 'poison' ? anHttpAnswer(403) : anAnswer('SUCCESS');
    world.feed([{ order: 'poison', n: 1 }]);
    for (let n = 2; n < 102; n++) {
      world.feed([{ order: n === 60 ? 'poison' : `A-${n % 7}`, n }]);
      await world.clock.pass(500);
    }
    expect(world.deadLetters.letters).toHaveLength(2);
    expect(world.meter.degradations).toHaveLength(6);
  });
});

describe('refusals by a result code that is not known', () => {
  const refusal = (code: string, parts: Partial<Answered> = {}) =>
    anAnswer(code, { result: { code, status: 'F', message: 'no' }, ...parts });
  const orders = (count: number, from = 1) =>
    Array.from({ length: count }, (_, n) => ({ n: from + n, order: `A-${from + n}` }));

  it('of order after order open the breaker; nothing is given up, and all is delivered once they end', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 8 });
    world.delivery.script = () => refusal('BRAND_NEW');
    world.feed(orders(41));
    await world.clock.pass(3 * 3_600_000);
    expect(world.deadLetters.letters).toEqual([]);
    expect(world.pipeline.snapshot().degraded).toMatchObject({ code: 'REFUSALS_UNEXPLAINED' });
    expect(world.pipeline.snapshot().degraded?.detail).toContain('BRAND_NEW');
    world.delivery.script = () => anAnswer('SUCCESS');
    await world.clock.pass(60_000);
    expect(world.meter.outcomes.delivered).toBe(41);
    expect(world.meter.degradations).toEqual(['REFUSALS_UNEXPLAINED', null]);
  });

  it('end as a dead letter at the second one where another order was served meanwhile', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) =>
      change.merchantBizNo === 'A-1' ? refusal('BRAND_NEW') : anAnswer('SUCCESS');
    world.feed(orders(1));
    await world.clock.pass(1_000);
    expect(world.deadLetters.letters).toEqual([]);
    world.feed(orders(1, 2));
    await world.clock.pass(1_500);
    expect(world.deadLetters.letters).toMatchObject([
      { reason: 'rejected', fault: { code: 'CARD_REJECTED' }, attempts: { count: 2 } },
    ]);
    expect(world.meter.degradations).toEqual([]);
  });

  it('prove nothing by an order that was on its way already', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.latencyMs = 100;
    world.delivery.script = ({ change }) =>
      change.merchantBizNo === 'A-1' ? refusal('BRAND_NEW') : anAnswer('SUCCESS');
    world.feed(orders(2));
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(1);
    expect(world.deadLetters.letters).toEqual([]);
  });

  it('of the only order there is end as a dead letter with its last repetition', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => refusal('BRAND_NEW');
    world.feed(orders(1));
    await world.clock.pass(2 * 3_600_000);
    expect(world.deadLetters.letters).toMatchObject([{ reason: 'rejected', attempts: { count: 6 } }]);
    expect(world.meter.degradations).toEqual([]);
  });

  it('of some orders among many hold up neither these nor the commits', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) =>
      change.position.offset % 4n === 0n ? refusal('BRAND_NEW') : anAnswer('SUCCESS');
    for (let n = 1; n <= 80; n++) {
      world.feed(orders(1, n));
      await world.clock.pass(100);
    }
    world.feed(orders(1, 81));
    await world.clock.pass(10_000);
    expect(world.meter.outcomes).toMatchObject({ delivered: 61, 'dead-lettered': 20 });
    expect(world.meter.degradations).toEqual([]);
  });

  it.each(['ILLEGAL_CLIENT_IP', 'OAUTH_FAIL'])('but known from the gateways, %s, stop intake at once', async code => {
    const world = PipelineWorld.assigned({ inFlightMax: 8 });
    world.delivery.script = () => refusal(code);
    world.feed(orders(41));
    await world.clock.pass(8_000);
    expect([world.deadLetters.letters, world.meter.degradations]).toEqual([[], ['CREDENTIALS_REFUSED']]);
  });
});

describe('answers that are not believed', () => {
  const wrongKey = () => anAnswer('SUCCESS', { signature: 'bad' });

  it('open the breaker at the third order, however long after the second, and say which setting is wrong', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = wrongKey;
    for (let n = 1; n <= 3; n++) {
      expect(world.pipeline.snapshot().breaker).toBe('closed');
      world.feed([{ n, order: `A-${n}` }]);
      await world.clock.pass(600_000);
    }
    expect(world.pipeline.snapshot().degraded).toMatchObject({
      code: 'ANSWERS_UNVERIFIED',
      remedy: expect.stringContaining('platform.publicKeyFile'),
    });
    await world.clock.pass(24 * 3_600_000);
    expect(world.deadLetters.letters).toEqual([]);
    world.delivery.script = () => anAnswer('SUCCESS', { signature: 'verified' });
    await world.clock.pass(1_800_000);
    expect(world.meter.outcomes.delivered).toBe(3);
  });

  it('of many orders at once say so too, not that the network is to be checked', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 16 });
    world.delivery.script = wrongKey;
    world.feed(Array.from({ length: 24 }, (_, n) => ({ n: n + 1, order: `A-${n}` })));
    await world.clock.pass(60_000);
    expect(world.meter.degradations).toEqual(['ANSWERS_UNVERIFIED']);
  });

  it('end one order as a dead letter that says why', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = wrongKey;
    world.feed([{ n: 1 }]);
    await world.clock.pass(2 * 3_600_000);
    expect(world.deadLetters.letters).toMatchObject([
      { reason: 'retries-exhausted', fault: { code: 'ANSWERS_UNVERIFIED' } },
    ]);
  });

  it('since a gateway signs only success: cards are made, and refusals have a fault of their own', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 8 });
    world.delivery.script = ({ command, change }) => {
      if (change.merchantBizNo.startsWith('bad')) return anAnswer('PARAM_ILLEGAL', { signature: 'missing' });
      return command === 'UPDATE'
        ? anAnswer('ORDER_NOT_FOUND', { signature: 'missing' })
        : anAnswer('SUCCESS', { signature: 'verified' });
    };
    world.feed([{ n: 1, order: 'A-1', replays: 0 }]);
    await world.clock.pass(1_000);
    world.feed(Array.from({ length: 41 }, (_, n) => ({ n: n + 2, order: `bad-${n}` })));
    await world.clock.pass(12_000);
    expect(world.meter.degradations).toEqual(['REFUSALS_UNSIGNED']);
    expect(world.sent.length).toBeLessThan(20);
  });
});

describe('giving up', () => {
  const hours = 3_600_000;

  it('does not count the time of an outage, were it longer than flow.giveUpAfterMs', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 8, giveUpAfterMs: 24 * hours });
    let isOver = false;
    const throttled = new Set<string>();
    world.delivery.script = ({ change: { merchantBizNo } }) => {
      if (!isOver) return anAnswer('INVALID_SIGNATURE');
      // All come at once then: a third of them is throttled at first.
      const isThrottled = Number(merchantBizNo.slice(2)) % 3 === 1 && !throttled.has(merchantBizNo);
      throttled.add(merchantBizNo);
      return anAnswer(isThrottled ? 'REQUEST_TRAFFIC_EXCEED_LIMIT' : 'SUCCESS');
    };
    world.feed(Array.from({ length: 90 }, (_, n) => ({ order: `A-${n}`, n: n + 1 })));
    await world.clock.pass(49 * hours);
    isOver = true;
    await world.clock.pass(600_000);
    expect(world.deadLetters.letters).toEqual([]);
    expect(world.meter.outcomes.delivered).toBe(90);
  });

  it('does not count it for a parked delivery either, nor over a restart', async () => {
    const world = PipelineWorld.withJournal({ giveUpAfterMs: 24 * hours });
    world.delivery.script = (_, attempt) => anAnswer(attempt < 4 ? 'REQUEST_TRAFFIC_EXCEED_LIMIT' : 'SUCCESS');
    const firstAttemptAt = instant(dawn - 49 * hours);
    world.restore([anOwed({ n: 1, tried: { firstAttemptAt, lastAttemptAt: firstAttemptAt, waitedMs: 23 * hours } })]);
    await world.clock.pass(hours / 2);
    expect(world.deadLetters.letters).toEqual([]);
    expect(world.meter.outcomes.delivered).toBe(1);
  });

  it('counts the pauses of a parked delivery over a restart', async () => {
    const world = PipelineWorld.withJournal({ giveUpAfterMs: 24 * hours });
    world.delivery.script = () => anAnswer('REQUEST_TRAFFIC_EXCEED_LIMIT');
    world.restore([anOwed({ n: 1, tried: { waitedMs: 24 * hours - 10_000 } })]);
    await world.clock.pass(60_000);
    expect(world.deadLetters.letters).toMatchObject([{ reason: 'retries-exhausted' }]);
  });

  it('does not happen to a throttled order where as many are parked as may be', async () => {
    const world = PipelineWorld.assigned({ parkedMax: 0, waitingMax: 1 });
    world.delivery.script = (_, attempt) => anAnswer(attempt < 7 ? 'REQUEST_TRAFFIC_EXCEED_LIMIT' : 'SUCCESS');
    world.feed([
      { order: 'A-1', n: 1 },
      { order: 'A-2', n: 2 },
      { order: 'A-3', n: 3 },
    ]);
    await world.clock.pass(300_000);
    expect(world.deadLetters.letters).toEqual([]);
    expect(world.meter.outcomes.delivered).toBe(3);
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
