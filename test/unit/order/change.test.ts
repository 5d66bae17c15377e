import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import { follows, type MerchantBizNo, merchantBizNo } from '../../../connector/order/change.ts';
import { aChange, dawn, lsnAt } from '../../support/builders.ts';

describe('merchantBizNo', () => {
  it('marks a text and changes nothing', () => {
    const order: MerchantBizNo = merchantBizNo('R-2026-0001');
    expect(order).toBe('R-2026-0001');
  });
});

describe('follows', () => {
  const two = aChange({ n: 2 });
  const again = aChange({ n: 9, source: lsnAt(2), replays: 1 });

  it('what the database changed later, and no repetition', () => {
    expect(follows(aChange({ n: 3 }), two)).toBe(true);
    expect(follows(two, two)).toBe(false);
    expect(follows(two, aChange({ n: 3 }))).toBe(false);
  });

  it('what is put back to be sent again: that very change too, were it put back already, and none that came later', () => {
    for (const last of [aChange({ n: 1 }), two, again]) expect(follows(again, last)).toBe(true);
    expect(follows(again, aChange({ n: 3 }))).toBe(false);
    expect(follows(aChange({ n: 3 }), again)).toBe(true);
    // A repetition by the source, behind it.
    expect(follows(aChange({ n: 10, source: lsnAt(2) }), again)).toBe(false);
  });

  it('nothing that is put back where the other may be later: in the same millisecond, without a log position', () => {
    const source = { kind: 'time', committedAt: instant(dawn + 2) } as const;
    expect(follows({ ...again, source }, { ...two, source })).toBe(false);
    expect(follows({ ...two, source }, { ...again, source })).toBe(true);
  });
});
