import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../../connector/kernel/did-you-mean.ts';

const keys = ['merchantBizNo', 'orderStatus', 'userId', 'when', 'let', 'data', 'languages'];

describe('nearest', () => {
  it.each([
    ['merchantBizno', 'merchantBizNo'],
    ['merchant_biz_no', 'merchantBizNo'],
    ['orderstatus', 'orderStatus'],
    ['oderStatus', 'orderStatus'],
    ['userID', 'userId'],
    ['wen', 'when'],
    ['language', 'languages'],
  ])('to %s is %s', (name, expected) => expect(nearest(name, keys)).toBe(expected));

  it.each(['colour', 'x', 'status', ''])('to %j is nothing', name => expect(nearest(name, keys)).toBeNull());

  it('takes the closest of several', () => expect(nearest('bill_nam', ['bill_no', 'bill_name'])).toBe('bill_name'));
});

describe('didYouMean', () => {
  it('asks, or says nothing', () => {
    expect(didYouMean('wen', keys)).toBe('did you mean when?');
    expect(didYouMean('colour', keys)).toBeUndefined();
  });
});
