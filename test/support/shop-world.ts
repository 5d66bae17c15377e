import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
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
import type { TopicAccess } from './topic-access.ts';
import { until } from './until.ts';

/** Settings to put over the shop's own, part by part. */
export type SettingsOverrides = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A shop of its own on the shared stack: database, Debezium connector, topic, sandbox, and connectors that join its group. */
export interface ShopWorld extends AsyncDisposable {
  readonly name: string;
  /** Holds settings and keys; removed at the end. */
  readonly folder: string;
  readonly topic: string;
  readonly group: string;
  readonly journalTopic: string;
  readonly deadLetterTopic: string;
  readonly db: OrdersDb;
  readonly shop: Shop;
  readonly sandbox: Sandbox;
  /** A statement on the shop's database, e.g. ALTER TABLE. */
  sql(statement: string, values?: readonly unknown[]): Promise<void>;
  /** Adds an order's row; from then on nothing changes it but the test. */
  insert(order: Order): Promise<void>;
  update(order: Order): Promise<void>;
  remove(order: Order): Promise<void>;
  /**
   * Changes the orders that are there, but for those of {@link insert}, and resolves when the last change is committed in the database.
   * Not twice at once with `inserts`.
   */
  change(options: {
    readonly changes: number;
    readonly rate: number;
    readonly inserts?: number;
    readonly seed?: number;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  /** The settings that {@link startConnector} runs with. */
  settings(overrides?: SettingsOverrides): Readonly<Record<string, object>>;
  /** Runs `card-sync`; resolves when its metrics and health can be read. */
  startConnector(name: string, overrides?: SettingsOverrides): Promise<ConnectorProcess>;
  /** Connects to the database anew, after PostgreSQL was restarted. */
  reconnect(): Promise<void>;
  compare(): Promise<Comparison>;
  /** How many records of the topic are repetitions of Debezium's, of changes that it had written before. Not with {@link sql}'s changes. */
  repeatedRecords(topics: TopicAccess): Promise<number>;
  /** Waits until every order's last row equals its card; throws with the first differences when nothing moves any more. */
  untilEqual(): Promise<void>;
}

/** How a shop begins. */
export interface ShopOptions {
  /** Unique in the run: database, topic prefix and group are named after it. */
  readonly name: string;
  readonly orders: number;
  readonly latencyMs?: number;
  /** Debezium takes signals from the table `debezium_signal`, and is set up with these settings too. */
  readonly signals?: Readonly<Record<string, string>>;
}

const stuckMs = 20_000;

/** Opens a shop with seeded orders, streamed by Debezium; without any order there is no topic yet. */
export async function openShop(stack: RemoteStack, options: ShopOptions): Promise<ShopWorld> {
  const { name } = options;
  const folder = mkdtempSync(join(tmpdir(), `card-sync-${name}-`));
  const now = new Date();
  const orders = makeOrders(7, options.orders, now);
  const shop = new Shop(orders);
  const sandbox = await startSandbox({ folder: join(folder, 'sandbox'), latencyMs: options.latencyMs ?? 5 });
  const databaseUrl = await createDatabase(stack.postgres.connectionString, name);
  let db = await OrdersDb.connect(databaseUrl);
  let client = await connectClient(databaseUrl);
  await db.createSchema();
  if (orders.length > 0) await db.insert(orders);
  if (options.signals !== undefined) {
    await client.query(
      'CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32), data varchar(2048))',
    );
  }
  await startDebezium(stack, name, options.signals === undefined ? {} : { ...takesSignals, ...options.signals });
  const topic = `${name}.public.orders`;
  if (orders.length > 0) await stack.connectorWrote(name, topic);
  const journalTopic = `${name}.journal`;
  const deadLetterTopic = `${name}.dead-letters`;

  const settings = (overrides: SettingsOverrides = {}) => {
    const base = { ...shopSettings(stack, sandbox, folder, { topic, group: name, journalTopic, deadLetterTopic }) };
    for (const [part, over] of Object.entries(overrides)) base[part] = { ...base[part], ...over };
    return base;
  };
  const byHand = new Set<string>();
  const isShops = ({ merchantBizNo }: Order) => !byHand.has(merchantBizNo);
  const compare = async () => {
    const rows = (await db.readAll()).map((order: Order) => ({ order, deleted: false }));
    return compareOrders([...rows, ...shop.deleted], sandbox.cards({ limit: 1_000_000 }));
  };
  return {
    name,
    folder,
    topic,
    group: name,
    journalTopic,
    deadLetterTopic,
    get db() {
      return db;
    },
    shop,
    sandbox,
    settings,
    compare,
    sql: async (statement, values = []) => void (await client.query(statement, [...values])),
    insert: async order => {
      await db.insert([order]);
      byHand.add(order.merchantBizNo);
      shop.see([{ kind: 'insert', order }]);
    },
    update: async order => {
      await db.update(order);
      shop.see([{ kind: 'update', order }]);
    },
    remove: async order => {
      await db.remove(order.merchantBizNo);
      shop.see([{ kind: 'delete', order }]);
    },
    change: ({ changes, rate, inserts = 0, seed = 1, signal = new AbortController().signal }) => {
      const firstNumber = shop.orders;
      const run = { seed, changes, inserts, firstNumber, now, rate, signal, onCommit: shop.see.bind(shop) };
      const changing = db.readAll().then(rows => runGenerator(db, rows.filter(isShops), run));
      // Whoever started it may await something else first.
      changing.catch(() => undefined);
      return changing;
    },
    startConnector: (connectorName, overrides) => startConnectorProcess(folder, connectorName, settings(overrides)),
    untilEqual: () => untilEqual(compare, sandbox),
    repeatedRecords: async topics => {
      const { insert, update, delete: deleted } = shop.counts;
      const records = [...(await topics.ends(topic)).values()].reduce((sum, end) => sum + Number(end), 0);
      // A deleted row has a tombstone too.
      return records - (orders.length + insert + update + 2 * deleted);
    },
    reconnect: async () => {
      await Promise.all([db.close(), client.end()].map(closing => closing.catch(() => undefined)));
      db = await OrdersDb.connect(databaseUrl);
      client = await connectClient(databaseUrl);
    },
    [Symbol.asyncDispose]: async () => {
      await stack.removeConnector(name);
      await until(`the replication slot of ${name} is given back`, () => dropSlots(client));
      await client.end();
      await db.close();
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function connectClient(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // Errors while it is idle are left to the next query.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const takesSignals = {
  'signal.data.collection': 'public.debezium_signal',
  'table.include.list': 'public.orders,public.debezium_signal',
};

async function startDebezium(
  stack: RemoteStack,
  name: string,
  overrides: Readonly<Record<string, string>>,
): Promise<void> {
  const { postgres, registry } = stack;
  const { nativeUrl: registryNativeUrl } = registry;
  await stack.startConnector(
    debeziumOrdersConnector({ ...postgres, database: name, name, topicPrefix: name, registryNativeUrl, overrides }),
  );
}

/** Debezium leaves its replication slot, and a server has but so many. False while one is in use still. */
async function dropSlots(client: pg.Client): Promise<boolean> {
  const ours = 'FROM pg_replication_slots WHERE database = current_database()';
  await client.query(`SELECT pg_drop_replication_slot(slot_name) ${ours} AND NOT active`);
  return (await client.query(`SELECT ${ours}`)).rowCount === 0;
}

/** The settings of a shop's connectors. */
export function shopSettings(
  stack: RemoteStack,
  sandbox: Sandbox,
  folder: string,
  names: {
    readonly topic: string;
    readonly group: string;
    readonly journalTopic: string;
    readonly deadLetterTopic: string;
  },
): Record<string, object> {
  return {
    kafka: {
      brokers: [stack.kafka.bootstrap],
      topics: [names.topic],
      groupId: names.group,
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
    flow: { commitIntervalMs: 200, retryDelaysMs: [100, 100, 100, 500], parkFromMs: 400, probeIntervalMs: 200 },
    journal: { topic: names.journalTopic },
    deadLetters: { topic: names.deadLetterTopic },
    observe: { port: 0 },
    shutdown: { drainMs: 5_000 },
  };
}

async function untilEqual(compare: () => Promise<Comparison>, sandbox: Sandbox): Promise<void> {
  let last = -1;
  let movedAt = performance.now();
  for (;;) {
    const comparison = await compare();
    if (isAllEqual(comparison)) return;
    const { requests } = sandbox.stats();
    if (requests !== last) movedAt = performance.now();
    last = requests;
    if (performance.now() - movedAt > stuckMs) throw new Error(`not equal: ${firstDifferences(comparison, sandbox)}`);
    await sleep(100);
  }
}

/** The first orders that differ, each with the story of its requests. */
function firstDifferences({ orders, strangers }: Comparison, sandbox: Sandbox): string {
  const differing = orders.filter(({ differences }) => differences.length > 0);
  const shown = differing
    .slice(0, 3)
    .map(({ merchantBizNo, differences }) =>
      [`${merchantBizNo}: ${differences.join('; ')}`, ...requestsOf(merchantBizNo, sandbox)].join('\n  '),
    );
  return `${differing.length} of ${orders.length} orders differ, ${strangers.length} strangers\n${shown.join('\n')}`;
}

function requestsOf(order: string, sandbox: Sandbox): string[] {
  return sandbox.requests
    .list({ order })
    .map(
      ({ sequence, command, orderStatus, bizDate, outcome, resultCode, requestId }) =>
        `#${sequence} ${command} ${orderStatus} ${bizDate} → ${outcome} ${resultCode} (${requestId?.slice(0, 8)})`,
    );
}
