import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '../support/child-process.ts';
import { startConnectorProcess } from '../support/connector-process.ts';
import { quantile } from './numbers.ts';
import type { BenchOptions } from './options.ts';
import { changesOf, client, makeTopic, registeredWriter } from './preload.ts';
import { endpointUrl, untilArrived } from './run-once.ts';
import { openWorld, type World } from './world.ts';

// What comes before is compiled, connected and joined by then.
const warmUpSeconds = 5;

/**
 * Appends changes one at a time at a steady rate, and measures from the moment the producer is told of each to its request's
 * arrival at the endpoint: the producer's own way to the broker is in it. Both clocks are this machine's.
 */
export async function measureLatency(options: BenchOptions, say: (line: string) => void): Promise<object> {
  await using world = await openWorld(options, say);
  await makeTopic(world.bootstrap, world.topic, options.partitions);
  await using endpoint = startNode('test/bench/endpoint.ts', ['--latency', String(options.latencyMs), '--arrivals']);
  const url = await endpointUrl(endpoint);
  const settings = { ...world.settings('bench'), platform: world.platform(url) };
  await using connector = await startConnectorProcess(world.folder, 'bench', settings, world.process);
  await connector.untilMetrics('has its partitions', ({ sum }) => sum('card_sync_assigned_partitions') > 0);
  const appended = await appendSteadily(world, options);
  await untilArrived(url, appended.size);
  const arrivals = (await (await fetch(`${url}/arrivals`)).json()) as Readonly<Record<string, number>>;
  await connector.stop();
  const delays = [...appended]
    .slice(warmUpSeconds * options.rate)
    .map(([change, at]) => (arrivals[change] ?? Number.NaN) - at);
  const [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1].map(share => quantile(delays, share));
  const result = { changes: delays.length, rate: options.rate, p50, p90, p99, most };
  say(
    `${result.changes} changes at ${result.rate}/s: p50 ${p50?.toFixed(1)} ms, p90 ${p90?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms, most ${most?.toFixed(1)} ms`,
  );
  return result;
}

/** When each change was given to the producer, by its order and bizDate. */
async function appendSteadily(world: World, { rate, seconds }: BenchOptions): Promise<ReadonlyMap<string, number>> {
  const writer = await registeredWriter(world.registryUrl, world.topic);
  const producer = client(world.bootstrap).producer();
  await producer.connect();
  const changes = rate * (seconds + warmUpSeconds);
  const appended = new Map<string, number>();
  const sends: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (const { key, ...change } of changesOf(changes, 0, new Date())) {
    const due = startedAt + (appended.size * 1000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    const value = writer.value(change);
    appended.set(`${key}/${change.committedMs}`, performance.timeOrigin + performance.now());
    sends.push(producer.send({ topic: world.topic, messages: [{ key, value }], acks: 1 }));
  }
  await Promise.all(sends);
  await producer.disconnect();
  return appended;
}
