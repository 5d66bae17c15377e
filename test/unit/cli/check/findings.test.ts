import { describe, expect, it } from 'vitest';
import { countsOf, findingsText } from '../../../../connector/cli/check/findings.ts';
import type { Finding } from '../../../../connector/tools/check/finding.ts';

const finding = (over: Partial<Finding>): Finding => ({
  ...{ id: 'a', group: 'Kafka', title: 'brokers answer', state: 'well', detail: '3 brokers', remedy: null },
  ...over,
});

const findings = [
  finding({ group: 'Settings', title: 'settings', detail: 'c.yaml' }),
  finding({}),
  finding({ state: 'warning', title: 'topics', detail: 'x '.repeat(60).trim(), remedy: 'mend it' }),
  finding({ group: 'AlipayHK', state: 'failed', title: 'address', detail: 'no\nconnection', remedy: 'look' }),
  finding({ group: 'AlipayHK', state: 'skipped', title: 'certificate', detail: 'no connection' }),
];

describe('the findings', () => {
  it('are told by group, with marks, remedies and a sum', () => {
    const title = (text: string) => text.padEnd(34);
    const indent = ' '.repeat(39);
    expect(findingsText(findings, (_, text) => text)).toBe(
      [
        'Settings',
        `  ✓ ${title('settings')} c.yaml`,
        '',
        'Kafka',
        `  ✓ ${title('brokers answer')} 3 brokers`,
        `  ! ${title('topics')} ${'x '.repeat(41).trim()}`,
        `${indent}${'x '.repeat(19).trim()}`,
        `${indent}→ mend it`,
        '',
        'AlipayHK',
        `  ✗ ${title('address')} no connection`,
        `${indent}→ look`,
        `  – ${title('certificate')} no connection`,
        '',
        '2 well, 1 warning, 1 to be mended, 1 not looked at',
        '',
      ].join('\n'),
    );
  });

  it('are counted', () => {
    expect(countsOf(findings)).toEqual({ well: 2, warning: 1, failed: 1, skipped: 1 });
  });
});
