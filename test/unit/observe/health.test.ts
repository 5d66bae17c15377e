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

  it('is live and ready while the platform is out, and says so', () => {
    const degraded = new Fault('PLATFORM_UNREACHABLE', { detail: 'x' });
    expect(judgeHealth(signs({ degraded }), stalledAfterMs)).toEqual({
      live: true,
      ready: true,
      reasons: ['degraded: PLATFORM_UNREACHABLE'],
    });
  });
});
