import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { checkDeliveries } from '../support/delivery-checks.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';

describe('a table that changes while its changes stream', () => {
  let world: ShopWorld;
  let topics: TopicAccess;
  let connector: ConnectorProcess;
  const order = aBill('BLEVOLVE01');

  beforeAll(async () => {
    const stack = await sharedStack();
    world = await openShop(stack, { name: 'evolution', orders: 40 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    await world.sql('ALTER TABLE orders ADD COLUMN visits integer NOT NULL DEFAULT 0');
    await world.insert(order);
    connector = await world.startConnector('connector');
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** Schema ids of the records in the topic. */
  async function schemaIds(): Promise<ReadonlySet<number>> {
    const records = await topics.read(world.topic);
    return new Set(records.flatMap(({ value }) => (value === null ? [] : [value.readInt32BE(1)])));
  }

  it.each<{ what: string; statements: readonly string[]; amountCents: number }>([
    {
      what: 'a column is added with a default',
      statements: ["ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'app'"],
      amountCents: 4_200,
    },
    {
      what: 'a column that no mapping uses is dropped',
      statements: ['ALTER TABLE orders DROP COLUMN created_at'],
      amountCents: 4_300,
    },
    {
      what: 'an amount is widened',
      statements: ['ALTER TABLE orders ALTER COLUMN amount TYPE numeric(14, 2)'],
      // More than there was room for before.
      amountCents: 12_345_678_901_23,
    },
    {
      what: 'an integer is widened, and holds what did not fit before',
      statements: [
        'ALTER TABLE orders ALTER COLUMN visits TYPE bigint',
        'BEGIN',
        // The shop changes several rows in a transaction, in another sequence than this UPDATE: without a lock, a deadlock.
        'LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE',
        'UPDATE orders SET visits = 9007199254740993',
        'COMMIT',
      ],
      amountCents: 4_500,
    },
    {
      what: 'a type changes within a transaction, between two changes of the same order',
      statements: [
        'BEGIN',
        "UPDATE orders SET amount = 1 WHERE merchant_biz_no = 'BLEVOLVE01'",
        'ALTER TABLE orders ALTER COLUMN visits TYPE numeric(20, 0)',
        "UPDATE orders SET amount = 2 WHERE merchant_biz_no = 'BLEVOLVE01'",
        'COMMIT',
      ],
      amountCents: 4_600,
    },
  ])('$what: the changes before, between and after arrive', async ({ statements, amountCents }) => {
    const before = await schemaIds();
    const { last } = world.sandbox.requests;
    const changing = world.change({ changes: 60, rate: 120, seed: last });
    await world.sandbox.requests.waitFor(({ sequence }) => sequence > last);
    for (const statement of statements) await world.sql(statement);
    await changing;
    await world.update({ ...order, amountCents });
    await world.untilEqual();
    expect(world.sandbox.cards({ order: order.merchantBizNo })[0]?.amount).toBe(amountCents);
    // Else nothing was tested.
    expect((await schemaIds()).size).toBeGreaterThan(before.size);
  });

  it('nothing was given up, and it never started again', async () => {
    const samples = await connector.untilMetrics(
      'all is accounted for',
      now => now.sum('card_sync_unsettled_records') === 0 && now.sum('card_sync_consumer_lag') === 0,
    );
    const records = (await topics.read(world.topic)).length;
    expect(samples.sum('card_sync_records_consumed_total')).toBe(records);
    expect(samples.sum('card_sync_changes_settled_total')).toBe(records);
    expect(samples.sum('card_sync_dead_letters_total')).toBe(0);
    checkDeliveries(world.sandbox);
    expect(await connector.stop()).toBe(0);
  });
});
