import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestEntry } from '../sandbox/journal/request-entry.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { checkDeliveries, needlessRepeats, tookEffect } from '../support/delivery-checks.ts';
import { Fleet } from '../support/fleet.ts';
import { readJournal } from '../support/journal-reader.ts';
import { aBill } from '../support/orders.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type SettingsOverrides, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

/** Three quick repetitions, then it is parked; `long` is how it goes on. */
const settings = (...long: readonly number[]): SettingsOverrides => ({
  kafka: { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 6_000, heartbeatIntervalMs: 200 },
  flow: { inFlightMax: 16, retryDelaysMs: [100, 100, 100, ...long], parkFromMs: 400 },
});
const quickAttempts = 4;

describe('an order that never succeeds, and one that changes all the time', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;
  /** So that the changes of one load differ from those of the others. */
  let loads = 0;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'poison', orders: 300 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
  });
  afterAll(async () => {
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const requestsOf = (order: string) => world.sandbox.requests.list({ order });
  const identities = (entries: readonly RequestEntry[]) =>
    new Set(entries.map(({ requestId, digest }) => `${requestId} ${digest}`)).size;
  /** Changes of the other orders. */
  const others = (changes: number, signal?: AbortSignal) =>
    world.change({ changes, rate: 150, seed: ++loads, ...(signal && { signal }) });
  const poison = (order: string) => addFault(world.sandbox, { kind: 'SYSTEM_ERROR', order });

  async function untilAllCommitted(): Promise<void> {
    await until('all is committed', async () => {
      const [ends, committed] = [await topics.ends(world.topic), await topics.committed(world.group, world.topic)];
      return [...ends].every(([partition, end]) => committed.get(partition) === end);
    });
  }

  it('is parked, keeps no commit back, is tried again by whoever comes after a crash, and ends as one dead letter', {
    timeout: 90_000,
  }, async () => {
    const order = aBill('BLPOISON001');
    const fault = poison(order.merchantBizNo);
    await using fleet = new Fleet(world, settings(9_000, 500));
    const first = await fleet.start();
    await world.insert(order);
    const changing = others(300);
    await first.untilMetrics('it is parked', now => now.sum('card_sync_parked_orders') === 1);
    await changing;
    // The record of the poison order lies in the midst of what is committed.
    await untilAllCommitted();
    expect((await first.metrics()).sum('card_sync_unsettled_records')).toBe(0);
    await fleet.kill(first);
    const killedAt = Date.now();
    expect(requestsOf(order.merchantBizNo)).toHaveLength(quickAttempts);

    const second = await fleet.start();
    await second.untilMetrics(
      'the journal told it of the parked order',
      now => now.sum('card_sync_restoring_partitions') === 0 && now.sum('card_sync_parked_orders') === 1,
    );
    const after = await second.untilMetrics('it is given up', now => now.sum('card_sync_dead_letters_total') === 1);
    const last = await second.untilMetrics('it is parked no more', now => now.sum('card_sync_parked_orders') === 0);
    const requests = requestsOf(order.merchantBizNo);
    expect([requests.length, identities(requests)]).toEqual([quickAttempts + 2, 1]);
    expect(after.sum('card_sync_dead_letters_total', { reason: 'retries-exhausted' })).toBe(1);
    expect(last.sum('card_sync_changes_settled_total', { outcome: 'dead-lettered' })).toBe(1);

    const letters = await topics.read(world.deadLetterTopic);
    const record = (await topics.read(world.topic)).find(({ key }) => String(key) === order.merchantBizNo);
    expect(letters.map(({ partition, key, value }) => [partition, String(key), value])).toEqual([
      [record?.partition, order.merchantBizNo, record?.value],
    ]);
    const headers = letters[0]?.headers ?? {};
    expect(headers).toMatchObject({
      'card_sync.reason': 'retries-exhausted',
      'card_sync.result_code': 'SYSTEM_ERROR',
      'card_sync.request_id': requests[0]?.requestId,
      // Of both instances.
      'card_sync.attempts': String(quickAttempts + 2),
      '__connect.errors.offset': String(record?.offset),
    });
    expect(Date.parse(headers['card_sync.first_attempt_at'] ?? '')).toBeLessThan(killedAt);
    expect(Date.parse(headers['card_sync.last_attempt_at'] ?? '')).toBeGreaterThan(killedAt);

    // Its next change heals the card.
    expect(world.sandbox.faults.remove(fault)).toBe(true);
    await world.update({ ...order, amountCents: 777 });
    await world.untilEqual();
    expect(Math.max(...fleet.repeatsByLoss())).toBeLessThanOrEqual(16);
    await fleet.check();
    await fleet.stop(second);
  });

  it('when a newer change of it comes, that one alone is sent, and nothing is owed any more', async () => {
    const order = aBill('BLPOISON002');
    const { merchantBizNo } = order;
    const fault = poison(merchantBizNo);
    await using fleet = new Fleet(world, settings(3_000, 3_000));
    const connector = await fleet.start();
    await world.insert(order);
    await connector.untilMetrics('it is parked', now => now.sum('card_sync_parked_orders') === 1);
    expect(world.sandbox.faults.remove(fault)).toBe(true);
    await world.update({ ...order, amountCents: 999 });
    const newer = await world.sandbox.requests.waitFor(
      entry => entry.merchantBizNo === merchantBizNo && tookEffect(entry),
    );
    const after = await connector.untilMetrics('nothing is owed', now => now.sum('card_sync_parked_orders') === 0);
    expect(after.sum('card_sync_changes_settled_total', { outcome: 'superseded' })).toBe(1);

    // Past the time at which the parked one was due.
    const parkedAt = requestsOf(merchantBizNo)[quickAttempts - 1]?.receivedAt ?? 0;
    await until('its time has come', () => Date.now() > parkedAt + 3_600);
    const requests = requestsOf(merchantBizNo);
    expect(requests).toHaveLength(quickAttempts + 1);
    expect([identities(requests), requests.at(-1)?.sequence]).toEqual([2, newer.sequence]);
    await world.untilEqual();
    const story = (await readJournal(stack, topics, world.journalTopic)).filter(one => one.order === merchantBizNo);
    expect(story.map(({ event, owed }) => [event, owed !== null])).toEqual([
      ['parked', true],
      ['superseded', false],
      ['sent', false],
    ]);
    await fleet.check();
    await fleet.stop(connector);
  });

  it('parked deliveries go with their partitions to another instance, which repeats the same requests', {
    timeout: 90_000,
  }, async () => {
    const { sandbox } = world;
    const orders = Array.from({ length: 8 }, (_, number) => aBill(`BLPOISON1${number}`));
    const faults = orders.map(({ merchantBizNo }) => poison(merchantBizNo));
    await using fleet = new Fleet(world, settings(6_000, 6_000, 6_000));
    const first = await fleet.start();
    // Until all are parked: were the poison orders alone, most deliveries would fail, and that is an outage, for which nothing is parked.
    const parked = new AbortController();
    const changing = others(5_000, parked.signal);
    for (const order of orders) await world.insert(order);
    await first.untilMetrics('they are parked', now => now.sum('card_sync_parked_orders') === orders.length);
    parked.abort();
    await changing;
    const second = await fleet.start();
    const taken = await second.untilMetrics(
      'it has half of the partitions',
      now => now.sum('card_sync_assigned_partitions') === 3 && now.sum('card_sync_restoring_partitions') === 0,
    );
    expect(taken.sum('card_sync_parked_orders')).toBeGreaterThan(0);
    await until('each is parked at one of them', async () => {
      const parked = await Promise.all(
        fleet.living.map(async one => (await one.metrics()).sum('card_sync_parked_orders')),
      );
      return parked.reduce((sum, count) => sum + count) === orders.length;
    });
    for (const fault of faults) sandbox.faults.remove(fault);
    await world.untilEqual();
    for (const { merchantBizNo } of orders) {
      const requests = requestsOf(merchantBizNo);
      expect([merchantBizNo, identities(requests), requests.filter(tookEffect).length]).toEqual([merchantBizNo, 1, 1]);
    }
    const done = await second.untilMetrics('nothing is owed', now => now.sum('card_sync_parked_orders') === 0);
    expect(done.sum('card_sync_changes_settled_total', { outcome: 'delivered' })).toBeGreaterThan(0);
    await first.untilMetrics('nothing is owed', now => now.sum('card_sync_parked_orders') === 0);
    await untilAllCommitted();
    await fleet.check();
    for (const connector of [...fleet.living]) await fleet.stop(connector);
  });

  it('one order with a third of all changes, and a slow one, holds up no other', { timeout: 90_000 }, async () => {
    const { sandbox } = world;
    const hot = aBill('BLHOT000001');
    const { flow, kafka } = settings();
    // Without conflation each of its changes goes out, one after the other: they pile up.
    await using fleet = new Fleet(world, { kafka: { ...kafka }, flow: { ...flow, conflate: false } });
    const connector = await fleet.start();
    await world.insert(hot);
    await world.untilEqual();
    const begin = sandbox.requests.last;
    addFault(sandbox, { kind: 'slow', delayMs: 120, order: hot.merchantBizNo });
    const hotChanges = 60;
    const changing = others(140);
    for (let number = 1; number <= hotChanges; number++) await world.update({ ...hot, amountCents: number });
    await changing;
    const place = await until('its last change is in the topic', async () => {
      const records = await topics.read(world.topic);
      const ofHot = records.filter(({ key }) => String(key) === hot.merchantBizNo);
      return ofHot.length === hotChanges + 1 && ofHot.at(-1);
    });
    // While it is still at work, all other partitions are committed to their ends.
    await until('the others are committed', async () => {
      const [ends, committed] = [await topics.ends(world.topic), await topics.committed(world.group, world.topic)];
      return [...ends].every(([partition, end]) => partition === place.partition || committed.get(partition) === end);
    });
    const hotThen = requestsOf(hot.merchantBizNo).length;
    const committed = (await topics.committed(world.group, world.topic)).get(place.partition) ?? 0n;
    await until('its own partition is committed further, bit by bit', async () => {
      const now = (await topics.committed(world.group, world.topic)).get(place.partition) ?? 0n;
      return now > committed && now <= place.offset;
    });
    await world.untilEqual();
    const entries = sandbox.requests.list({ after: begin, limit: 1_000_000 });
    const isHot = ({ merchantBizNo }: RequestEntry) => merchantBizNo === hot.merchantBizNo;
    expect(entries.filter(isHot)).toHaveLength(hotChanges);
    // When the last of the others was sent, many of its own were still to come: none of them stood in the way.
    const lastOther = entries.findLast(entry => !isHot(entry))?.sequence ?? 0;
    const hotAfterwards = entries.filter(entry => isHot(entry) && entry.sequence > lastOther).length;
    console.log(
      `hot: ${hotAfterwards} of ${hotChanges} came after the last of the others, ${hotThen} before the commits`,
    );
    expect(hotAfterwards).toBeGreaterThan(5);
    expect(hotThen).toBeLessThan(hotChanges);
    await untilAllCommitted();
    await fleet.check();
    await fleet.stop(connector);
  });

  it('all in all: each order in order, and no request repeated that was answered', async () => {
    checkDeliveries(world.sandbox);
    expect(needlessRepeats(world.sandbox)).toEqual([]);
    expect(await topics.read(world.deadLetterTopic)).toHaveLength(1);
  });
});
