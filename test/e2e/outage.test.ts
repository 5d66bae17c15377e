import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultSpec } from '../sandbox/faults/fault.ts';
import type { RequestEntry } from '../sandbox/journal/request-entry.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { allRequests, checkDeliveries } from '../support/delivery-checks.ts';
import { Fleet } from '../support/fleet.ts';
import { readJournal } from '../support/journal-reader.ts';
import { aBill } from '../support/orders.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess } from '../support/topic-access.ts';

describe('an outage, and a mistake of our own', () => {
  let world: ShopWorld;
  let connector: ConnectorProcess;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'outage', orders: 100 });
    connector = await world.startConnector('connector');
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await world[Symbol.asyncDispose]();
  });

  it.each<{ readonly what: string; readonly spec: FaultSpec; readonly code: string }>([
    { what: 'the platform cuts all connections', spec: { kind: 'drop' }, code: 'PLATFORM_UNREACHABLE' },
    { what: 'the platform refuses our signature', spec: { kind: 'INVALID_SIGNATURE' }, code: 'CREDENTIALS_REFUSED' },
  ])('$what: intake stops, nothing is given up, and all is delivered when it is over', async ({ spec, code }) => {
    const { sandbox } = world;
    const changes = 300;
    const { last } = sandbox.requests;
    const changing = world.change({ changes, rate: 100, seed: last });
    await sandbox.requests.waitFor(({ sequence }) => sequence > last + 20);

    const begin = sandbox.requests.last;
    const outage = addFault(sandbox, spec);
    await connector.untilMetrics('it is degraded', now => now.sum('card_sync_degraded', { reason: code }) === 1);
    const during = await connector.untilMetrics('intake stops', now => now.sum('card_sync_paused_partitions') === 6);
    expect(during.sum('card_sync_breaker_open')).toBe(1);
    // A restart would not help, and no traffic is to be kept away.
    const reasons = [`degraded: ${code}`];
    expect(await connector.health('live')).toEqual({ httpStatus: 200, reasons });
    expect(await connector.health('ready')).toEqual({ httpStatus: 200, reasons });

    // It is over only when the shop has made all its changes, seconds later.
    await changing;
    const end = sandbox.requests.last;
    expect(sandbox.faults.remove(outage)).toBe(true);
    await world.untilEqual();
    const after = await connector.untilMetrics(
      'all is accounted for',
      now => now.sum('card_sync_unsettled_records') === 0 && now.sum('card_sync_consumer_lag') === 0,
    );

    const refused = allRequests(sandbox, begin).filter(({ fault, sequence }) => fault !== null && sequence <= end);
    const afterwards = allRequests(sandbox, end);
    // One that was in flight when it began, and now and then a probe.
    expect(Math.max(...perOrder(refused))).toBeLessThanOrEqual(4);
    // However often an order changed meanwhile, its newest state is what it costs; one more where that came in two fetches.
    expect(Math.max(...perOrder(afterwards))).toBeLessThanOrEqual(3);
    expect(afterwards.length).toBeLessThan(changes / 2);
    expect(after.sum('card_sync_degradations_total', { reason: code })).toBe(1);
    for (const gauge of ['degraded', 'breaker_open', 'paused_partitions', 'waiting_orders']) {
      expect([gauge, after.sum(`card_sync_${gauge}`)]).toEqual([gauge, 0]);
    }
    expect(after.sum('card_sync_dead_letters_total')).toBe(0);
    expect((await connector.health('live')).reasons).toEqual([]);
    checkDeliveries(sandbox);
  });
});

/** Far below the orders that it takes for the source to be paused: their changes go on coming in. */
const fewOrders = 4;

describe('an outage that lasts longer than all repetitions of a delivery', () => {
  let stack: RemoteStack;
  let world: ShopWorld;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'long-outage', orders: 10 });
  });
  afterAll(async () => world[Symbol.asyncDispose]());

  it('parks nothing and gives nothing up; after it each order that waited costs one request', async () => {
    const { sandbox } = world;
    await using fleet = new Fleet(world, {});
    const connector = await fleet.start();
    const orders = Array.from({ length: 60 }, (_, number) => aBill(`BLOUTAGE${String(number).padStart(3, '0')}`));
    for (const order of orders) await world.insert(order);
    await world.untilEqual();

    const begin = sandbox.requests.last;
    const outage = addFault(sandbox, { kind: 'drop' });
    const few = orders.slice(0, fewOrders);
    await world.update({ ...(few[0] ?? aBill('')), amountCents: 1 });
    await connector.untilMetrics('it is degraded', now => now.sum('card_sync_degraded') === 1);
    for (let change = 2; change <= 10; change++) {
      for (const order of few) await world.update({ ...order, amountCents: change });
    }
    await connector.untilMetrics('it has read them', now => now.sum('card_sync_consumer_lag') <= fewOrders);
    // Of the others each changes once: whether it is read in the outage or after it, it is one change.
    for (const order of orders.slice(fewOrders)) await world.update({ ...order, amountCents: 11 });
    // Probes enough to have used up every repetition, and to be parked, if they counted.
    await sandbox.requests.waitFor(({ sequence }) => sequence > begin + 12);
    const during = await connector.metrics();
    for (const count of ['parkings_total', 'parked_orders', 'dead_letters_total']) {
      expect([count, during.sum(`card_sync_${count}`)]).toEqual([count, 0]);
    }

    expect(sandbox.faults.remove(outage)).toBe(true);
    const refused = allRequests(sandbox, begin).filter(({ fault }) => fault !== null);
    await world.untilEqual();
    const afterwards = allRequests(sandbox, begin).filter(({ fault }) => fault === null);
    expect(new Set(perOrder(afterwards))).toEqual(new Set([1]));
    expect(afterwards).toHaveLength(orders.length);
    // One probe at a time.
    expect(refused.length).toBeLessThan(40);
    const after = await connector.untilMetrics('all is settled', now => now.sum('card_sync_unsettled_records') === 0);
    expect(after.sum('card_sync_changes_settled_total', { outcome: 'superseded' })).toBeGreaterThan(fewOrders * 5);
    for (const count of ['parkings_total', 'dead_letters_total', 'degraded']) {
      expect([count, after.sum(`card_sync_${count}`)]).toEqual([count, 0]);
    }
    checkDeliveries(sandbox);
    await using topics = await openTopicAccess(stack.kafka.bootstrap);
    const entries = await readJournal(stack, topics, world.journalTopic);
    expect(entries.filter(({ owed }) => owed !== null)).toEqual([]);
    await fleet.check();
    await fleet.stop(connector);
  });
});

function perOrder(entries: readonly RequestEntry[]): number[] {
  return [...Map.groupBy(entries, ({ merchantBizNo }) => merchantBizNo).values()].map(({ length }) => length);
}
