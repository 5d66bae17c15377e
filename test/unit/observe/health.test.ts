import { describe, expect, it } from 'vitest';
import { Fault } from '../../../connector/kernel/fault.ts';
import { monotonic } from '../../../connector/kernel/time.ts';
import { type HealthSigns, judgeHealth } from '../../../connector/observe/health.ts';

const stalledAfterMs = 60_000;
const signs = (over: Partial<HealthSigns> = {}): HealthSigns => ({
  now: monotonic(100_000),
  lastActivityAt: monotonic(99_000),
  eventLoopDelayMs: 3,
  joined: true,
  restored: true,
  unrestorable: new Map(),
  uncommitted: new Map(),
  stopping: false,
  degraded: null,
  ...over,
});

describe('health', () => {
  it('is well while there is progress', () => {
    expect(judgeHealth(signs(), stalledAfterMs)).toEqual({ live: true, ready: true, reasons: [] });
  });

  it('is not live when the source stalls, and says for how long', () => {
    expect(judgeHealth(signs({ lastActivityAt: monotonic(40_000) }), stalledAfterMs).live).toBe(true);
    expect(judgeHealth(signs({ lastActivityAt: monotonic(39_999) }), stalledAfterMs)).toEqual({
      live: false,
      ready: false,
      reasons: ['no fetch and no heartbeat for 60 s'],
    });
  });

  it('is not live when the event loop is blocked', () => {
    expect(judgeHealth(signs({ eventLoopDelayMs: 1000 }), stalledAfterMs).live).toBe(true);
    expect(judgeHealth(signs({ eventLoopDelayMs: 1001 }), stalledAfterMs).live).toBe(false);
  });

  it.each<[string, Partial<HealthSigns>]>([
    ['joined', { joined: false }],
    ['restored', { restored: false }],
    ['going on', { stopping: true }],
  ])('is live but not ready before it is %s', (_, over) => {
    const health = judgeHealth(signs(over), stalledAfterMs);
    expect(health).toMatchObject({ live: true, ready: false });
    expect(health.reasons).toHaveLength(1);
  });

  it('names partitions whose journal cannot be read, and those without a commit for ten minutes though records wait', () => {
    const fault = new Fault('JOURNAL_UNREADABLE', { detail: 'x' });
    const now = monotonic(10_000_000);
    const given = signs({
      now,
      lastActivityAt: now,
      restored: false,
      unrestorable: new Map([[3, fault]]),
      uncommitted: new Map([
        ['orders/0', monotonic(now - 600_000)],
        ['orders/1', monotonic(now - 720_000)],
      ]),
    });
    expect(judgeHealth(given, stalledAfterMs)).toEqual({
      live: true,
      ready: false,
      reasons: [
        'the state of the orders is being restored',
        'partition 3 of the journal stopped: JOURNAL_UNREADABLE',
        'no commit of orders/1 for 12 min, though records wait',
      ],
    });
  });

  it('is live and ready while the platform is out, and says so', () => {
    const degraded = new Fault('PLATFORM_UNREACHABLE', { detail: 'x' });
    expect(judgeHealth(signs({ degraded }), stalledAfterMs)).toEqual({
      live: true,
      ready: true,
      reasons: ['degraded: PLATFORM_UNREACHABLE'],
    });
  });
});
