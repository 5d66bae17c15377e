import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker, distinctOrdersMin, type Health } from '../../../../connector/flow/outage/breaker.ts';
import { type MonotonicMs, monotonic } from '../../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { sinceStart } from '../../../support/flow-world.ts';

const options = { window: 20, ratio: 0.8, probeIntervalMs: 5000 };
const answered: Health = { kind: 'answered' };
const halted: Health = { kind: 'halted', text: 'F INVALID_CLIENT' };
const failed = (order: number | string, unreachable = false): Health => ({
  kind: 'failed',
  order: merchantBizNo(`A-${order}`),
  unreachable,
  text: unreachable ? 'ECONNREFUSED' : 'U UNKNOWN_EXCEPTION',
});
const at = sinceStart;
const start = at(0);

function breakerAfter(...reports: readonly Health[]): Breaker {
  const breaker = new Breaker(options);
  for (const health of reports) breaker.report(health, false, start);
  return breaker;
}
const fails = (orders: number, unreachable = false) => Array.from({ length: orders }, (_, n) => failed(n, unreachable));

describe('a closed breaker', () => {
  it('lets deliveries start', () => {
    expect(new Breaker(options).admit(start)).toBe('delivery');
    expect(new Breaker(options)).toMatchObject({ state: 'closed', outage: null, probeAt: null });
  });

  it('opens when the last deliveries of enough orders failed', () => {
    expect(breakerAfter(...fails(distinctOrdersMin - 1)).state).toBe('closed');
    expect(breakerAfter(...fails(distinctOrdersMin)).state).toBe('open');
  });

  it('stays closed while enough are served', () => {
    const mixed = fails(15).flatMap(health => [answered, health]);
    expect(breakerAfter(...mixed).state).toBe('closed');
  });

  it('forgets what is older than its window', () => {
    expect(breakerAfter(...Array(20).fill(answered), ...fails(15)).state).toBe('closed');
    expect(breakerAfter(...Array(20).fill(answered), ...fails(16)).state).toBe('open');
  });

  it('opens after three connections in a row that failed, were it one order', () => {
    const down = failed(1, true);
    expect(breakerAfter(down, down).state).toBe('closed');
    expect(breakerAfter(down, down, answered, down, down).state).toBe('closed');
    expect(breakerAfter(down, down, failed(1), down, down).state).toBe('closed');
    expect(breakerAfter(down, down, down)).toMatchObject({
      state: 'open',
      outage: { kind: 'platform', text: 'ECONNREFUSED', since: start },
    });
  });

  it('opens at once when we are refused', () => {
    expect(breakerAfter(halted)).toMatchObject({ state: 'open', outage: { kind: 'credentials' } });
  });

  it('with a window of fewer orders than that, needs no more than the window', () => {
    const small = new Breaker({ ...options, window: 2 });
    small.report(failed(1), false, start);
    small.report(failed(1), false, start);
    expect(small.state).toBe('closed');
    small.report(failed(2), false, start);
    expect(small.state).toBe('open');
  });

  it('is opened by no single order, whatever it does, but by failing to connect', () => {
    const poison = fc.constantFrom(failed('poison'), answered);
    const healthy = fc.tuple(fc.constant(answered), fc.constant(null));
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            poison,
            healthy.map(([health]) => health),
          ),
          { maxLength: 100 },
        ),
        reports => {
          expect(breakerAfter(...reports).state).toBe('closed');
        },
      ),
    );
  });
});

