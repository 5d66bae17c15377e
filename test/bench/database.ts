import { runGenerator } from '../demo/order-generator.ts';
import { createDatabase, OrdersDb } from '../demo/orders-db.ts';
import { makeOrders } from '../demo/seed.ts';
import { debeziumOrdersConnector } from '../stack/debezium.ts';
import { startNode } from '../support/child-process.ts';
import { startConnectorProcess } from '../support/connector-process.ts';
import { quantile } from './numbers.ts';
import type { BenchOptions } from './options.ts';
import { endpointUrl, untilArrived } from './run-once.ts';
import { openWorld } from './world.ts';

// What comes before is compiled, connected and joined by then.
const warmUpMs = 5_000;
const name = 'shop';

/**
 * Changes rows of a real PostgreSQL at a steady rate, and measures from each change's `updated_at` (its moment, before the commit) to
 * its request's arrival at the endpoint: the commit, Debezium and Kafka are in it. All clocks are this machine's.
 */
export async function measureDatabase(options: BenchOptions, say: (line: string) => void): Promise<object> {
  await using world = await openWorld(options, say, ['kafka', 'registry', 'postgres', 'connect']);
  const { stack } = world;
  const databaseUrl = await createDatabase(stack.postgres.connectionString, name);
  const db = await OrdersDb.connect(databaseUrl);
  const now = new Date();
  const orders = makeOrders(1, options.orders, now);
  await db.createSchema();
  await db.insert(orders);
  const { postgres, registry } = stack;
  const registryNativeUrl = registry.nativeUrl;
  await stack.startConnector(
    debeziumOrdersConnector({ ...postgres, database: name, name, topicPrefix: name, registryNativeUrl }),
  );
  await stack.connectorWrote(name, world.topic);
  await using endpoint = startNode('test/bench/endpoint.ts', ['--latency', String(options.latencyMs), '--arrivals']);
  const url = await endpointUrl(endpoint);
  const settings = { ...world.settings('bench'), platform: world.platform(url) };
  await using connector = await startConnectorProcess(world.folder, 'bench', settings, world.process);
  await connector.untilMetrics('the rows of the snapshot are cards', ({ sum }) => sum('card_sync_consumer_lag') === 0);
  const startedAt = Date.now();
  const changes = Math.round((options.rate * (options.seconds * 1000 + warmUpMs)) / 1000);
  const { signal } = new AbortController();
  await runGenerator(db, await db.readAll(), { seed: 1, changes, inserts: changes, now, rate: options.rate, signal });
  await connector.untilMetrics('all is delivered', ({ sum }) => sum('card_sync_consumer_lag') === 0);
  await untilArrived(url, 1);
  const arrivals = (await (await fetch(`${url}/arrivals`)).json()) as Readonly<Record<string, number>>;
  await connector.stop();
  await db.close();
  const delays = Object.entries(arrivals).flatMap(([change, at]) => {
    const updatedAt = Number(change.slice(change.lastIndexOf('/') + 1));
    return updatedAt < startedAt + warmUpMs ? [] : [at - updatedAt];
  });
  const [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1].map(share => quantile(delays, share));
  const result = { changes: delays.length, rate: options.rate, p50, p90, p99, most };
  say(
    `${result.changes} row changes at ${result.rate}/s: p50 ${p50?.toFixed(1)} ms, p90 ${p90?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms, most ${most?.toFixed(1)} ms`,
  );
  return result;
}
