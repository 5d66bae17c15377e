import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '../support/child-process.ts';
import { startConnectorProcess } from '../support/connector-process.ts';

/** What one run measured, of the connector's own process. */
export interface Measured {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerEvent: number;
  readonly peakMegabytes: number;
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
  /** Builds the settings for an endpoint. */
  readonly platform: (url: string) => object;
}

const stuckMs = 30_000;

/** Starts an endpoint and a connector, waits for all requests, and ends both. Throws when nothing arrives any more. */
export async function runOnce(plan: RunPlan): Promise<Measured> {
  await using endpoint = startNode('test/bench/endpoint.ts', ['--latency', String(plan.latencyMs)]);
  const url = await endpoint.line(line => (line.startsWith('{') ? String(JSON.parse(line).url) : undefined));
  await using connector = await startConnectorProcess(plan.folder, 'bench', {
    ...plan.settings,
    platform: plan.platform(url),
  });
  // What starting costs is no event's.
  const cpuAtStart = cpuMicros(connector.pid);
  let peakMegabytes = 0;
  let last = { requests: 0, at: performance.now() };
  for (;;) {
    const stats = await fetch(url).then(answer => answer.json() as Promise<Stats>);
    peakMegabytes = Math.max(peakMegabytes, residentMegabytes(connector.pid));
    if (stats.requests >= plan.events) {
      const seconds = (stats.lastAt - stats.firstAt) / 1000;
      const cpu = cpuMicros(connector.pid) - cpuAtStart;
      await connector.stop();
      return {
        events: stats.requests,
        seconds,
        eventsPerSecond: stats.requests / seconds,
        cpuMicrosPerEvent: cpu / stats.requests,
        peakMegabytes,
        overlaps: stats.overlaps,
      };
    }
    if (stats.requests > last.requests) last = { requests: stats.requests, at: performance.now() };
    if (performance.now() - last.at > stuckMs) {
      throw new Error(
        `${stats.requests} of ${plan.events} arrived, then none:\n${connector.lines.slice(-10).join('\n')}`,
      );
    }
    await sleep(50);
  }
}

interface Stats {
  readonly requests: number;
  readonly overlaps: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

const microsPerTick = 10_000;

/** CPU of a process since its start, user and system, all threads (Linux: proc(5), stat). */
function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsPerTick;
}

function residentMegabytes(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