describe('an open breaker', () => {
  it('lets nothing start until a probe is due, then one delivery', () => {
    const breaker = breakerAfter(halted);
    expect(breaker.probeAt).toBe(at(5000));
    expect(breaker.admit(at(4999))).toBe('no');
    expect(breaker.admit(at(5000))).toBe('probe');
    expect(breaker).toMatchObject({ state: 'probing', probeAt: null });
    expect(breaker.admit(at(60_000))).toBe('no');
  });

  it('closes with the probe that is answered, and starts a new window', () => {
    const breaker = breakerAfter(...fails(5));
    breaker.admit(at(5000));
    breaker.report(answered, true, at(5100));
    expect(breaker).toMatchObject({ state: 'closed', outage: null });
    for (const health of fails(4)) breaker.report(health, false, at(5200));
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['a failure', failed(9)],
    ['a refusal', halted],
  ])('opens again with a probe that is %s', (_, health) => {
    const breaker = breakerAfter(...fails(5));
    breaker.admit(at(5000));
    breaker.report(health, true, at(5100));
    expect(breaker).toMatchObject({ state: 'open', probeAt: at(10_100), outage: { since: start } });
  });

  it('tells the latest reason, and since when there is any', () => {
    const breaker = breakerAfter(...fails(5));
    breaker.admit(at(5000));
    breaker.report(halted, true, at(5100));
    expect(breaker.outage).toEqual({ kind: 'credentials', text: 'F INVALID_CLIENT', since: start });
  });

  it('does not listen to deliveries that started before', () => {
    const breaker = breakerAfter(halted);
    breaker.report(answered, false, at(1));
    breaker.report(failed(1), false, at(1));
    expect(breaker).toMatchObject({ state: 'open', probeAt: at(5000) });
    breaker.admit(at(5000));
    breaker.report(answered, false, at(5001));
    expect(breaker.state).toBe('probing');
  });

  it('probes at once again when the probe came to nothing', () => {
    const breaker = breakerAfter(halted);
    breaker.admit(at(5000));
    breaker.release();
    expect(breaker.admit(at(5000))).toBe('probe');
  });

  it('has no probe to release when none is under way', () => {
    const closed = new Breaker(options);
    closed.release();
    expect(closed.state).toBe('closed');
  });
});

describe('over any sequence', () => {
  interface Model {
    now: MonotonicMs;
    /** A probe is under way. */
    probe: boolean;
    openedAt: MonotonicMs | null;
  }

  function holds(model: Model, real: Breaker): void {
    expect(real.state === 'probing').toBe(model.probe);
    expect(real.outage === null).toBe(real.state === 'closed');
    expect(real.probeAt === null).toBe(real.state !== 'open');
    if (real.state === 'closed') model.openedAt = null;
    else model.openedAt ??= model.now;
    expect(real.outage?.since ?? null).toBe(model.openedAt);
  }

  const command = (name: string, run: (model: Model, real: Breaker) => void, check = (_: Model) => true) => ({
    check: (model: Readonly<Model>) => check(model),
    run(model: Model, real: Breaker) {
      run(model, real);
      holds(model, real);
    },
    toString: () => name,
  });
  const healths = fc.oneof(
    fc.constant(answered),
    fc.constant(halted),
    fc.tuple(fc.nat(8), fc.boolean()).map(([order, unreachable]) => failed(order, unreachable)),
  );
  const commands = fc.commands(
    [
      fc.integer({ min: 0, max: 4000 }).map(ms =>
        command(`pass ${ms}`, model => {
          model.now = monotonic(model.now + ms);
        }),
      ),
      fc.constant(
        command('admit', (model, real) => {
          const { state, probeAt } = real;
          const admission = real.admit(model.now);
          const due = probeAt !== null && model.now >= probeAt;
          expect(admission).toBe(state === 'closed' ? 'delivery' : state === 'open' && due ? 'probe' : 'no');
          if (admission === 'probe') model.probe = true;
        }),
      ),
      healths.map(health =>
        command(`report ${JSON.stringify(health)}`, (model, real) => {
          const { state } = real;
          real.report(health, false, model.now);
          if (state !== 'closed') expect(real.state).toBe(state);
        }),
      ),
      healths.map(health =>
        command(
          `probed ${JSON.stringify(health)}`,
          (model, real) => {
            real.report(health, true, model.now);
            model.probe = false;
            expect(real.state).toBe(health.kind === 'answered' ? 'closed' : 'open');
          },
          ({ probe }) => probe,
        ),
      ),
      fc.constant(
        command(
          'release',
          (model, real) => {
            real.release();
            model.probe = false;
            expect(real.state).toBe('open');
          },
          ({ probe }) => probe,
        ),
      ),
    ],
    { size: 'medium' },
  );

  it('admits one probe at a time, tells an outage exactly while it is not closed, and always recovers', () => {
    fc.assert(
      fc.property(commands, list => {
        const model: Model = { now: start, probe: false, openedAt: null };
        const real = new Breaker({ window: 6, ratio: 0.5, probeIntervalMs: 1000 });
        fc.modelRun(() => ({ model, real }), list);
        if (real.state === 'open') expect(real.admit(monotonic(model.now + 1000))).toBe('probe');
        if (real.state === 'probing') real.report(answered, true, model.now);
        expect(real.admit(model.now)).toBe('delivery');
      }),
      { numRuns: 300 },
    );
  });
});
