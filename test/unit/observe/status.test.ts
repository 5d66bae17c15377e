import { describe, expect, it } from 'vitest';
import { Fault } from '../../../connector/kernel/fault.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { type StatusSigns, statusOf } from '../../../connector/observe/status.ts';
import { aFlow, aPartition, orderId } from './given.ts';

function signs(over: Partial<StatusSigns> = {}): StatusSigns {
  return {
    version: '1.2.3',
    groupId: 'card-sync',
    startedAt: instant(1_763_000_000_000),
    uptimeMs: 90_400,
    joined: true,
    health: { live: true, ready: false, reasons: ['stopping'] },
    flow: null,
    restore: null,
    ...over,
  };
}

describe('the status of an instance', () => {
  it('tells what there is before it consumes', () => {
    expect(statusOf(signs())).toEqual({
      version: '1.2.3',
      groupId: 'card-sync',
      startedAt: '2025-11-13T02:13:20.000Z',
      uptimeSeconds: 90,
      live: true,
      ready: false,
      joined: true,
      reasons: ['stopping'],
      degraded: null,
      restore: null,
      flow: null,
      partitions: [],
    });
  });

  it('tells the flow and its partitions, in their order', () => {
    const partitions = [
      aPartition({ topic: 'b', partition: 10 }),
      aPartition({ topic: 'b', partition: 2, frontier: 7n, highest: 9n, highWatermark: 12n, unsettled: 3 }),
      aPartition({ topic: 'a', partition: 3, oldestUnsettledAt: instant(1_763_000_000_000), restored: false }),
    ];
    const restore = { restoring: 1, records: 40, unreadable: 0, stopped: [] };
    const status = statusOf(signs({ flow: aFlow({ partitions, breaker: 'probing', parked: 4 }), restore }));
    expect(status.restore).toEqual(restore);
    expect(status.flow).toMatchObject({ breaker: 'probing', parked: 4 });
    expect(status.partitions.map(({ topic, partition }) => `${topic}/${partition}`)).toEqual(['a/3', 'b/2', 'b/10']);
    expect(status.partitions[0]).toMatchObject({ oldestUnsettledAt: '2025-11-13T02:13:20.000Z', restored: false });
    expect(status.partitions[1]).toMatchObject({ frontier: 7, highest: 9, end: 12, unsettled: 3 });
  });

  it('says why intake is stopped by the code alone: the platform may have repeated an id', () => {
    const degraded = new Fault('CREDENTIALS_REFUSED', { detail: `no such client for ${orderId}` });
    const status = statusOf(signs({ flow: aFlow({ degraded }) }));
    expect(status.degraded).toEqual({
      code: 'CREDENTIALS_REFUSED',
      meaning: 'the platform refuses our client id, key or rights',
    });
    expect(JSON.stringify(status).includes(orderId)).toBe(false);
  });
});
