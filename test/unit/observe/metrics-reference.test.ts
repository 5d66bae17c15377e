import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openMetrics } from '../../../connector/observe/exposition.ts';
import { metricTable } from '../../../connector/observe/metrics.ts';
import { metricGroups, metricsReference, nodeMetrics, readmeTable } from '../../support/metrics-reference.ts';

// Made anew by: npx vitest run --project unit test/unit/observe -u
describe('the documentation of the metrics', () => {
  it('is docs/metrics.md, made from the table', async () => {
    await expect(metricsReference()).toMatchFileSnapshot('../../../docs/metrics.md');
  });

  it('stands in the README between its markers', async () => {
    const readme = readFileSync('README.md', 'utf8');
    const [before, rest] = readme.split('<!-- metrics: made from connector/observe/metrics.ts -->\n');
    const [, after] = (rest ?? '').split('<!-- /metrics -->');
    const whole = `${before}<!-- metrics: made from connector/observe/metrics.ts -->\n${readmeTable()}\n<!-- /metrics -->${after}`;
    await expect(whole).toMatchFileSnapshot('../../../README.md');
  });

  it('has every metric in one group', () => {
    expect(metricGroups.flatMap(({ names }) => names).sort()).toEqual(Object.keys(metricTable).sort());
  });

  it("names only those of Node's that there are", async () => {
    const exposed = await openMetrics({ templates: [], topics: [], resultCodes: [] }, '1').expose();
    for (const name of Object.keys(nodeMetrics)) expect(exposed).toContain(`# TYPE ${name} `);
  });
});
