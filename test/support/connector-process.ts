import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type NodeProcess, startNode } from './child-process.ts';
import { type Samples, scrape } from './prometheus-text.ts';
import { until } from './until.ts';

/** A line of the connector's log: its text, and what else it says. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** What a health page says. */
export interface HealthPage {
  readonly httpStatus: number;
  readonly reasons: readonly string[];
}

/** The connector as a process of its own, as users run it. */
export interface ConnectorProcess extends NodeProcess {
  /** Of its metrics and health. */
  readonly url: string;
  metrics(): Promise<Samples>;
  /** Resolves with the metrics when they hold it. */
  untilMetrics(what: string, holds: (samples: Samples) => boolean): Promise<Samples>;
  health(page: 'live' | 'ready'): Promise<HealthPage>;
  /** Resolves with the first line of the log whose text contains this. */
  logged(text: string): Promise<LogLine>;
}

/** What is run, and how. */
export interface CardSyncOptions {
  /** Default: the source; `dist/cli/card-sync.js` is what `npm run build` makes of it. */
  readonly script?: string;
  /** Node's own options. */
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Writes `settings` to `<folder>/<name>.yaml` and runs `card-sync run` with it. */
export function runCardSync(
  folder: string,
  name: string,
  settings: object,
  { script = 'connector/cli/card-sync.ts', nodeOptions = [], environment = {} }: CardSyncOptions = {},
): NodeProcess {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(settings));
  return startNode(script, ['run', '--config', file], { nodeOptions, environment });
}

/** {@link runCardSync}; resolves when its metrics and health can be read. */
export async function startConnectorProcess(
  folder: string,
  name: string,
  settings: object,
  options: CardSyncOptions = {},
): Promise<ConnectorProcess> {
  const running = runCardSync(folder, name, settings, options);
  try {
    const url = await running.line(listeningUrl);
    const metrics = () => scrape(`${url}/metrics`).catch(error => whyUnheard(running, error));
    return Object.assign(running, {
      url,
      metrics,
      untilMetrics: (what: string, holds: (samples: Samples) => boolean) =>
        until(`${name}: ${what}`, async () => {
          const samples = await metrics();
          return holds(samples) && samples;
        }),
      health: async (page: 'live' | 'ready') => {
        const answer = await fetch(`${url}/health/${page}`);
        const { reasons } = (await answer.json()) as { readonly reasons: readonly string[] };
        return { httpStatus: answer.status, reasons };
      },
      logged: (text: string) =>
        running.line(line => {
          const logLine = readLogLine(line);
          return logLine?.msg.includes(text) ? logLine : undefined;
        }),
    });
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** Where it has ended, or does so now, its last lines tell more than a refused connection. */
async function whyUnheard(running: NodeProcess, error: unknown): Promise<never> {
  const ended = running.ended.then(code => `it ended with ${code}:\n${running.lines.slice(-10).join('\n')}`);
  const why = await Promise.race([ended, sleep(500)]);
  throw why === undefined ? error : new Error(why, { cause: error });
}

function listeningUrl(line: string): string | undefined {
  const logLine = readLogLine(line);
  return logLine?.event === 'listening' && typeof logLine.url === 'string' ? logLine.url : undefined;
}

function readLogLine(line: string): LogLine | undefined {
  return line.startsWith('{') ? (JSON.parse(line) as LogLine) : undefined;
}
