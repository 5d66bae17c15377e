import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { checkDeliveries } from '../support/delivery-checks.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { type Offsets, openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

describe('the schema registry is down', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'registry', orders: 40 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
  });
  afterAll(async () => {
    // Whoever is next needs it; where it is up already, nothing happens.
    await stack.up('registry');
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  it('is not missed for a schema that is known', async () => {
    await using connector = await world.startConnector('before');
    await world.untilEqual();
    await stack.down('registry');
    // Debezium knows the schema too, so changes go on arriving.
    await world.change({ changes: 20, rate: 400, seed: 1 });
    await world.untilEqual();
    expect((await connector.metrics()).sum('card_sync_registry_unavailable')).toBe(0);
    expect(await connector.stop()).toBe(0);
  });

  it('makes what cannot be read wait: nothing is given up, and all is delivered when it is back', async () => {
    const delivered = world.sandbox.requests.last;
    const committed = await topics.committed(world.group, world.topic);
    // It knows no schema yet, so it leaves the partitions to those that may.
    await using connector = await world.startConnector('during');
    const waiting = await connector.logged('intake waits for the schema registry');
    expect(waiting).toMatchObject({ level: 'error', fault: { code: 'REGISTRY_UNREACHABLE' } });
    await world.change({ changes: 120, rate: 400, seed: 2 });
    await until('the changes are in the topic', async () => total(await topics.ends(world.topic)) > total(committed));
    const during = await connector.metrics();
    expect(during.sum('card_sync_registry_unavailable')).toBe(1);
    expect(during.sum('card_sync_changes_settled_total')).toBe(0);
    expect(world.sandbox.requests.last).toBe(delivered);
    expect(await topics.committed(world.group, world.topic)).toEqual(committed);
    expect((await connector.health('live')).httpStatus).toBe(200);
    expect((await connector.health('ready')).httpStatus).toBe(503);

    await stack.up('registry');
    await connector.logged('the schema registry answers again');
    await world.untilEqual();
    const after = await connector.untilMetrics('all is accounted for', now => now.sum('card_sync_consumer_lag') === 0);
    expect(after.sum('card_sync_registry_unavailable')).toBe(0);
    expect(after.sum('card_sync_dead_letters_total')).toBe(0);
    checkDeliveries(world.sandbox);
    expect(await connector.stop()).toBe(0);
  });
});

function total(offsets: Offsets): number {
  return [...offsets.values()].reduce((sum, offset) => sum + Number(offset), 0);
}
