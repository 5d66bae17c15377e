import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDeliveries } from '../support/delivery-checks.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';

describe('killed in mid-flow and started again', () => {
  let world: ShopWorld;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'killed', orders: 300, latencyMs: 20 });
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  it('loses nothing, keeps each order in order, and repeats only the same requests', async () => {
    const changing = world.change({ changes: 1_200, rate: 120, inserts: 60 });
    for (let life = 1; life <= 3; life++) {
      const connector = await world.startConnector(`life-${life}`);
      const { last } = world.sandbox.requests;
      // In the middle of its work: requests are in flight, and the last ones accepted are not committed.
      await world.sandbox.requests.waitFor(entry => entry.sequence >= last + 80);
      await connector.kill();
    }
    await using connector = await world.startConnector('last-life');
    await changing;
    await world.untilEqual();
    const { requests, repeats } = checkDeliveries(world.sandbox);
    expect(requests).toBeGreaterThan(400);
    // Without a repetition nothing was tested.
    expect(repeats).toBeGreaterThan(0);
    expect(await connector.stop()).toBe(0);
  });
});
