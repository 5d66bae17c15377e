import type { Random, Weighted } from './random.ts';

/** The shop's kinds of orders; `ORDERS.md` describes each. */
export const orderKinds = ['bill', 'flight', 'film', 'train', 'ride'] as const;

/** One of them. */
export type OrderKind = (typeof orderKinds)[number];

/** A text in both languages. */
export interface Texts {
  readonly zh_HK: string;
  readonly en_US: string;
}

/** A row of the table `orders`. Amounts are whole cents. */
export interface Order {
  readonly merchantBizNo: string;
  readonly kind: OrderKind;
  readonly status: string;
  readonly userId: string;
  readonly amountCents: number;
  readonly payAmountCents: number | null;
  readonly currency: 'HKD' | 'CNY';
  /** `yyyy-MM-dd`. */
  readonly dueOn: string | null;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What an order of a kind is when it is made, beside what all kinds share. */
export type OrderContent = Omit<Order, 'merchantBizNo' | 'kind' | 'status' | 'userId'>;

/** How orders of a kind are made and what becomes of them. */
export interface KindOfOrder {
  /** Begins the order numbers of this kind. */
  readonly prefix: string;
  readonly first: readonly Weighted<string>[];
  /** What may follow each status; nothing follows a final one. */
  readonly next: Readonly<Record<string, readonly Weighted<string>[]>>;
  /** The content of a new order; `detailUrl` is its page. Times lie after `now`. */
  create(random: Random, now: Date, detailUrl: string): OrderContent;
  /** The order with what comes with the status it has just come to. */
  enter(order: Order, random: Random): Order;
  /** The order with what may change while it stays in its status. */
  adjust(order: Order, random: Random): Order;
}

/** Minutes later (or earlier). */
export function later(moment: Date, minutes: number): Date {
  return new Date(moment.getTime() + minutes * 60_000);
}

/** A time on a later day: `days` from now, at the given hour and minute of Hong Kong (UTC+8 all year). */
export function inHongKong(now: Date, days: number, hour: number, minute: number): Date {
  const day = new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  return later(new Date(`${day}T00:00:00+08:00`), (days * 24 + hour) * 60 + minute);
}

/** `yyyy-MM-dd` in Hong Kong, `days` from now. */
export function dayInHongKong(now: Date, days: number): string {
  return new Date(now.getTime() + (days * 24 + 8) * 3_600_000).toISOString().slice(0, 10);
}

/** Cents as decimal text: `6850` is `"68.50"`. */
export function decimalText(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** An amount some percent higher or lower, never under one dollar. */
export function varied(cents: number, random: Random): number {
  return Math.max(100, Math.round(cents * (0.9 + random.next() * 0.25)));
}

/** The picture of that name in the shop's own store. */
export function picture(name: string): string {
  return `https://static.shop.example/pictures/${name}.png`;
}
