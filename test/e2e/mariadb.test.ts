import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareOrders, isAllEqual } from '../demo/compare.ts';
import { Shop } from '../demo/live/shop.ts';
import type { Order } from '../demo/order.ts';
import { runGenerator } from '../demo/order-generator.ts';
import { makeOrders } from '../demo/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { debeziumMariadbConnector } from '../stack/debezium.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { type ConnectorProcess, startConnectorProcess } from '../support/connector-process.ts';
import { allRequests, checkDeliveries } from '../support/delivery-checks.ts';
import { debeziumUser, MariadbOrders } from '../support/mariadb-orders.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { shopSettings } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

const database = 'mariashop';
const topic = `${database}.${database}.orders`;

describe('orders in MariaDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'card-sync-mariadb-'));
  const now = new Date();
  const seeded = makeOrders(11, 60, now);
  const shop = new Shop(seeded);
  let stack: RemoteStack;
  let db: MariadbOrders;
  let sandbox: Sandbox;
  let topics: TopicAccess;
  let connector: ConnectorProcess;
  const rows = new Map<string, Order>(seeded.map(order => [order.merchantBizNo, order]));

  beforeAll(async () => {
    stack = await sharedStack();
    const port = await stack.startMariadb();
    db = await MariadbOrders.create(port, database);
    await db.insert(seeded);
    sandbox = await startSandbox({ folder: join(folder, 'sandbox'), latencyMs: 2 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    await stack.startConnector(
      debeziumMariadbConnector({
        ...{ host: '127.0.0.1', port, ...debeziumUser, database, serverId: 4711 },
        ...{ name: database, topicPrefix: database, table: `${database}.orders`, kafka: stack.kafka.bootstrap },
        registryNativeUrl: stack.registry.nativeUrl,
      }),
    );
    await stack.connectorWrote(database, topic);
    const names = { topic, group: database, journalTopic: `${database}.journal`, deadLetterTopic: `${database}.dead` };
    const settings = { ...shopSettings(stack, sandbox, folder, names), mapping: { files: [ownMappings()] } };
    connector = await startConnectorProcess(folder, 'mariadb', settings);
  });
  afterAll(async () => {
    await connector?.kill();
    await stack.removeConnector(database);
    await stack.down('mariadb');
    await topics[Symbol.asyncDispose]();
    await db.close();
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The shipped mappings, for this database's table. */
  function ownMappings(): string {
    const shipped = join(import.meta.dirname, '../../config/mappings');
    const own = join(folder, 'mappings');
    mkdirSync(own);
    for (const file of readdirSync(shipped).filter(name => name.endsWith('.yaml') && !name.includes('.test.'))) {
      const text = readFileSync(join(shipped, file), 'utf8');
      writeFileSync(join(own, file), text.replace('table: public.orders', `table: ${database}.orders`));
    }
    return join(own, '*.yaml');
  }

  async function allEqual(): Promise<void> {
    await until('every order equals its card', async () => {
      const living = [...rows.values()].map(order => ({ order, deleted: false }));
      return isAllEqual(compareOrders([...living, ...shop.deleted], sandbox.cards({ limit: 100_000 })));
    });
  }

  async function accountedFor() {
    return until('all is accounted for', async () => {
      const [ends, metrics] = [await topics.ends(topic), await connector.metrics()];
      const records = [...ends.values()].reduce((sum, end) => sum + Number(end), 0);
      return metrics.sum('card_sync_frontier_offset') === records && metrics;
    });
  }

  it('are read by a snapshot, and their changes from the binary log', async () => {
    await allEqual();
    await runGenerator(db, seeded, {
      ...{ seed: 3, changes: 300, inserts: 20, now, rate: 400, signal: new AbortController().signal },
      onCommit: steps => {
        shop.see(steps);
        for (const { kind, order } of steps) {
          if (kind === 'delete') rows.delete(order.merchantBizNo);
          else rows.set(order.merchantBizNo, order);
        }
      },
    });
    await allEqual();
    checkDeliveries(sandbox);
    const metrics = await accountedFor();
    expect(metrics.sum('card_sync_dead_letters_total')).toBe(0);
    expect(metrics.sum('card_sync_orders_from_two_partitions_total')).toBe(0);
  });

  it('keep coming when the table changes', async () => {
    await db.sql('ALTER TABLE orders ADD COLUMN note varchar(40), MODIFY COLUMN status varchar(64) NOT NULL');
    const order = aBill('BLMARIA01');
    await db.insert([order]);
    rows.set(order.merchantBizNo, order);
    await allEqual();
  });

  it('changes that Debezium repeats after a crash cost no request', async () => {
    const stale = async () => (await connector.metrics()).sum('card_sync_changes_skipped_total', { reason: 'stale' });
    const before = await stale();
    // Debezium notes once in a while how far it is. A crash in the very moment after that would repeat nothing, and test nothing.
    for (let crash = 1; (await stale()) === before; crash++) {
      expect(crash).toBeLessThan(4);
      for (let step = 1; step <= 40; step++) {
        const order = aBill(`BLMARIA${crash}${step % 4}`, { amountCents: 100 * step });
        await (step <= 4 ? db.insert([order]) : db.update(order));
        rows.set(order.merchantBizNo, order);
      }
      await allEqual();
      await accountedFor();
      const { last } = sandbox.requests;
      await stack.restartConnect('kill');
      const order = aBill(`BLMARIAEND${crash}`);
      await db.insert([order]);
      rows.set(order.merchantBizNo, order);
      await allEqual();
      await accountedFor();
      expect(allRequests(sandbox, last).map(({ merchantBizNo }) => merchantBizNo)).toEqual([order.merchantBizNo]);
    }
    checkDeliveries(sandbox);
    expect(await connector.stop()).toBe(0);
  });
});
