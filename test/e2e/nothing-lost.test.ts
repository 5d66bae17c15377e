import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDeliveries } from '../support/delivery-checks.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { sharedStack } from '../support/shared-stack.ts';

describe('killed in mid-flow and started again', () => {
  let world: ShopWorld;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'killed', orders: 60, latencyMs: 20 });
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  it('loses nothing, keeps each order in order, and repeats only the same requests', async () => {
    const changing = world.change({ changes: 900, rate: 150, inserts: 40 });
    let working = true;
    const killing = (async () => {
      for (let life = 1; working; life++) {
        const connector = await world.startConnector(`life-${life}`);
        const { last } = await connector.metrics().then(() => world.sandbox.requests);
        // Somewhere in the middle of its work, not before it has done some.
        await world.sandbox.requests.waitFor(entry => entry.sequence >= last + 150);
        await connector.kill();
        if (life === 3) return;
      }
    })();
    await changing;
    await killing;
    working = false;
    await using connector = await world.startConnector('last-life');
    await world.untilEqual();
    const { requests, repeats } = checkDeliveries(world.sandbox);
    expect(requests).toBeGreaterThan(400);
    // Each kill leaves something accepted and not committed: without a repetition nothing was tested.
    expect(repeats).toBeGreaterThan(0);
    expect(await connector.stop()).toBe(0);
  });
});
