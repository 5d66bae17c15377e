import { describe, expect, it } from 'vitest';
import type { CardRequest } from '../../../connector/order/decide.ts';
import { anAnswer, anHttpAnswer, dawn, lsnAt, silence } from '../../support/builders.ts';
import { key, PipelineWorld } from './pipeline-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');
const served = () => anAnswer('SUCCESS');
const isOf = (order: string) => (request: CardRequest) => request.change.merchantBizNo === order;

describe('deliveries', () => {
  it('start one for each order, as many as may be in flight, first come first served', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 2, conflate: false });
    world.feed([{ n: 1 }, { n: 2 }, { n: 3, order: 'B' }, { n: 4, order: 'C' }, { n: 5, order: 'B' }]);
    expect(world.sent).toEqual(['SEND A-1@1', 'SEND B@3']);
    await world.clock.pass(12);
    expect(world.sent.slice(2)).toEqual(['SEND C@4', 'UPDATE A-1@2']);
    await world.clock.pass(12);
    expect(world.sent.slice(4)).toEqual(['UPDATE B@5']);
  });

  it('never run beside each other for one order', async () => {
    const world = PipelineWorld.assigned({ conflate: false, inFlightMax: 8 });
    let most = 0;
    world.delivery.script = ({ change }) => {
      most = Math.max(most, (world.delivery.open.get(change.merchantBizNo) ?? 0) + 1);
      return served();
    };
    for (let n = 1; n <= 30; n++) world.feed([{ n, order: `A-${n % 3}` }]);
    await world.clock.pass(1_000);
    expect(most).toBe(1);
    expect(world.meter.outcomes.delivered).toBe(30);
  });

  it('heal a wrong command without waiting', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ command }) => anAnswer(command === 'SEND' ? 'UN_SUPPORT_BUSINESS' : 'SUCCESS');
    world.feed([{ n: 1 }]);
    await world.clock.pass(20);
    expect(world.sent).toEqual(['SEND A-1@1', 'UPDATE A-1@1']);
    await world.clock.pass(2);
    expect(world.meter).toMatchObject({ heals: 1, outcomes: { delivered: 1 } });
  });

  it('of an end that finds no card: the order has ended', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => anAnswer('ORDER_NOT_FOUND');
    world.feed([{ n: 1, ends: true }]);
    await world.clock.pass(12);
    world.feed([{ n: 2, ends: true }]);
    await world.clock.pass(2);
    expect(world.sent).toEqual(['UPDATE A-1@1']);
    expect(world.meter.skips).toEqual(['ended', 'ended']);
  });

  it('go on while a dead letter is being written: its place in flight is free', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 1 });
    world.deadLetters.blocked = true;
    world.delivery.script = request => (isOf('A')(request) ? anAnswer('PARAM_ILLEGAL') : served());
    world.feed([
      { n: 1, order: 'A' },
      { n: 2, order: 'B' },
      { n: 3, order: 'C' },
    ]);
    await world.clock.pass(100);
    expect(world.meter.outcomes).toMatchObject({ delivered: 2, 'dead-lettered': 0 });
    expect(world.partition().frontier).toBe(1n);
    world.deadLetters.blocked = false;
    await world.clock.pass(100);
    expect(world.meter.outcomes['dead-lettered']).toBe(1);
    expect(world.partition().frontier).toBe(4n);
  });

  it('stop while the journal cannot be written: no more is sent than may be sent again for it', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 2 });
    world.journal.blocked = true;
    world.feed(Array.from({ length: 20 }, (_, n) => ({ n, order: `A-${n}` })));
    await world.clock.pass(1_000);
    // Two that are accepted, and at most as many that were in flight when these were.
    expect(world.sent.length).toBeLessThan(5);
    world.journal.blocked = false;
    await world.clock.pass(1_000);
    expect(world.meter.outcomes.delivered).toBe(20);
  });

  it('of an order go on after its dead letter, not before it is written', async () => {
    const world = PipelineWorld.assigned();
    world.deadLetters.blocked = true;
    world.delivery.script = ({ change }) => (change.bizDate === dawn + 1 ? anAnswer('PARAM_ILLEGAL') : served());
    world.feed([{ n: 1 }, { n: 2, order: 'B' }]);
    world.feed([{ n: 3 }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND A-1@1', 'SEND B@2']);
    world.deadLetters.blocked = false;
    await world.clock.pass(100);
    expect(world.sent[2]).toBe('SEND A-1@3');
  });
});

