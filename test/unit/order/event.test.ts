import { describe, expect, it } from 'vitest';
import { skipReasons } from '../../../connector/order/event.ts';

describe('skipReasons', () => {
  it('is the label set that the metrics and dashboards know', () => {
    expect([...skipReasons].sort()).toEqual([
      'duplicate',
      'ended',
      'expired',
      'ignored',
      'stale',
      'superseded',
      'truncated',
      'unchanged',
      'unmapped',
    ]);
  });
});
