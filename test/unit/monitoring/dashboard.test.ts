import * as units from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, it } from 'vitest';
import { dashboardText, runbooksAddress } from '../../../config/grafana/card-sync.ts';
import { metricTable } from '../../../connector/observe/metrics.ts';
import {
  type DashboardPanel,
  ownMetricsIn,
  projectFile,
  readAlerts,
  readDashboard,
  strangersIn,
} from '../../support/monitoring.ts';

const { panels, templating } = readDashboard();
const shown = panels.filter(({ type }) => type !== 'row');
const queries = shown.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe('the dashboard', () => {
  // Made anew by: npm run dashboards
  it('is what config/grafana makes', async () => {
    await expect(dashboardText()).toMatchFileSnapshot('../../../config/grafana/dashboards/card-sync.json');
  });

  it.each(shown)('"$title" has all that a panel needs', ({ description, datasource, fieldConfig, targets = [] }) => {
    expect(description).toMatch(/\b(Good: |always 0)/);
    expect(Object.values(units)).toContain(fieldConfig?.defaults.unit);
    expect(targets).not.toEqual([]);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { uid } of [datasource, ...targets.map(target => target.datasource)].map(ref => ref ?? { uid: '' })) {
      expect(uid).toBe(`\${datasource}`);
    }
  });

  it('has titles and ids that tell panels apart, and no two on the same place', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const panel of panels) expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
    const overlaps = panels.flatMap((one, index) =>
      panels.slice(index + 1).flatMap(other => (overlap(one, other) ? [`${one.title}, ${other.title}`] : [])),
    );
    expect(overlaps).toEqual([]);
  });

  it('asks only for metrics that there are, and needs no recording rule', () => {
    for (const { title, expr } of queries) expect([title, strangersIn(expr)]).toEqual([title, []]);
    expect(queries.filter(({ expr }) => /\bjob:/.test(expr))).toEqual([]);
  });

  it('shows every metric, but those that say nothing by themselves', () => {
    const asked = new Set(queries.flatMap(({ expr }) => ownMetricsIn(expr)));
    // The tokens move many times a second; the lag says more than the highest offset.
    const left = ['request_tokens', 'highest_offset'];
    expect(Object.keys(metricTable).filter(name => !asked.has(name as keyof typeof metricTable))).toEqual(left);
  });

  it('asks for what is chosen at the top: connector and instance always, and nothing that is not there', () => {
    const names = new Set(templating.list.map(({ name }) => name));
    expect([...names]).toEqual(['datasource', 'job', 'instance', 'template', 'topic', 'runbooks']);
    for (const { title, expr } of queries) {
      const used = [...expr.matchAll(/\$(\w+)/g)].map(([, name = '']) => name).filter(name => !name.startsWith('__'));
      expect([title, used.filter(name => !names.has(name))]).toEqual([title, []]);
      if (!expr.includes('ALERTS')) expect([title, used]).toEqual([title, expect.arrayContaining(['job', 'instance'])]);
    }
  });

  it('links to sections of the runbook, at the address that the alerts name', () => {
    const anchors = new Set(readAlerts().map(({ alert }) => `\${runbooks:raw}#${alert.toLowerCase()}`));
    const linked = shown.flatMap(({ links = [] }) => links.map(({ url }) => url));
    expect(linked.filter(url => !anchors.has(url))).toEqual([]);
    expect([...anchors].filter(url => !linked.includes(url))).toEqual([]);
    expect(projectFile('config/prometheus/rules/card-sync.yml')).toContain(`runbook_url: ${runbooksAddress}#`);
  });
});

function overlap({ gridPos: one }: DashboardPanel, { gridPos: other }: DashboardPanel): boolean {
  const apart =
    one.x + one.w <= other.x || other.x + other.w <= one.x || one.y + one.h <= other.y || other.y + other.h <= one.y;
  return !apart;
}
