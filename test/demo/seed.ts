import { bill } from './kinds/bill.ts';
import { film } from './kinds/film.ts';
import { flight } from './kinds/flight.ts';
import { ride } from './kinds/ride.ts';
import { train } from './kinds/train.ts';
import { dayInHongKong, type KindOfOrder, type Order, type OrderKind, orderKinds } from './order.ts';
import { Random } from './random.ts';

/** How each kind's orders are made and go on. */
export const kinds: Readonly<Record<OrderKind, KindOfOrder>> = { bill, flight, film, train, ride };

/**
 * The `number`-th order of a seed (from 0), as it is when the shop makes it. The same seed, number and `now` give the same order,
 * however many others are made; its day and times follow `now`.
 */
export function makeOrder(seed: number, number: number, now: Date): Order {
  const random = Random.of(seed, number);
  // Dealt round, so that every kind is there from five orders on.
  const kind = orderKinds[number % orderKinds.length] ?? 'bill';
  const { prefix, first, create, enter } = kinds[kind];
  const day = dayInHongKong(now, 0).replaceAll('-', '');
  const merchantBizNo = `${prefix}${day}${String(number + 1).padStart(6, '0')}`;
  const drawn = random.next();
  // A user has an order of each kind, so that a phone shows more than one card.
  const firstOfUser = number - (number % orderKinds.length);
  const user = number === firstOfUser ? drawn : Random.of(seed, firstOfUser).next();
  const userId = `2160${String(Math.floor(user * 1e12)).padStart(12, '0')}`;
  const status = random.weighted(first);
  const detailUrl = `alipayhk://platformapi/startapp?appId=2021000000000042&page=order&no=${merchantBizNo}`;
  const content = create(random, now, detailUrl);
  const order = { merchantBizNo, kind, status, userId, ...content };
  return enter(order, random);
}

/** The first `count` orders of a seed. */
export function makeOrders(seed: number, count: number, now: Date): Order[] {
  return Array.from({ length: count }, (_, number) => makeOrder(seed, number, now));
}