describe('newest wins', () => {
  it('while an order waits its turn', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 1 });
    world.feed([{ n: 1, order: 'B' }, { n: 2 }, { n: 3 }, { n: 4 }]);
    await world.clock.pass(100);
    expect(world.sent).toEqual(['SEND B@1', 'SEND A-1@4']);
    expect(world.meter.outcomes.superseded).toBe(2);
    expect(world.partition().frontier).toBe(5n);
  });

  it('while it waits for a repetition: the newer is sent after the first pause at the latest', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.bizDate === dawn + 1 ? fails() : served());
    world.feed([{ n: 1 }]);
    // In the fourth pause, which takes ten minutes.
    await world.clock.pass(10_000);
    expect(world.sent).toHaveLength(4);
    world.feed([{ n: 2 }]);
    await world.clock.pass(2_012);
    expect(world.sent[4]).toBe('SEND A-1@2');
    expect(world.meter.outcomes).toMatchObject({ superseded: 1, delivered: 1 });
  });

  it('also when the newer came while the older, which then failed, was in flight', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.bizDate === dawn + 1 ? fails() : served());
    world.feed([{ n: 1 }]);
    world.feed([{ n: 2 }]);
    await world.clock.pass(2_100);
    expect(world.sent).toEqual(['SEND A-1@1', 'SEND A-1@2']);
  });

  it('but not against what the source repeats: that replaces nothing', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = (_, attempt) => (attempt === 1 ? fails() : served());
    world.feed([{ n: 5 }]);
    world.feed([{ n: 8, source: lsnAt(4) }]);
    world.feed([{ n: 9, source: lsnAt(5), text: 'text 5' }]);
    await world.clock.pass(10_000);
    expect(world.sent).toEqual(['SEND A-1@5', 'SEND A-1@5']);
    expect(world.meter).toMatchObject({ skips: ['stale', 'unchanged'], outcomes: { delivered: 1 } });
  });

  it('and an order that changes all the time is delivered all the same', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = ({ change }) => (change.bizDate === dawn + 1 ? fails() : served());
    world.feed([{ n: 1 }]);
    await world.clock.pass(100);
    for (let n = 2; n < 12; n++) {
      world.feed([{ n }]);
      await world.clock.pass(500);
    }
    expect(world.meter.outcomes.delivered).toBeGreaterThan(0);
  });

  it('not where conflation is off: every change is sent, in order', async () => {
    const world = PipelineWorld.assigned({ conflate: false });
    world.delivery.script = (_, attempt) => (attempt === 1 ? fails() : served());
    world.feed([{ n: 1 }]);
    world.feed([{ n: 2 }]);
    await world.clock.pass(100);
    world.feed([{ n: 3 }]);
    await world.clock.pass(20_000);
    expect(world.sent.filter((_, index) => index % 2 === 1)).toEqual(['SEND A-1@1', 'UPDATE A-1@2', 'UPDATE A-1@3']);
  });
});

