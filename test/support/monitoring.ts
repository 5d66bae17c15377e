import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type MetricName, metricPrefix, metricTable } from '../../connector/observe/metrics.ts';
import { nodeMetrics } from './metrics-reference.ts';

const root = join(import.meta.dirname, '../..');

/** The files of Prometheus, from the project's folder. */
export const rulesFile = 'config/prometheus/rules/card-sync.yml';
export const ruleTestsFile = 'config/prometheus/rules/card-sync.test.yml';

/** A rule of the rules file: it alerts or records. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The text of a file of the project. */
export function projectFile(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** All rules, in the file's order. */
export function readRules(): readonly Rule[] {
  const file = parse(projectFile(rulesFile)) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  return file.groups.flatMap(({ rules }) => rules);
}

/** The rules that alert. */
export function readAlerts(): readonly (Rule & { readonly alert: string })[] {
  return readRules().flatMap(rule => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
}

/** A panel of the dashboard, as far as the tests look at it. */
export interface DashboardPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
  readonly links?: readonly { readonly url: string }[];
}

/** The dashboard, as Grafana reads it. */
export interface DashboardFile {
  readonly panels: readonly DashboardPanel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
}

/** The committed dashboard. */
export function readDashboard(): DashboardFile {
  return JSON.parse(projectFile('config/grafana/dashboards/card-sync.json')) as DashboardFile;
}

/** The sections of docs/runbooks.md that are named as alerts are: name → text. */
export function readRunbooks(): ReadonlyMap<string, string> {
  const [, ...sections] = projectFile('docs/runbooks.md').split(/^## /m);
  return new Map(sections.map(section => [section.split('\n', 1)[0] ?? '', section]));
}

/** The PromQL of a runbook's section. */
export function promqlOf(section: string): readonly string[] {
  return [...section.matchAll(/```promql\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.split('\n').filter(line => line !== ''),
  );
}

/** What a query names that nobody exposes: a metric that was renamed, or never was. */
export function strangersIn(query: string): readonly string[] {
  return namesIn(query).filter(name => !isExposed(name));
}

/** Our metrics that a query names, without the prefix and a histogram's suffix. */
export function ownMetricsIn(query: string): readonly MetricName[] {
  return namesIn(query).flatMap(name => ownMetric(name) ?? []);
}

function namesIn(query: string): readonly string[] {
  const withoutTexts = query.replaceAll(/"[^"]*"/g, '""');
  return [...withoutTexts.matchAll(/(?<![\w:])(?:card_sync|process|nodejs)_\w+/g)].map(([name]) => name);
}

function isExposed(name: string): boolean {
  return ownMetric(name) !== undefined || Object.hasOwn(nodeMetrics, name.replace(/_(sum|count|bucket)$/, ''));
}

function ownMetric(name: string): MetricName | undefined {
  const own = Object.keys(metricTable) as readonly MetricName[];
  return own.find(known => {
    const full = `${metricPrefix}${known}`;
    if (metricTable[known].type !== 'histogram') return name === full;
    return ['_bucket', '_count', '_sum'].some(suffix => name === full + suffix);
  });
}
