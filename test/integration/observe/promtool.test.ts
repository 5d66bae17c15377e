import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { rulesFile, ruleTestsFile } from '../../support/monitoring.ts';
import { shortened } from '../../support/prometheus-server.ts';

const promtool = (...args: readonly string[]) => execFileSync('promtool', args, { encoding: 'utf8' });

describe("the files of Prometheus, by Prometheus' own tool", () => {
  it('are a configuration and rules that it takes', () => {
    expect(promtool('check', 'config', 'config/prometheus/prometheus.yml')).toMatch(/SUCCESS: \d+ rules found/);
    expect(promtool('check', 'rules', '--lint-fatal', rulesFile)).toContain('SUCCESS');
  });

  it('hold what their tests say: each alert fires, not before, and ends', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', ruleTestsFile], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).not.toContain('FAILED');
    expect(status).toBe(0);
  });
});

describe('rules shortened for a test', () => {
  it('keep all but their durations', () => {
    const rule = 'expr: rate(a[5m]) > 3 and b offset 1h > 300\nfor: 2m\nrecord: job:a:rate5m';
    expect(shortened(rule)).toBe(
      'expr: rate(a[5000ms]) > 3 and b offset 60000ms > 300\nfor: 2000ms\nrecord: job:a:rate5m',
    );
  });
});
