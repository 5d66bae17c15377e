import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Child } from '../stack/child.ts';
import { Guard } from '../stack/guard.ts';
import { choosePorts } from '../stack/ports.ts';
import { projectFile, rulesFile } from './monitoring.ts';
import { until } from './until.ts';

/** One series of an answer. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Moments in seconds, and values; one pair of an instant query. NaN stays NaN. */
  readonly values: readonly (readonly [at: number, value: number])[];
}

/** An alert that is pending or fires. */
export interface ActiveAlert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
}

/** A real Prometheus, with the project's own configuration. */
export interface Prometheus extends AsyncDisposable {
  /** When it started, in seconds. */
  readonly startedAt: number;
  /** The query as of now. Throws with Prometheus' own words where it refuses. */
  query(expr: string): Promise<readonly Series[]>;
  /** The query over all of its life. */
  queryRange(expr: string): Promise<readonly Series[]>;
  labelValues(metric: string, label: string): Promise<readonly string[]>;
  /** Resolves when the alert fires. */
  untilFiring(alert: string): Promise<ActiveAlert>;
  /** Resolves when the alert is neither pending nor firing. Its window in the rules must pass first. */
  untilResolved(alert: string, withinMs?: number): Promise<void>;
}

/** All durations of the rules are divided by it: a minute becomes a second. */
const timesShorter = 60;

/**
 * The rules with every duration (ranges, `for`, `offset`) shortened: the same expressions and thresholds, soon seen. Numbers
 * that are seconds (ages that are compared) stay as they are.
 */
export function shortened(rules: string): string {
  const shorter = (count: string, unit: string) => `${(Number(count) * unitMs(unit)) / timesShorter}ms`;
  return rules
    .replaceAll(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => `[${shorter(count, unit)}]`)
    .replaceAll(
      /\b(for:|offset) (\d+)([smhd])\b/g,
      (_, word: string, count: string, unit: string) => `${word} ${shorter(count, unit)}`,
    );
}

/** Starts it with config/prometheus: scraping these addresses (host:port) each second, with the rules {@link shortened}. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const guard = new Guard();
  const folder = mkdtempSync(join(tmpdir(), 'card-sync-prometheus-'));
  guard.removeAtEnd(folder);
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules/card-sync.yml'), shortened(projectFile(rulesFile)));
  writeFileSync(join(folder, 'prometheus.yml'), configuration(targets));
  const [port = 0] = await choosePorts(1);
  const startedAt = Date.now() / 1000;
  const child = new Child(guard, {
    file: 'prometheus',
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
  });
  const api = `http://127.0.0.1:${port}/api/v1`;
  try {
    await until('Prometheus is ready', async () => {
      if (!child.living) throw new Error(`Prometheus ended:\n${child.tail}`);
      return (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null))?.ok;
    });
  } catch (error) {
    await guard.close();
    throw error;
  }
  const alerts = async () => (await ask<{ alerts: readonly ActiveAlert[] }>(`${api}/alerts`, {})).alerts;
  const active = async (alert: string) => (await alerts()).filter(({ labels }) => labels.alertname === alert);
  return {
    startedAt,
    query: async expr => seriesOf(await ask<Found>(`${api}/query`, { query: expr })),
    queryRange: async expr => {
      const range = { start: String(startedAt), end: String(Date.now() / 1000), step: '1s' };
      return seriesOf(await ask<Found>(`${api}/query_range`, { query: expr, ...range }));
    },
    labelValues: (metric, label) => ask<readonly string[]>(`${api}/label/${label}/values`, { 'match[]': metric }),
    untilFiring: alert =>
      until(`${alert} fires`, async () => (await active(alert)).find(({ state }) => state === 'firing')),
    untilResolved: async (alert, withinMs) => {
      await until(`${alert} is over`, async () => (await active(alert)).length === 0, withinMs);
    },
    [Symbol.asyncDispose]: () => guard.close(),
  };
}

/** The project's own, with other addresses and a shorter pause. */
function configuration(targets: readonly string[]): string {
  const config = parse(projectFile('config/prometheus/prometheus.yml')) as {
    global: Record<string, string>;
    scrape_configs: { static_configs: { targets: readonly string[] }[] }[];
  };
  config.global.scrape_interval = '1s';
  config.global.evaluation_interval = '1s';
  for (const job of config.scrape_configs) job.static_configs = [{ targets }];
  return stringify(config);
}

interface Found {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

function seriesOf({ result }: Found): readonly Series[] {
  return result.map(({ metric, value, values }) => ({
    metric,
    values: (values ?? (value ? [value] : [])).map(([at, text]) => [at, Number(text)] as const),
  }));
}

async function ask<T>(url: string, parameters: Readonly<Record<string, string>>): Promise<T> {
  const answer = await fetch(`${url}?${new URLSearchParams(parameters)}`);
  const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
  if (status !== 'success') throw new Error(`${parameters.query ?? url}: ${error}`);
  return data;
}

function unitMs(unit: string): number {
  return { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN;
}
