import { describe, expect, it } from 'vitest';
import { labelSetsAtStart } from '../../../connector/observe/label-sets.ts';
import { type MetricName, metricTable, specOf } from '../../../connector/observe/metrics.ts';
import { resultCodes } from '../../../connector/order/result-codes.ts';

const names = Object.keys(metricTable) as MetricName[];
const bounds = { templates: ['FILM', 'TRAIN'], topics: ['orders'], resultCodes: ['SOME_NEW_CODE'] };

describe('the table of metrics', () => {
  it.each(names)('%s follows the conventions of its type', name => {
    const { type, help, labels, buckets } = specOf(name);
    expect(name).toMatch(/^[a-z][a-z_]*[a-z]$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    // Base units only: seconds, bytes; a ratio would be 0 to 1.
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kilobytes|megabytes|percent)(_|$)/);
    expect(/^When /.test(help)).toBe(name.endsWith('_timestamp_seconds'));
    expect(help).toMatch(/^[A-Za-z0-9]/);
    expect(help.length).toBeGreaterThan(10);
    expect(help).not.toMatch(/\.$/);
    expect(Object.keys(labels)).not.toContain('le');
    expect(buckets !== undefined).toBe(type === 'histogram');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect([...(buckets ?? [])].sort((a, b) => a - b)).toEqual(buckets ?? []);
  });

  it('never has an order, a user or a request as a label', () => {
    const labels = new Set(names.flatMap(name => Object.keys(specOf(name).labels)));
    expect([...labels].sort()).toEqual(
      [
        'cause',
        'command',
        'node',
        'outcome',
        'partition',
        'reason',
        'result',
        'result_code',
        'result_status',
        'state',
        'template',
        'topic',
        'version',
      ].sort(),
    );
  });

  it('starts with every known result code, under the status that is documented for it', () => {
    const sets = labelSetsAtStart('deliveries_total', bounds);
    for (const code of [...Object.keys(resultCodes), 'none', 'other']) {
      const ofCode = sets.filter(({ result_code }) => result_code === code);
      expect(new Set(ofCode.map(({ command, template }) => `${command} ${template}`)).size, code).toBe(4);
    }
    const statuses = (code: string) => [
      ...new Set(sets.filter(({ result_code }) => result_code === code).map(({ result_status }) => result_status)),
    ];
    expect(statuses('SUCCESS')).toEqual(['S']);
    expect(statuses('UNKNOWN_EXCEPTION')).toEqual(['F', 'U']);
    expect(statuses('PARAM_ILLEGAL')).toEqual(['F']);
    expect(statuses('none')).toEqual(['none']);
    // Nobody documents the status of a code that only the settings name.
    expect(statuses('SOME_NEW_CODE')).toEqual(['S', 'F', 'U']);
  });

  it('starts without series where only the assignment knows them', () => {
    expect(labelSetsAtStart('consumer_lag', bounds)).toEqual([]);
    expect(labelSetsAtStart('rebalances_total', bounds)).toEqual([{}]);
    expect(labelSetsAtStart('records_consumed_total', bounds)).toEqual([{ topic: 'orders' }]);
  });
});
