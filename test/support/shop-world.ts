import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Comparison, compareOrders, isAllEqual } from '../demo/compare.ts';
import { Shop } from '../demo/live/shop.ts';
import type { Order } from '../demo/order.ts';
import { runGenerator } from '../demo/order-generator.ts';
import { createDatabase, OrdersDb } from '../demo/orders-db.ts';
import { makeOrders } from '../demo/seed.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { debeziumOrdersConnector } from '../stack/debezium.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { type ConnectorProcess, startConnectorProcess } from './connector-process.ts';

/** A shop of its own on the shared stack: database, Debezium connector, topic, sandbox, and connectors that join its group. */
export interface ShopWorld extends AsyncDisposable {
  readonly name: string;
  readonly topic: string;
  readonly db: OrdersDb;
  readonly shop: Shop;
  readonly sandbox: Sandbox;
  readonly deadLetterTopic: string;
  /** Changes orders and waits until the last change is committed in the database. */
  change(options: {
    readonly changes: number;
    readonly rate: number;
    readonly inserts?: number;
    readonly seed?: number;
  }): Promise<void>;
  /** Runs `card-sync`; `flow` is put over the settings' part of that name. */
  startConnector(name: string, flow?: Readonly<Record<string, unknown>>): Promise<ConnectorProcess>;
  compare(): Promise<Comparison>;
  /** Waits until every order's last row equals its card; throws with the first differences when nothing moves any more. */
  untilEqual(): Promise<void>;
}

/** How a shop begins. */
export interface ShopOptions {
  /** Unique in the run: database, topic prefix and group are named after it. */
  readonly name: string;
  readonly orders: number;
  readonly latencyMs?: number;
}

const stuckMs = 20_000;

/** Opens a shop with seeded orders, streamed by Debezium into a topic that exists when this resolves. */
export async function openShop(stack: RemoteStack, options: ShopOptions): Promise<ShopWorld> {
  const { name } = options;
  const folder = mkdtempSync(join(tmpdir(), `card-sync-${name}-`));
  const now = new Date();
  const orders = makeOrders(7, options.orders, now);
  const shop = new Shop(orders);
  const sandbox = await startSandbox({ folder: join(folder, 'sandbox'), latencyMs: options.latencyMs ?? 5 });
  const db = await OrdersDb.connect(await createDatabase(stack.postgres.connectionString, name));
  await db.createSchema();
  if (orders.length > 0) await db.insert(orders);
  await stack.startConnector(
    debeziumOrdersConnector({
      ...stack.postgres,
      database: name,
      name,
      topicPrefix: name,
      registryNativeUrl: stack.registry.nativeUrl,
    }),
  );
  const topic = `${name}.public.orders`;
  const deadLetterTopic = `${name}.dead-letters`;

  const compare = async () => {
    const rows = (await db.readAll()).map((order: Order) => ({ order, deleted: false }));
    return compareOrders([...rows, ...shop.deleted], sandbox.cards({ limit: 1_000_000 }));
  };
  return {
    name,
    topic,
    db,
    shop,
    sandbox,
    deadLetterTopic,
    compare,
    change: ({ changes, rate, inserts = 0, seed = 1 }) =>
      runGenerator(db, orders, {
        seed,
        changes,
        inserts,
        now,
        rate,
        signal: new AbortController().signal,
        onCommit: steps => shop.see(steps),
      }),
    startConnector: (connectorName, flow = {}) =>
      startConnectorProcess(folder, connectorName, {
        kafka: {
          brokers: [stack.kafka.bootstrap],
          topics: [topic],
          groupId: name,
          fetchMaxWaitMs: 50,
          sessionTimeoutMs: 6_000,
          heartbeatIntervalMs: 500,
        },
        registry: { url: stack.registry.url, retryMs: 200 },
        mapping: { files: [join(import.meta.dirname, '../../config/mappings/*.yaml')] },
        platform: {
          baseUrl: sandbox.url,
          clientId: sandbox.clientId,
          privateKeyFile: join(folder, 'sandbox', 'client-private.pem'),
          publicKeyFile: join(folder, 'sandbox', 'platform-public.pem'),
        },
        flow: { commitIntervalMs: 200, retryDelaysMs: [100, 100, 100, 500], probeIntervalMs: 200, ...flow },
        deadLetters: { topic: deadLetterTopic },
        observe: { port: 0 },
        shutdown: { drainMs: 5_000 },
      }),
    untilEqual: async () => {
      let last = -1;
      let movedAt = performance.now();
      for (;;) {
        const comparison = await compare();
        if (isAllEqual(comparison)) return;
        const { requests } = sandbox.stats();
        if (requests !== last) movedAt = performance.now();
        last = requests;
        if (performance.now() - movedAt > stuckMs) throw new Error(`not equal: ${firstDifferences(comparison)}`);
        await sleep(100);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await stack.removeConnector(name);
      await db.close();
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function firstDifferences({ orders, strangers }: Comparison): string {
  const differing = orders.filter(({ differences }) => differences.length > 0);
  const shown = differing
    .slice(0, 3)
    .map(({ merchantBizNo, differences }) => `${merchantBizNo}: ${differences.join('; ')}`);
  return `${differing.length} of ${orders.length} orders differ, ${strangers.length} strangers\n${shown.join('\n')}`;
}
