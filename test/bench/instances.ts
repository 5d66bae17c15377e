import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '../support/child-process.ts';
import { startConnectorProcess } from '../support/connector-process.ts';
import type { BenchOptions } from './options.ts';
import { fill, makeTopic } from './preload.ts';
import { type EndpointStats, endpointUrl, untilArrived } from './run-once.ts';
import { openWorld, type World } from './world.ts';

const most = 3;
// The partitions do not end at the same time: the rate is taken where all of them are busy.
const fromShare = 0.1;
const toShare = 0.6;

/** Lets one, two and three instances share the partitions, each no more than its requests in flight can carry. */
export async function measureInstances(options: BenchOptions, say: (line: string) => void): Promise<object> {
  await using world = await openWorld(options, say);
  const perSecond: number[] = [];
  for (let instances = 1; instances <= most; instances++) {
    const rate = await runTogether({ ...world, topic: `${world.topic}.${instances}` }, instances, options);
    perSecond.push(rate);
    const [alone = rate] = perSecond;
    say(
      `${instances} instances  ${rate.toFixed(0)}/s  ${(rate / alone / instances).toFixed(2)} × as much as ${instances} times one`,
    );
  }
  return { perSecond };
}

async function runTogether(world: World, instances: number, options: BenchOptions): Promise<number> {
  const { orders, changes, partitions } = options;
  await makeTopic(world.bootstrap, world.topic, partitions);
  await using closing = new AsyncDisposableStack();
  const endpoint = closing.use(startNode('test/bench/endpoint.ts', ['--latency', String(options.latencyMs)]));
  const url = await endpointUrl(endpoint);
  const settings = {
    ...world.settings(`bench-${instances}`),
    platform: world.platform(url),
  };
  const kafka = { brokers: [world.bootstrap], topics: [world.topic], groupId: `bench-${instances}` };
  const connectors = [];
  for (let instance = 1; instance <= instances; instance++) {
    const connector = await startConnectorProcess(
      world.folder,
      `bench-${instance}`,
      { ...settings, kafka },
      world.process,
    );
    connectors.push(closing.use(connector));
  }
  const share = Math.floor(partitions / instances);
  for (const connector of connectors) {
    const holds = (assigned: number) => assigned >= share && assigned <= share + 1;
    await connector.untilMetrics('has its share', ({ sum }) => holds(sum('card_sync_assigned_partitions')));
  }
  const filled = fill(world.bootstrap, world.registryUrl, { topic: world.topic, orders, changes });
  const seen: { readonly requests: number; readonly at: number }[] = [];
  const note = ({ requests }: EndpointStats) => seen.push({ requests, at: performance.now() });
  await filled;
  await untilArrived(url, orders * changes, note);
  await sleep(0);
  const from = seen.find(({ requests }) => requests >= fromShare * orders * changes);
  const to = seen.find(({ requests }) => requests >= toShare * orders * changes);
  if (from === undefined || to === undefined) throw new Error('too few changes to tell a rate');
  return ((to.requests - from.requests) * 1000) / (to.at - from.at);
}
