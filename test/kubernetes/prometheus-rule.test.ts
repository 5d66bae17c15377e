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
    const made = readFileSync(join(root, madeFile), 'utf8');
    // Before there are such rules it has some of its own.
    const rules = existsSync(join(root, rulesFile)) ? readFileSync(join(root, rulesFile), 'utf8') : null;
    if (rules !== null) await expect(prometheusRule(rules)).toMatchFileSnapshot(join(root, madeFile));
    expect(parse(made).spec.groups).toEqual(rules === null ? [expect.anything()] : parse(rules).groups);
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
