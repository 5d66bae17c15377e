import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { allRequests, checkDeliveries, needlessRepeats, needlessRequests } from '../support/delivery-checks.ts';
import { Fleet } from '../support/fleet.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess } from '../support/topic-access.ts';

const inFlightMax = 16;
const orders = 1_500;
const overrides = {
  kafka: { sessionTimeoutMs: 4_000, rebalanceTimeoutMs: 8_000 },
  flow: { inFlightMax },
};

describe('what is around it stops and comes back, under load', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let fleet: Fleet;
  let load: AbortController;
  let changing: Promise<void>;
  let loads = 0;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'restarts', orders, latencyMs: 20 });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    fleet = new Fleet(world, overrides);
  });
  afterEach(async () => {
    load.abort();
    await changing.catch(() => undefined);
    await fleet[Symbol.asyncDispose]();
    // Where a test failed amid an outage, the next one must not fail for it.
    for (const part of ['kafka', 'registry', 'postgres', 'connect'] as const) await stack.up(part);
  });

  function startLoad(): void {
    load = new AbortController();
    changing = world.change({ changes: Infinity, inserts: Infinity, rate: 100, seed: ++loads, signal: load.signal });
  }

  async function endLoad(): Promise<void> {
    load.abort();
    await changing;
    await world.untilEqual();
  }

  /** It delivers, `more` requests from now. */
  async function delivers(more = 100): Promise<void> {
    const { last } = world.sandbox.requests;
    const ended = changing.then(() => Promise.reject(new Error('the shop made no more changes')));
    await Promise.race([world.sandbox.requests.waitFor(({ sequence }) => sequence > last + more), ended]);
  }

  /** Nothing lost, none given up, all accounted for; and what was seen since. */
  async function checkAll(since: number): Promise<void> {
    const { sandbox } = world;
    for (const connector of fleet.living) {
      const samples = await connector.untilMetrics(
        'all is accounted for',
        now => now.sum('card_sync_unsettled_records') === 0 && now.sum('card_sync_consumer_lag') === 0,
      );
      expect(samples.sum('card_sync_parked_orders')).toBe(0);
    }
    expect(fleet.conservation.total('card_sync_dead_letters_total')).toBe(0);
    await fleet.check();
    checkDeliveries(sandbox);
    const entries = allRequests(sandbox, since);
    const repeats = needlessRepeats(sandbox, since);
    const counts = {
      requests: entries.length,
      needlessRepeats: repeats.length,
      needless: needlessRequests(sandbox, since).length,
    };
    console.log(JSON.stringify({ ...counts, ...fleet.counts, changes: world.shop.changes }));
  }

  it('the broker is killed amid a backlog, and comes back: nothing is lost, only what was in flight is repeated', {
    timeout: 120_000,
  }, async () => {
    const since = world.sandbox.requests.last;
    await Promise.all([fleet.start(), fleet.start()]);
    startLoad();
    await delivers();
    await stack.down('kafka', 'kill');
    // Most of what the first snapshot brought still waits in memory.
    expect(world.sandbox.requests.last - since).toBeLessThan(orders / 2);
    await stack.up('kafka');
    await delivers();
    await endLoad();
    await checkAll(since);
    const repeats = needlessRepeats(world.sandbox, since);
    // Of each instance: what it was answered and could not write down, and what was in flight at that moment. A machine that is
    // busy may take an instance's membership too.
    expect(repeats.length).toBeLessThanOrEqual(2 * (2 + fleet.lostMembershipsAt.length) * inFlightMax);
    for (const connector of [...fleet.living]) await fleet.stop(connector);
  });

  it('the registry is down for half a minute: what is known goes on, also after a crash; who comes meanwhile waits', {
    timeout: 120_000,
  }, async () => {
    const since = world.sandbox.requests.last;
    const [first, second] = await Promise.all([fleet.start(), fleet.start()]);
    startLoad();
    for (const connector of [first, second]) {
      await connector.untilMetrics(
        'it delivers',
        now => now.sum('card_sync_changes_settled_total', { outcome: 'delivered' }) > 20,
      );
    }
    await stack.down('registry');
    const downAt = performance.now();
    const newcomer = await fleet.start();
    await newcomer.logged('intake waits for the schema registry');
    await delivers(200);
    // A restore is needed, and its survivor knows the schemas.
    await fleet.kill(second);
    await first.untilMetrics(
      'it has all partitions',
      now => now.sum('card_sync_assigned_partitions') === 6 && now.sum('card_sync_restoring_partitions') === 0,
    );
    await delivers(200);
    expect((await newcomer.health('live')).httpStatus).toBe(200);
    expect((await newcomer.metrics()).sum('card_sync_assigned_partitions')).toBe(0);
    await sleep(Math.max(0, downAt + 30_000 - performance.now()));
    await stack.up('registry');
    await newcomer.untilMetrics(
      'it works',
      now => now.sum('card_sync_changes_settled_total', { outcome: 'delivered' }) > 20,
    );
    await endLoad();
    await checkAll(since);
    expect(Math.max(...fleet.repeatsByLoss())).toBeLessThanOrEqual(2 * inFlightMax);
    for (const connector of [...fleet.living]) await fleet.stop(connector);
  });

  it('Connect and PostgreSQL are killed and come back: Debezium repeats changes, no card goes backwards, and none is asked for twice', {
    timeout: 120_000,
  }, async () => {
    const since = world.sandbox.requests.last;
    const connector = await fleet.start();
    await using topics = await openTopicAccess(stack.kafka.bootstrap);
    startLoad();
    await delivers();
    await stack.restartConnect('kill');
    await delivers();
    // The shop's connection goes with the database, so it rests meanwhile; what it wrote last is on its way.
    load.abort();
    await changing;
    await stack.restartPostgres('kill');
    await world.reconnect();
    startLoad();
    await delivers();
    await endLoad();
    await checkAll(since);
    expect(needlessRepeats(world.sandbox, since)).toEqual([]);
    expect(needlessRequests(world.sandbox, since)).toEqual([]);
    // Else nothing was repeated, and nothing tested.
    expect(await world.repeatedRecords(topics)).toBeGreaterThan(0);
    expect(await topics.read(world.deadLetterTopic)).toEqual([]);
    await fleet.stop(connector);
  });
});
