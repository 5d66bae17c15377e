import pg from 'pg';
import { expect, it } from 'vitest';
import { createDatabase, OrdersDb } from '../demo/orders-db.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { until } from '../support/until.ts';

it("OrdersDb.transaction repeats its work when PostgreSQL ends it to resolve a deadlock with another client's UPDATE", async () => {
  const stack = await sharedStack();
  const url = await createDatabase(stack.postgres.connectionString, 'deadlock');
  const db = await OrdersDb.connect(url);
  const [one, two] = [aBill('BLDEADLOCK1'), aBill('BLDEADLOCK2')];
  await db.createSchema();
  await db.insert([one, two]);
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  const touch = (order: typeof one) =>
    other.query('UPDATE orders SET user_id = user_id WHERE merchant_biz_no = $1', [order.merchantBizNo]);
  let runs = 0;
  try {
    // PostgreSQL ends the transaction whose deadlock_timeout is over first.
    await other.query("SET deadlock_timeout = '1 min'");
    await other.query('BEGIN');
    await touch(two);
    let waiting: Promise<unknown> = Promise.resolve();
    await db.transaction(async () => {
      await db.update({ ...one, amountCents: 100 });
      if (++runs === 1) {
        waiting = touch(one).then(() => other.query('COMMIT'));
        await until('the other client waits for the first row', () => isWaiting(url));
      }
      await db.update({ ...two, amountCents: 200 });
    });
    await waiting;
    expect(runs).toBe(2);
    expect((await db.readAll()).map(({ amountCents }) => amountCents)).toEqual([100, 200]);
  } finally {
    await Promise.all([db.close(), other.end()]);
  }
});

/** Does a client of this database wait for another one's transaction to end? */
async function isWaiting(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return (rowCount ?? 0) > 0;
  } finally {
    await client.end();
  }
}
