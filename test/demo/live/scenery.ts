import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { debeziumOrdersConnector } from '../../stack/debezium.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Order } from '../order.ts';
import { createDatabase, OrdersDb } from '../orders-db.ts';
import { type ConnectorServer, connectorSettings, startConnector } from './connector-server.ts';
import { type SandboxServer, startSandbox } from './sandbox-server.ts';
import { projectDir } from './script.ts';

/** Everything the demo plays with, running. */
export interface Scenery {
  readonly db: OrdersDb;
  readonly sandbox: Pick<SandboxServer, 'url' | 'cards'>;
  readonly connector: Pick<ConnectorServer, 'metricsUrl' | 'metrics'>;
  /** Rejects when the sandbox or the connector ends unasked. */
  readonly broken: Promise<never>;
  /** Where the logs of both are, in words. */
  readonly logs: string;
  /** Ends what was started for the demo. */
  setDown(): Promise<void>;
}

// The logs of the last demo: kept after it, unlike all else.
const logFolder = join(projectDir, '.stack', 'demo-logs');

const shop = 'shop';

/** Puts the seeded orders into a new database on the stack, and starts the sandbox, Debezium and the connector on it. */
export async function setUp(
  stack: Stack,
  orders: readonly Order[],
  options: { readonly faults: readonly string[]; readonly log: (line: string) => void },
): Promise<Scenery> {
  const folder = join(stack.dir, 'demo');
  await rm(logFolder, { recursive: true, force: true });
  await mkdir(logFolder, { recursive: true });
  await mkdir(folder, { recursive: true });
  const sandboxLog = join(logFolder, 'sandbox.log');
  const [db, sandbox] = await Promise.all([
    seed(stack, orders),
    startSandbox(stack, { folder: join(folder, 'sandbox'), logFile: sandboxLog, faults: options.faults }),
  ]);
  options.log(`${orders.length} orders are in the table, the sandbox is up`);

  const source = debeziumOrdersConnector({
    ...stack.postgres,
    database: shop,
    topicPrefix: shop,
    registryNativeUrl: stack.registry.nativeUrl,
  });
  const topic = `${shop}.public.orders`;
  await stack.startConnector(source);
  await stack.connectorWrote(source.name, topic);
  options.log('Debezium streams the table');

  const connector = await startConnector(stack, {
    settings: connectorSettings(stack, sandbox, topic),
    settingsFile: join(folder, 'connector.yaml'),
    logFile: join(logFolder, 'connector.log'),
  });
  options.log('the connector is up');
  const broken = Promise.race([endOf('sandbox', sandbox.child), endOf('connector', connector.child)]);
  // Nobody need look at it while it is set down orderly.
  broken.catch(() => undefined);
  // The connector finishes what it has begun; the stack's end ends the rest.
  const setDown = async () => {
    await connector.child.end(3_000);
    await db.close().catch(() => undefined);
  };
  return { db, sandbox, connector, broken, logs: `in ${logFolder}`, setDown };
}

async function seed(stack: Stack, orders: readonly Order[]): Promise<OrdersDb> {
  const db = await OrdersDb.connect(await createDatabase(stack.postgres.connectionString, shop));
  await db.createSchema();
  await db.insert(orders);
  return db;
}

async function endOf(name: string, child: ConnectorServer['child']): Promise<never> {
  const { code, signal } = await child.ended;
  throw new Error(`the ${name} ended with ${signal ?? `code ${code}`}:\n${child.tail}\n\nAll of its log: ${logFolder}`);
}