describe('a request whose outcome nobody knows', () => {
  const a = { text: 'a' };
  const b = { text: 'b' };
  /** The card shows a; then b is sent and not answered: the platform may have taken it. */
  const unanswered = async (world: PipelineWorld, next: object) => {
    world.feed([{ n: 1, ...a }]);
    await world.clock.pass(10);
    world.delivery.script = () => silence('timeout');
    world.feed([{ n: 2, ...b, ...next }]);
    await world.clock.pass(10);
    world.delivery.script = served;
  };

  it('and was then superseded: the card as it was before is sent, not taken for unchanged', async () => {
    const world = PipelineWorld.assigned();
    await unanswered(world, {});
    world.feed([{ n: 3, ...a }]);
    await world.clock.pass(3_000);
    expect(world.sent.at(-1)).toBe('UPDATE A-1@3');
    expect(world.meter.skips).toEqual(['superseded']);
  });

  it('and was then superseded: the next bizDate is higher than the one that was sent', async () => {
    const world = PipelineWorld.assigned();
    await unanswered(world, {});
    world.feed([{ n: 3, ...a, bizDate: dawn }]);
    await world.clock.pass(3_000);
    const dates = world.delivery.requests.map(({ bizDate }) => bizDate);
    expect(dates).toEqual([dawn + 1, dawn + 2, dawn + 3]);
  });

  it('and was a new card: the end of the order is told', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => silence('timeout');
    world.feed([{ n: 1, creates: true }]);
    await world.clock.pass(10);
    world.delivery.script = served;
    world.feed([{ n: 2, ends: true }]);
    await world.clock.pass(3_000);
    // Its answer comes first: it may make the card late, when the end has found none.
    expect(world.sent).toEqual(['SEND A-1@1', 'SEND A-1@1', 'UPDATE A-1@2']);
  });

  it('and was given up: the card as it was before is sent', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [10] });
    world.feed([{ n: 1, ...a }]);
    await world.clock.pass(10);
    world.delivery.script = () => silence('timeout');
    world.feed([{ n: 2, ...b }]);
    await world.clock.pass(100);
    expect(world.deadLetters.letters).toHaveLength(1);
    world.delivery.script = served;
    world.feed([{ n: 3, ...a }]);
    expect(world.sent.at(-1)).toBe('UPDATE A-1@3');
  });

  it('and was refused for good: nothing was taken, the card is unchanged', async () => {
    const world = PipelineWorld.assigned();
    world.feed([{ n: 1, ...a }]);
    await world.clock.pass(10);
    world.delivery.script = () => anAnswer('PARAM_ILLEGAL');
    world.feed([{ n: 2, ...b }]);
    await world.clock.pass(100);
    world.feed([{ n: 3, ...a }]);
    expect(world.meter.skips).toEqual(['unchanged']);
  });

  it('and has expired before its repetition: it is left out, and not believed to be away', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = () => silence('timeout');
    world.feed([{ n: 1, creates: true, endDate: world.clock.now() + 1_000 } as object]);
    await world.clock.pass(3_000);
    expect(world.meter.skips).toEqual(['expired']);
    expect(world.partition().unsettled).toBe(0);
    world.delivery.script = served;
    world.feed([{ n: 2, ends: true, creates: true }]);
    expect(world.sent).toEqual(['SEND A-1@1', 'UPDATE A-1@2']);
  });
});

describe('an outage', () => {
  const open = async (world: PipelineWorld, orders: number, afterMs = 100) => {
    world.delivery.script = () => silence('connection');
    world.feed(Array.from({ length: orders }, (_, n) => ({ n: n + 1, order: `A-${n}` })));
    await world.clock.pass(afterMs);
    expect(world.pipeline.snapshot().breaker).toBe('open');
  };

  it('in which all orders wait is probed with the one that waited longest, each in its turn', async () => {
    const world = PipelineWorld.assigned();
    await open(world, 3);
    expect(world.pipeline.snapshot()).toMatchObject({ waiting: 3 });
    await world.clock.pass(16_000);
    expect(world.sent.slice(3)).toEqual(['SEND A-0@1', 'SEND A-1@2', 'SEND A-2@3']);
  });

  it('without any order is probed by the next one that comes', async () => {
    const world = PipelineWorld.assigned();
    await open(world, 3);
    world.pipeline.assigned([]);
    await world.clock.pass(60_000);
    world.pipeline.assigned([key(0)]);
    world.restore();
    world.delivery.script = served;
    world.feed([{ n: 9, order: 'B' }]);
    expect(world.sent.at(-1)).toBe('SEND B@9');
    await world.clock.pass(10);
    expect(world.pipeline.snapshot().breaker).toBe('closed');
  });

  it('pauses the source when there are enough orders to probe with', async () => {
    const world = PipelineWorld.assigned();
    await open(world, 3);
    for (let n = 4; n < 8; n++) world.feed([{ n, order: `B-${n}` }]);
    expect(world.intake.paused.size).toBe(0);
    world.feed([{ n: 8, order: 'B-8' }]);
    expect(world.intake.paused.size).toBe(1);
  });

  it('that is over wakes every order at once, and nothing early afterwards', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [20_000, 20_000, 20_000] });
    await open(world, 4);
    world.delivery.script = request => (isOf('A-3')(request) ? fails() : served());
    await world.clock.pass(5_000);
    expect(world.meter.outcomes.delivered).toBe(3);
    // The poison order waits twenty seconds. The timer of the next probe, which was set already, must not wake it.
    const before = world.sent.length;
    await world.clock.pass(15_000);
    expect(world.sent.length).toBe(before);
  });

  it('that turns out to be another one is told', async () => {
    const world = PipelineWorld.assigned();
    await open(world, 3);
    world.delivery.script = () => anAnswer('INVALID_CLIENT');
    await world.clock.pass(6_000);
    expect(world.meter.degradations).toEqual(['PLATFORM_UNREACHABLE', 'CREDENTIALS_REFUSED']);
    expect(world.pipeline.snapshot().degraded?.code).toBe('CREDENTIALS_REFUSED');
  });

  it('does not count towards giving up', async () => {
    const world = PipelineWorld.assigned({ retryDelaysMs: [100, 100, 100, 100] });
    await open(world, 1, 1_000);
    await world.clock.pass(3_600_000);
    expect(world.deadLetters.letters).toEqual([]);
    world.delivery.script = served;
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(1);
  });
});

