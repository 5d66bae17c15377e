import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const rulesFile = 'config/prometheus/rules/card-sync.yml';
const madeFile = 'config/kubernetes/components/monitoring/prometheus-rule.yaml';

/** A file of Prometheus' rules as Prometheus Operator takes it. Kustomize can include no text in an object. */
function prometheusRule(rules: string): string {
  const indented = rules.replace(/^(?=.)/gm, '  ');
  return `# Made from ${rulesFile}: npx vitest run --project unit test/kubernetes -u
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: card-sync
  labels:
    app.kubernetes.io/name: card-sync
spec:
${indented}`;
}

describe('the PrometheusRule', () => {
  it('holds the rules of config/prometheus', async () => {
    if (!existsSync(join(root, rulesFile))) {
      // Before there are such rules it has one of its own.
      expect(parse(readFileSync(join(root, madeFile), 'utf8')).spec.groups).toHaveLength(1);
      return;
    }
    const rules = readFileSync(join(root, rulesFile), 'utf8');
    expect(parse(prometheusRule(rules)).spec).toEqual(parse(rules));
    await expect(prometheusRule(rules)).toMatchFileSnapshot(join(root, madeFile));
  });

  it('changes nothing of what the rules say, texts of many lines included', () => {
    const rules = `# Alerts.
groups:
  - name: a
    rules:
      - alert: A
        expr: |
          up{job="x"}

          == 0
`;
    expect(parse(prometheusRule(rules)).spec).toEqual(parse(rules));
  });
});
