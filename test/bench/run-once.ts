import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '../support/child-process.ts';
import { type CardSyncOptions, startConnectorProcess } from '../support/connector-process.ts';
import { type CpuUse, cpuUseOf, memoryOf } from './process-cost.ts';

/** What one run measured, of the connector's own process. */
export interface Measured {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** All threads together. */
  readonly cpuMicrosPerEvent: number;
  readonly mainMicrosPerEvent: number;
  readonly poolMicrosPerEvent: number;
  readonly peakMegabytes: number;
  /** The largest resident size seen in each tenth of the events. */
  readonly megabytesByTenth: readonly number[];
  /** Requests of an order that came while another of it was in flight: must be 0. */
  readonly overlaps: number;
}

/** What to run. */
export interface RunPlan {
  readonly folder: string;
  readonly settings: object;
  /** Requests that will arrive in all. */
  readonly events: number;
  readonly latencyMs: number;
  readonly process: CardSyncOptions;
  /** Builds the settings for an endpoint. */
  readonly platform: (url: string) => object;
}

/** What an endpoint counted so far. */
export interface EndpointStats {
  readonly requests: number;
  readonly overlaps: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

const stuckMs = 30_000;

/** Starts an endpoint and a connector, waits for all requests, and ends both. Throws when nothing arrives any more. */
export async function runOnce(plan: RunPlan): Promise<Measured> {
  await using endpoint = startNode('test/bench/endpoint.ts', ['--latency', String(plan.latencyMs)]);
  const url = await endpointUrl(endpoint);
  const settings = { ...plan.settings, platform: plan.platform(url) };
  await using connector = await startConnectorProcess(plan.folder, 'bench', settings, plan.process);
  // What starting costs is no event's.
  const cpuAtStart = cpuUseOf(connector.pid);
  const megabytesByTenth = Array<number>(10).fill(0);
  const stats = await untilArrived(url, plan.events, ({ requests }) => {
    const tenth = Math.min(9, Math.floor((requests * 10) / plan.events));
    megabytesByTenth[tenth] = Math.max(megabytesByTenth[tenth] ?? 0, memoryOf(connector.pid).now);
  });
  const cpu = cpuUseOf(connector.pid);
  const peakMegabytes = memoryOf(connector.pid).peak;
  await connector.stop();
  const seconds = (stats.lastAt - stats.firstAt) / 1000;
  const perEvent = (of: keyof CpuUse) => (cpu[of] - cpuAtStart[of]) / stats.requests;
  return {
    events: stats.requests,
    seconds,
    eventsPerSecond: stats.requests / seconds,
    cpuMicrosPerEvent: perEvent('all'),
    mainMicrosPerEvent: perEvent('main'),
    poolMicrosPerEvent: perEvent('pool'),
    peakMegabytes,
    megabytesByTenth,
    overlaps: stats.overlaps,
  };
}

/** Where an endpoint listens. */
export function endpointUrl(endpoint: ReturnType<typeof startNode>): Promise<string> {
  return endpoint.line(line => (line.startsWith('{') ? String(JSON.parse(line).url) : undefined));
}

/** Waits until so many requests have arrived, and looks on every 50 ms. Throws when none arrives any more. */
export async function untilArrived(
  url: string,
  events: number,
  look: (stats: EndpointStats) => void = () => {},
): Promise<EndpointStats> {
  let last = { requests: 0, at: performance.now() };
  for (;;) {
    const stats = await fetch(url).then(answer => answer.json() as Promise<EndpointStats>);
    look(stats);
    if (stats.requests >= events) return stats;
    const now = performance.now();
    if (stats.requests > last.requests) last = { requests: stats.requests, at: now };
    if (now - last.at > stuckMs) throw new Error(`${stats.requests} of ${events} arrived, then none`);
    await sleep(50);
  }
}
