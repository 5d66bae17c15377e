import { describe, expect, it } from 'vitest';
import { type MerchantBizNo, merchantBizNo } from '../../../connector/order/change.ts';

describe('merchantBizNo', () => {
  it('marks a text and changes nothing', () => {
    const order: MerchantBizNo = merchantBizNo('R-2026-0001');
    expect(order).toBe('R-2026-0001');
  });
});
