import type { Order } from '../demo/order.ts';
import { makeOrder } from '../demo/seed.ts';

/** A bill that waits to be paid, with an order number of the test's choice: its card is live for days. */
export function aBill(merchantBizNo: string, parts: Partial<Order> = {}): Order {
  // Orders 0, 5, 10 … of a seed are bills.
  return { ...makeOrder(1, 0, new Date()), merchantBizNo, status: 'unpaid', amountCents: 12_345, ...parts };
}
