import type { Row } from '../../connector/kernel/row-change.ts';
import type { Order } from '../demo/order.ts';

/** An order as a row of the demo's table; each `change` has another amount, so that each is worth a request. */
export function orderRowOf(
  order: Order,
  { id, updatedMs, change }: { readonly id: bigint; readonly updatedMs: number; readonly change: number },
): Row {
  return {
    id,
    merchant_biz_no: order.merchantBizNo,
    kind: order.kind,
    status: order.status,
    user_id: order.userId,
    amount: decimal(order.amountCents + change),
    pay_amount: order.payAmountCents === null ? null : decimal(order.payAmountCents),
    currency: order.currency,
    due_on: order.dueOn,
    starts_at: order.startsAt,
    ends_at: order.endsAt,
    details: JSON.stringify(order.details),
    created_at: new Date(updatedMs - 3_600_000),
    updated_at: new Date(updatedMs),
  };
}

function decimal(cents: number): string {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
