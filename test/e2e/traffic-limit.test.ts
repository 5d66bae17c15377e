import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { allRequests, checkDeliveries } from '../support/delivery-checks.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';

describe('a platform that refuses for the traffic', () => {
  let world: ShopWorld;
  let connector: ConnectorProcess;
  const requestsPerSecond = 60;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'traffic', orders: 60 });
    connector = await world.startConnector('connector', {
      // Two attempts only: refusals for the traffic must not use them up.
      flow: { inFlightMax: 8, retryDelaysMs: [100], outageRatio: 1, outageWindow: 200 },
      platform: { requestsPerSecond: 2 * requestsPerSecond, instances: 2, verdicts: { SOME_NEW_CODE: 'retry' } },
    });
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await world[Symbol.asyncDispose]();
  });

  it('is sent less, then more again; every card is right, and nothing is given up', async () => {
    const { sandbox } = world;
    const before = await connector.metrics();
    expect(before.sum('card_sync_in_flight_limit_max')).toBe(8);
    expect(before.sum('card_sync_requests_per_second_limit')).toBe(requestsPerSecond);
    const begin = sandbox.requests.last;
    const refusing = addFault(sandbox, { kind: 'REQUEST_TRAFFIC_EXCEED_LIMIT', rate: 0.6 });
    const changing = world.change({ changes: 300, rate: 60, seed: 7 });
    const low = await connector.untilMetrics('the limit is down', now => now.sum('card_sync_in_flight_limit') <= 2);
    expect(low.sum('card_sync_rate_limited_total', { cause: 'refused' })).toBeGreaterThan(0);
    await changing;
    expect(sandbox.faults.remove(refusing)).toBe(true);
    await world.change({ changes: 200, rate: 60, seed: 8 });
    await world.untilEqual();
    const after = await connector.untilMetrics(
      'the limit is back',
      now => now.sum('card_sync_in_flight_limit') === 8 && now.sum('card_sync_unsettled_records') === 0,
    );

    checkDeliveries(sandbox);
    const refused = allRequests(sandbox, begin).filter(({ fault }) => fault !== null);
    expect(refused.length).toBeGreaterThan(20);
    expect(after.sum('card_sync_retries_total', { cause: 'traffic-limit' })).toBeGreaterThan(20);
    expect(after.sum('card_sync_dead_letters_total')).toBe(0);
    expect(after.sum('card_sync_degradations_total')).toBe(0);
    const named = after
      .series('card_sync_deliveries_total')
      .filter(({ labels }) => labels.result_code === 'SOME_NEW_CODE');
    expect(named.length).toBeGreaterThan(0);
  });

  it('is never sent more a second than the settings say', () => {
    const times = allRequests(world.sandbox).map(({ receivedAt }) => receivedAt);
    const inSecondFrom = (from: number) => times.filter(time => time >= from && time < from + 1_000).length;
    // A tenth of a second's worth may come at once, and what waited in the network comes together.
    expect(Math.max(...times.map(inSecondFrom))).toBeLessThanOrEqual(requestsPerSecond * 1.1 + 8);
  });
});
