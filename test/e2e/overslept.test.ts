import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteStack } from '../stack/remote-stack.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { checkDeliveries, needlessRepeats } from '../support/delivery-checks.ts';
import { Fleet } from '../support/fleet.ts';
import { entriesGoingBack, readJournal } from '../support/journal-reader.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';

const inFlightMax = 16;
const rounds = 3;
const overrides = {
  kafka: { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 6_000, heartbeatIntervalMs: 200 },
  flow: { inFlightMax },
};

describe('an instance that is stopped for longer than its session, and wakes up', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'overslept', orders: 200, latencyMs: 20 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
  });
  afterAll(async () => {
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  it("writes nothing over its successor's entries, and goes on as a new member", { timeout: 120_000 }, async () => {
    const { sandbox } = world;
    await using fleet = new Fleet(world, overrides);
    const [sleeper, other] = [await fleet.start(), await fleet.start()];
    await untilShared(sleeper, other);
    const load = new AbortController();
    const changing = world.change({ changes: Infinity, inserts: Infinity, rate: 150, signal: load.signal });
    for (let round = 0; round < rounds; round++) {
      const { last } = sandbox.requests;
      await sandbox.requests.waitFor(({ sequence }) => sequence > last + 100);
      sleeper.send('SIGSTOP');
      await other.untilMetrics(
        'it has all partitions',
        now => now.sum('card_sync_assigned_partitions') === 6 && now.sum('card_sync_restoring_partitions') === 0,
      );
      const taken = sandbox.requests.last;
      await sandbox.requests.waitFor(({ sequence }) => sequence > taken + 150);
      sleeper.send('SIGCONT');
      await untilShared(sleeper, other);
    }
    load.abort();
    await changing;
    await world.untilEqual();
    await fleet.check();

    const checked = checkDeliveries(sandbox);
    const repeats = needlessRepeats(sandbox).length;
    console.log(JSON.stringify({ ...checked, needlessRepeats: repeats, changes: world.shop.changes }));
    // What it was told while it was stopped, it could not write down.
    expect(repeats).toBeLessThanOrEqual(rounds * inFlightMax);
    const entries = await readJournal(stack, topics, world.journalTopic);
    expect(entries.length).toBeGreaterThan(500);
    expect(entriesGoingBack(entries)).toEqual([]);
    expect(await topics.read(world.deadLetterTopic)).toEqual([]);
    for (const connector of [...fleet.living]) await fleet.stop(connector);
  });
});

/** Both have half of the partitions, and know their orders. */
async function untilShared(...connectors: readonly ConnectorProcess[]): Promise<void> {
  for (const connector of connectors) {
    await connector.untilMetrics(
      'it has half of the partitions',
      now => now.sum('card_sync_assigned_partitions') === 3 && now.sum('card_sync_restoring_partitions') === 0,
    );
  }
}
