import { describe, expect, it } from 'vitest';
import type { FlowSnapshot } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { openMetrics } from '../../../connector/observe/exposition.ts';
import { aFlow, aPartition } from './given.ts';

function watched(first: FlowSnapshot) {
  let flow = first;
  let readings = 0;
  const metrics = openMetrics({ templates: [], topics: ['orders'], resultCodes: [] }, '1');
  metrics.watchFlow(() => {
    readings++;
    return flow;
  });
  return {
    become: (next: FlowSnapshot) => {
      flow = next;
    },
    readings: () => readings,
    lines: async () =>
      (await metrics.expose())
        .split('\n')
        .filter(line => line.startsWith('card_sync_'))
        .map(line => line.slice('card_sync_'.length)),
  };
}

describe('the gauges', () => {
  it('show the flow as it stands when they are read', async () => {
    const limits = { inFlight: 5, requestsPerSecond: 20, tokens: 3.5 };
    const { lines, become } = watched(
      aFlow({ queued: 3, queuedBytes: 900, inFlight: 2, inFlightMax: 8, limits, waiting: 1, lanes: 5, orders: 77 }),
    );
    const first = await lines();
    for (const line of [
      'queued_changes 3',
      'queued_bytes 900',
      'in_flight_requests 2',
      'in_flight_limit 5',
      'in_flight_limit_max 8',
      'requests_per_second_limit 20',
      'request_tokens 3.5',
      'waiting_orders 1',
      'lanes 5',
      'tracked_orders 77',
    ]) {
      expect(first).toContain(line);
    }
    become(aFlow({ queued: 4 }));
    expect(await lines()).toContain('queued_changes 4');
  });

  it('show each assigned partition, and forget one that is no longer ours', async () => {
    const { lines, become } = watched(
      aFlow({
        partitions: [
          aPartition({
            frontier: 5n,
            highest: 11n,
            unsettled: 4,
            oldestUnsettledAt: instant(1_500),
            uncommittedSince: instant(2_500),
            highWatermark: 20n,
            paused: true,
          }),
          aPartition({ partition: 1 }),
        ],
      }),
    );
    const first = await lines();
    for (const line of [
      'frontier_offset{topic="orders",partition="0"} 5',
      'highest_offset{topic="orders",partition="0"} 11',
      'unsettled_records{topic="orders",partition="0"} 4',
      'oldest_unsettled_timestamp_seconds{topic="orders",partition="0"} 1.5',
      'oldest_unsettled_timestamp_seconds{topic="orders",partition="1"} 0',
      'uncommitted_since_timestamp_seconds{topic="orders",partition="0"} 2.5',
      'uncommitted_since_timestamp_seconds{topic="orders",partition="1"} 0',
      'consumer_lag{topic="orders",partition="0"} 15',
      'consumer_lag{topic="orders",partition="1"} 0',
      'assigned_partitions 2',
      'paused_partitions 1',
    ]) {
      expect(first).toContain(line);
    }
    become(aFlow({ partitions: [aPartition({ partition: 1 })] }));
    expect((await lines()).filter(line => line.includes('partition="0"'))).toEqual([]);
  });

  it('have no sample where nothing is known yet', async () => {
    const { lines } = watched(
      aFlow({ partitions: [aPartition({ frontier: null, highest: null, highWatermark: null })] }),
    );
    const all = await lines();
    expect(all.filter(line => /^(frontier_offset|highest_offset|consumer_lag)\{/.test(line))).toEqual([]);
    expect(all).toContain('unsettled_records{topic="orders",partition="0"} 0');
  });

  it('show the breaker and why intake is stopped, and that it goes on', async () => {
    const { lines, become } = watched(
      aFlow({ breaker: 'probing', degraded: new Fault('CREDENTIALS_REFUSED', { detail: 'x' }) }),
    );
    const stopped = await lines();
    expect(stopped).toContain('breaker_open{state="open"} 0');
    expect(stopped).toContain('breaker_open{state="probing"} 1');
    expect(stopped).toContain('degraded{reason="CREDENTIALS_REFUSED"} 1');
    expect(stopped).toContain('degraded{reason="PLATFORM_UNREACHABLE"} 0');
    become(aFlow({ degraded: new Fault('KAFKA_REFUSED', { detail: 'x' }) }));
    expect(await lines()).toContain('degraded{reason="other"} 1');
    become(aFlow());
    const well = await lines();
    expect(well.filter(line => /^(degraded|breaker_open)\{.* 1$/.test(line))).toEqual([]);
  });

  it('read the flow once for all gauges of a scrape', async () => {
    const { lines, readings } = watched(aFlow({ partitions: [aPartition()] }));
    await lines();
    expect(readings()).toBe(1);
    await lines();
    expect(readings()).toBe(2);
  });

  it('stand at 0 before there is a flow', async () => {
    const text = await openMetrics({ templates: [], topics: [], resultCodes: [] }, '1').expose();
    expect(text).toContain('\ncard_sync_queued_changes 0\n');
    expect(text).toContain('\ncard_sync_degraded{reason="PLATFORM_UNREACHABLE"} 0\n');
  });
});
