import { describe, expect, it } from 'vitest';
import { customerIdsOf } from '../../../connector/order/customer-ids.ts';
import { aCard, aChange } from '../../support/builders.ts';

describe('the ids of customers in a change', () => {
  it('are the order and the user', () => {
    expect(customerIdsOf(aChange({ order: 'MB-1' }))).toEqual(['MB-1', '2160000000000001']);
  });

  it.each(['userId', 'openId'])('are those of the member %s, wherever it stands', name => {
    const card = aCard();
    const change = { ...aChange({ order: 'A' }), card: { ...card, members: `"x":"y","${name}":"abc-1"` } };
    expect(customerIdsOf(change)).toEqual(['A', 'abc-1']);
  });
});
