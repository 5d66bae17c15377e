import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runbooksAddress } from '../../../config/grafana/card-sync.ts';
import { faultTable } from '../../../connector/kernel/fault.ts';
import { resultCodes } from '../../../connector/order/result-codes.ts';
import { settingKeys } from '../../../connector/settings/keys.ts';
import {
  projectFile,
  promqlOf,
  readAlerts,
  readRules,
  readRunbooks,
  ruleTestsFile,
  strangersIn,
} from '../../support/monitoring.ts';

const alerts = readAlerts();
const runbooks = readRunbooks();
const names = alerts.map(({ alert }) => alert);

describe('the alert rules', () => {
  it.each(alerts)('$alert says whom it wakes, what is wrong and where to read on', rule => {
    const { alert, labels = {}, annotations = {} } = rule;
    expect(Object.keys(labels)).toEqual(['severity']);
    expect(['page', 'ticket']).toContain(labels.severity);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url']);
    expect(annotations.runbook_url).toBe(`${runbooksAddress}#${alert.toLowerCase()}`);
    // The summary must not change with the value: a pager would tell it as new.
    expect(annotations.summary).not.toContain('$value');
    const used = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(['job', 'instance', 'topic', 'partition', 'reason']).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  it('ask only for metrics that there are', () => {
    for (const { expr } of readRules()) expect([expr, strangersIn(expr)]).toEqual([expr, []]);
  });

  it('record what the alerts use, and nothing else', () => {
    const recorded = readRules().flatMap(({ record }) => record ?? []);
    const used = new Set(alerts.flatMap(({ expr }) => expr.match(/\bjob:\w+:\w+/g) ?? []));
    expect([...used].sort()).toEqual([...recorded].sort());
  });

  it.each(names)('%s is tested: not before, then it fires, and it ends', name => {
    const { tests } = parse(projectFile(ruleTestsFile)) as { tests: readonly RuleTest[] };
    const checks = tests
      .filter(test => test.name === name)
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ alertname }) => alertname === name);
    const fires = checks.map(({ exp_alerts }) => exp_alerts.length > 0);
    expect(fires.length).toBeGreaterThanOrEqual(3);
    expect([fires[0], fires.includes(true), fires.at(-1)]).toEqual([false, true, false]);
  });

  it('are the files that prometheus.yml names; the tests beside them are none', () => {
    const { rule_files } = parse(projectFile('config/prometheus/prometheus.yml')) as { rule_files: readonly string[] };
    const rules = readdirSync('config/prometheus/rules').filter(file => !file.endsWith('.test.yml'));
    expect(rule_files).toEqual(rules.map(file => `rules/${file}`));
  });
});

describe('docs/runbooks.md', () => {
  it('has a section for each alert, and no other', () => {
    expect([...runbooks.keys()]).toEqual(expect.arrayContaining(names));
    expect([...runbooks.keys()].filter(name => !names.includes(name))).toEqual([]);
  });

  it.each(alerts)('$alert: severity, what to look at, what to do', ({ alert, labels }) => {
    const section = runbooks.get(alert) ?? '';
    expect(section).toMatch(new RegExp(`^${alert}\n\n\`${labels?.severity}\`\\. `));
    expect(section).toMatch(/\*\*Look at\*\*|Look (and do )?as under \[/);
    expect(section).toMatch(/\*\*Do\*\*|Look and do as under \[|\*\*Do\*\* as under \[|One template: /);
    for (const query of promqlOf(section)) expect([query, strangersIn(query)]).toEqual([query, []]);
  });

  it('links to sections that there are', () => {
    const linked = [...projectFile('docs/runbooks.md').matchAll(/\]\(#(\w+)\)/g)].map(([, anchor = '']) => anchor);
    const anchors = names.map(name => name.toLowerCase());
    expect(linked.filter(anchor => !anchors.includes(anchor))).toEqual([]);
  });

  const text = projectFile('docs/runbooks.md');

  it('names lines of the log that the connector writes', () => {
    const sources = connectorSources();
    const lines = [...text.matchAll(/Log: ((?:`[^`]+`(?:, )?)+)/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/`([^`]+)`/g)].map(([, line = '']) => line),
    );
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter(line => !sources.includes(`'${line}'`))).toEqual([]);
  });

  it('names faults, settings and commands that there are', () => {
    const codes = [...Object.keys(faultTable), ...Object.keys(resultCodes)];
    const prose = text.replaceAll(/```[\s\S]*?```/g, '');
    const capitals = prose.match(/\b[A-Z]{3,}_[A-Z_]+[A-Z]\b/g) ?? [];
    expect(capitals.filter(name => !codes.includes(name))).toEqual([]);
    const settings = settingKeys.map(({ path }) => path.join('.'));
    const parts = [...new Set(settingKeys.map(({ path }) => path[0]))].join('|');
    const named = prose.match(new RegExp(`(?<=[\`<])(?:${parts})\\.[\\w.]+`, 'g')) ?? [];
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(name => !settings.some(key => key === name || key.startsWith(`${name}.`)))).toEqual([]);
    const commands = [...prose.matchAll(/`card-sync ([a-z-]+(?: [a-z]+)?)/g)].map(([, command = '']) => command);
    const known = ['check', 'status', 'inspect', 'dry-run', 'replay', 'keys check'];
    known.push(...['list', 'show', 'redrive', 'discard'].map(command => `dead-letters ${command}`));
    expect(commands.filter(command => !known.includes(command))).toEqual([]);
  });
});

interface RuleTest {
  readonly name: string;
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

function connectorSources(): string {
  return readdirSync('connector', { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => projectFile(join('connector', path)))
    .join('\n');
}
