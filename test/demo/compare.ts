import { isDeepStrictEqual } from 'node:util';
import { type Expectation, expectations } from './expectations.ts';
import type { Order, OrderKind, Texts } from './order.ts';

/** A card as the sandbox's `/sandbox/cards` shows it; what is not compared is left out. */
export interface SandboxCard {
  readonly merchantBizNo: string;
  readonly userId: string | null;
  readonly template: string;
  readonly orderStatus: string;
  readonly state: 'live' | 'ended' | 'expired';
  readonly languages: Readonly<Partial<Record<keyof Texts, Readonly<Record<string, unknown>>>>>;
  readonly amount: number | null;
  readonly amountCurrency: string | null;
  readonly payAmount: number | null;
}

/** An order as the database has it at the end, or had it last. */
export interface LastRow {
  readonly order: Order;
  readonly deleted: boolean;
}

/** What one order's comparison says. */
export interface ComparedOrder {
  readonly merchantBizNo: string;
  readonly kind: OrderKind;
  /** What the card should be: to be seen, or gone. */
  readonly expected: 'live' | 'ended';
  /** Empty where row and card are equal. */
  readonly differences: readonly string[];
}

/** All of them; `strangers` are cards of orders that the database never had. */
export interface Comparison {
  readonly orders: readonly ComparedOrder[];
  readonly strangers: readonly string[];
}

/**
 * Compares each order's last row with the sandbox's card: status, user, amounts, and some fields in both languages. An order whose
 * status ends its card, or whose row is deleted, is equal where the card has ended or never was.
 */
export function compareOrders(rows: readonly LastRow[], cards: readonly SandboxCard[]): Comparison {
  const byNumber = new Map(cards.map(card => [card.merchantBizNo, card]));
  const orders = rows.map(row => {
    const card = byNumber.get(row.order.merchantBizNo);
    byNumber.delete(row.order.merchantBizNo);
    return compareOrder(row, card);
  });
  return { orders, strangers: [...byNumber.keys()] };
}

/** Whether every order is equal and there is no card without an order. */
export function isAllEqual({ orders, strangers }: Comparison): boolean {
  return strangers.length === 0 && orders.every(order => order.differences.length === 0);
}

function compareOrder({ order, deleted }: LastRow, card: SandboxCard | undefined): ComparedOrder {
  const expectation = expectations[order.kind];
  const status = expectation.statuses[order.status];
  const differences: string[] = [];
  const gone = deleted || (status !== undefined && expectation.ends.includes(status));
  const expected = gone ? 'ended' : 'live';
  if (status === undefined) differences.push(`no orderStatus for ${order.status}`);
  else if (gone) differences.push(...compareGone(card, deleted ? undefined : status));
  else differences.push(...compareShown(order, expectation, status, card));
  return { merchantBizNo: order.merchantBizNo, kind: order.kind, expected, differences };
}

function compareGone(card: SandboxCard | undefined, status: string | undefined): string[] {
  if (card === undefined) return [];
  if (card.state === 'live') return [`the card is still shown, as ${card.orderStatus}`];
  if (status === undefined || card.orderStatus === status) return [];
  return [difference('orderStatus', status, card.orderStatus)];
}

function compareShown(order: Order, is: Expectation, status: string, card: SandboxCard | undefined): string[] {
  if (card === undefined) return ['there is no card'];
  const pairs: [name: string, expected: unknown, found: unknown][] = [
    ['template', is.template, card.template],
    ['orderStatus', status, card.orderStatus],
    ['userId', order.userId, card.userId],
    ['amount', order.amountCents, card.amount],
    ['amountCurrency', order.currency, card.amountCurrency],
    ['payAmount', order.payAmountCents, card.payAmount],
  ];
  if (!is.fades.includes(status)) pairs.push(['state', 'live', card.state]);
  for (const language of ['zh_HK', 'en_US'] as const) {
    const shown = card.languages[language];
    for (const [name, expected] of Object.entries(is.fields(order, language))) {
      pairs.push([`${language}.${name}`, expected, shown?.[name]]);
    }
  }
  return pairs
    .filter(([, expected, found]) => !isDeepStrictEqual(expected, found))
    .map(([name, expected, found]) => difference(name, expected, found));
}

function difference(name: string, expected: unknown, found: unknown): string {
  return `${name} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
}
