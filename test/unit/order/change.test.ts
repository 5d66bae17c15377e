import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import { follows, type MerchantBizNo, merchantBizNo, replaces } from '../../../connector/order/change.ts';
import { aChange, dawn, lsnAt } from '../../support/builders.ts';

describe('merchantBizNo', () => {
  it('marks a text and changes nothing', () => {
    const order: MerchantBizNo = merchantBizNo('R-2026-0001');
    expect(order).toBe('R-2026-0001');
  });
});

const two = aChange({ n: 2, text: 'two' });
const again = aChange({ n: 9, source: lsnAt(2), text: 'two', replays: 1 });

describe('follows', () => {
  it('holds for a later change, and for none that is provably older', () => {
    expect(follows(aChange({ n: 3 }), two)).toBe(true);
    expect(follows(two, aChange({ n: 3 }))).toBe(false);
  });

  it('holds for another change of the same position, and not for the same change once more', () => {
    expect(follows(aChange({ n: 3, source: lsnAt(2) }), two)).toBe(true);
    expect(follows(aChange({ n: 3, source: lsnAt(2), text: 'two' }), two)).toBe(false);
    expect(follows(aChange({ n: 10, source: lsnAt(2), text: 'two' }), again)).toBe(false);
  });

  it('holds for a copy behind the change that it is a copy of, and behind none that is later', () => {
    for (const last of [aChange({ n: 1 }), two, again]) expect(follows(again, last)).toBe(true);
    expect(follows(again, aChange({ n: 3 }))).toBe(false);
    expect(follows(aChange({ n: 3 }), again)).toBe(true);
  });
});

describe('replaces', () => {
  it('holds for a change that follows the one that waits', () => {
    expect(replaces(aChange({ n: 3 }), two)).toBe(true);
    expect(replaces(two, aChange({ n: 3 }))).toBe(false);
    expect(replaces(aChange({ n: 3 }), again)).toBe(true);
  });

  it('holds for a copy only where the change that waits is provably older, or a copy too', () => {
    expect(replaces(again, aChange({ n: 1 }))).toBe(true);
    expect(replaces(again, two)).toBe(false);
    expect(replaces(again, { ...again })).toBe(true);
    const source = { kind: 'time', committedAt: instant(dawn + 2) } as const;
    expect(replaces({ ...again, source }, { ...two, source })).toBe(false);
    const redriven = aChange({ n: 9, source: lsnAt(2), redriven: true });
    expect(replaces(redriven, aChange({ n: 3, source: lsnAt(2) }))).toBe(false);
  });
});
