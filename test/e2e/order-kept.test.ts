import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRequests, checkDeliveries } from '../support/delivery-checks.ts';
import type { Samples } from '../support/prometheus-text.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';

// So every single change goes out: an order's next one waits while the last is in flight.
const overrides = { flow: { conflate: false, commitIntervalMs: 200 } };

const delivered = (samples: Samples) => samples.sum('card_sync_changes_settled_total', { outcome: 'delivered' });
const partitions = (samples: Samples) => samples.sum('card_sync_assigned_partitions');

describe('hot orders, while instances come and go', () => {
  let world: ShopWorld;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'hot', orders: 20, latencyMs: 60 });
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  it('keeps at most one request of an order in flight, and each order in order', async () => {
    const { sandbox } = world;
    const load = new AbortController();
    await using first = await world.startConnector('first', overrides);
    const changing = world.change({ changes: Infinity, inserts: Infinity, rate: 120, signal: load.signal });
    await first.untilMetrics('it delivers', samples => delivered(samples) > 100);

    await using second = await world.startConnector('second', overrides);
    await second.untilMetrics('it delivers', samples => delivered(samples) > 100);
    expect(partitions(await first.metrics())).toBe(3);
    expect(partitions(await second.metrics())).toBe(3);

    // In the middle of its work: it has just begun another request.
    const { last } = sandbox.requests;
    await sandbox.requests.waitFor(({ sequence }) => sequence > last);
    expect(await first.stop()).toBe(0);
    // Nothing was given up, so it was done before its time to drain was over.
    expect(await first.logged('stopped')).toMatchObject({ abandoned: 0 });

    const alone = await second.untilMetrics('it has all partitions', samples => partitions(samples) === 6);
    await second.untilMetrics('it goes on', samples => delivered(samples) > delivered(alone) + 100);
    load.abort();
    await changing;
    await world.untilEqual();
    checkDeliveries(sandbox);
    expect(allRequests(sandbox).some(({ answered }) => answered === false)).toBe(false);
    expect((await second.metrics()).sum('card_sync_dead_letters_total')).toBe(0);
    expect(await second.stop()).toBe(0);
  });
});
