import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectations } from '../demo/expectations.ts';
import type { Order } from '../demo/order.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import {
  allRequests,
  checkDeliveries,
  needlessRepeats,
  needlessRequests,
  tookEffect,
} from '../support/delivery-checks.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

describe('rows that were there before, rows that go, and changes that come twice', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;
  let connector: ConnectorProcess;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'snapshot', orders: 60 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    connector = await world.startConnector('first');
  });
  afterAll(async () => {
    await connector.kill();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** Resolves when every record in the topic has been received and accounted for. */
  async function accountedFor(of: ConnectorProcess) {
    return until('all is accounted for', async () => {
      const [ends, now] = [await topics.ends(world.topic), await of.metrics()];
      const records = [...ends.values()].reduce((sum, end) => sum + Number(end), 0);
      return now.sum('card_sync_frontier_offset') === records && now;
    });
  }

  it('a snapshot sends each living card once, and none of an order that is closed', async () => {
    await world.untilEqual();
    await accountedFor(connector);
    const living = (await world.db.readAll()).filter(isLiving);
    const sent = allRequests(world.sandbox);
    expect(living.length).toBeLessThan(60);
    expect(sent.every(({ command, outcome }) => command === 'SEND' && outcome === 'created')).toBe(true);
    expect(sent.map(({ merchantBizNo }) => merchantBizNo).sort()).toEqual(
      living.map(({ merchantBizNo }) => merchantBizNo).sort(),
    );
  });

  it('an order that is closed before its first card gets none', async () => {
    const closed = aBill('BLCLOSED01', { status: 'paid' });
    await world.insert(closed);
    await world.update({ ...closed, amountCents: 1 });
    // It comes behind the other.
    const open = aBill('BLCLOSED02');
    await world.insert(open);
    await world.sandbox.requests.waitFor(({ merchantBizNo }) => merchantBizNo === open.merchantBizNo);
    await accountedFor(connector);
    // It may be asked whether there is a card to end, but none is made.
    expect(world.sandbox.requests.list({ order: closed.merchantBizNo }).filter(tookEffect)).toEqual([]);
    expect(world.sandbox.cards({ order: closed.merchantBizNo })).toEqual([]);
  });

  it('a deleted row ends its card, once', async () => {
    const order = aBill('BLDELETE01');
    await world.insert(order);
    await world.sandbox.requests.waitFor(
      entry => entry.merchantBizNo === order.merchantBizNo && entry.outcome === 'created',
    );
    await world.remove(order);
    await world.untilEqual();
    await accountedFor(connector);
    expect(world.sandbox.cards({ order: order.merchantBizNo })[0]?.state).toBe('ended');
    expect(world.sandbox.requests.list({ order: order.merchantBizNo }).map(({ outcome }) => outcome)).toEqual([
      'created',
      'ended',
    ]);
  });

  it('changes that Debezium repeats after a crash cost no request', { timeout: 120_000 }, async () => {
    const { sandbox } = world;
    const since = sandbox.requests.last;
    // Debezium notes once a second how far it is. A crash right after that repeats nothing, and tests nothing: then once more.
    for (let crash = 1; (await world.repeatedRecords(topics)) <= 0; crash++) {
      const { last } = sandbox.requests;
      const load = new AbortController();
      const changing = world.change({
        changes: Infinity,
        inserts: Infinity,
        rate: 300,
        seed: crash,
        signal: load.signal,
      });
      await sandbox.requests.waitFor(({ sequence }) => sequence > last + 10);
      // Amid the changes: whatever the machine's speed, some were written since Debezium noted its position.
      await stack.down('connect', 'kill');
      load.abort();
      await changing;
      await stack.up('connect');
      await world.untilEqual();
      await accountedFor(connector);
    }
    expect(needlessRepeats(sandbox, since)).toEqual([]);
    expect(needlessRequests(sandbox, since)).toEqual([]);
    checkDeliveries(sandbox);
    expect(await connector.stop()).toBe(0);
  });

  it('a new group that took over the journal reads everything again, and asks for nothing: the journal knows it all', async () => {
    await world.untilEqual();
    const { last } = world.sandbox.requests;
    await using again = await world.startConnector('again', {
      kafka: { groupId: 'snapshot-again' },
      journal: { formerly: [world.group] },
    });
    await accountedFor(again);
    expect(allRequests(world.sandbox, last)).toEqual([]);
    expect(await again.stop()).toBe(0);
  });
});

function isLiving({ kind, status }: Order): boolean {
  const { statuses, ends } = expectations[kind];
  return !ends.includes(statuses[status] ?? '');
}