describe('an order that alone is refused like a stranger', () => {
  const stranger = (request: CardRequest) => (isOf('poison')(request) ? anHttpAnswer(403) : served());

  it('does not keep the others out, were it the only one there is at first', async () => {
    const world = PipelineWorld.assigned();
    world.delivery.script = stranger;
    world.feed([{ n: 1, order: 'poison' }]);
    await world.clock.pass(60_000);
    expect(world.pipeline.snapshot().breaker).toBe('open');
    expect(world.intake.paused.size).toBe(0);
    world.feed([{ n: 2 }]);
    await world.clock.pass(10_000);
    expect(world.meter.outcomes.delivered).toBe(1);
  });

  it('opens the breaker three times at most, and ends as a dead letter', async () => {
    // Its waits are spent in memory.
    const world = PipelineWorld.assigned({ parkFromMs: 3_600_000 });
    world.delivery.script = stranger;
    world.feed([{ n: 1, order: 'poison' }]);
    for (let n = 2; n < 500; n++) {
      world.feed([{ n, order: `A-${n}` }]);
      await world.clock.pass(10_000);
    }
    expect(world.meter.degradations.filter(code => code !== null)).toEqual(Array(3).fill('CREDENTIALS_REFUSED'));
    expect(world.deadLetters.letters).toMatchObject([{ reason: 'retries-exhausted', record: { offset: 1n } }]);
    expect(world.meter.outcomes.delivered).toBe(498);
  });
});

describe('too many orders that wait', () => {
  it('pause the source until one of them goes on', async () => {
    const world = PipelineWorld.assigned({ waitingMax: 2, retryDelaysMs: [2_000, 60_000] });
    world.delivery.script = request => (isOf('healthy')(request) ? served() : fails());
    world.feed([{ n: 1 }, { n: 2, order: 'healthy' }]);
    await world.clock.pass(10);
    expect(world.intake.paused.size).toBe(0);
    world.feed([
      { n: 3, order: 'B' },
      { n: 4, order: 'healthy' },
    ]);
    await world.clock.pass(10);
    expect(world.pipeline.snapshot().waiting).toBe(2);
    expect(world.intake.paused.size).toBe(1);
    world.delivery.script = served;
    await world.clock.pass(10_000);
    expect(world.intake.paused.size).toBe(0);
  });

  it('let it go on also when the one that wakes needs no request any more', async () => {
    const world = PipelineWorld.assigned({ waitingMax: 1 });
    world.delivery.script = fails;
    world.feed([{ n: 1, endDate: world.clock.now() + 1_000 } as object]);
    await world.clock.pass(10);
    expect(world.intake.paused.size).toBe(1);
    await world.clock.pass(5_000);
    expect(world.meter.skips).toEqual(['expired']);
    expect(world.intake.paused.size).toBe(0);
  });
});
