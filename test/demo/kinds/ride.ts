import { decimalText, type KindOfOrder, later, type Texts, varied } from '../order.ts';

const texts = (zh_HK: string, en_US: string): Texts => ({ zh_HK, en_US });

const colours = [texts('紅色', 'Red'), texts('銀色', 'Silver'), texts('黑色', 'Black'), texts('白色', 'White')];
const models = [
  texts('豐田 Comfort', 'Toyota Comfort'),
  texts('豐田 Alphard', 'Toyota Alphard'),
  texts('特斯拉 Model 3', 'Tesla Model 3'),
  texts('比亞迪 e6', 'BYD e6'),
  texts('日產 NV200', 'Nissan NV200'),
];

/** Rides, at once or booked before. */
export const ride: KindOfOrder = {
  prefix: 'RD',
  first: [
    ['searching', 5],
    ['booked', 3],
    ['accepted', 1],
    ['done', 1],
  ],
  next: {
    searching: [
      ['accepted', 8],
      ['redispatched', 1],
      ['cancelled_unpaid', 1],
    ],
    booked: [
      ['accepted', 9],
      ['cancelled_unpaid', 1],
    ],
    accepted: [
      ['arrived', 8],
      ['redispatched', 1],
      ['cancelled_by_driver', 1],
    ],
    redispatched: [['accepted', 1]],
    arrived: [
      ['driving', 9],
      ['cancelled_unpaid', 1],
    ],
    driving: [['unpaid', 1]],
    unpaid: [['done', 1]],
    done: [],
    cancelled_by_driver: [],
    cancelled_unpaid: [],
  },
  create: (random, now, detailUrl) => {
    const amountCents = random.int(58, 640) * 50;
    const tripMinutes = random.int(8, 70);
    const startsAt = later(now, random.int(30, 600));
    return {
      amountCents,
      payAmountCents: null,
      currency: 'HKD',
      dueOn: null,
      startsAt,
      endsAt: later(startsAt, tripMinutes),
      details: {
        car_color: random.pick(colours),
        car_model: random.pick(models),
        driver_minutes: random.int(2, 15),
        estimate: [decimalText(amountCents), decimalText(varied(amountCents, random))],
        trip_minutes: tripMinutes,
        detail_url: detailUrl,
      },
    };
  },
  enter: (order, random) => {
    if (order.status === 'done') return { ...order, payAmountCents: order.amountCents };
    if (order.status === 'unpaid') return { ...order, amountCents: varied(order.amountCents, random) };
    return order;
  },
  // The driver comes nearer, the traffic thickens.
  adjust: (order, random) => ({
    ...order,
    details: { ...order.details, driver_minutes: random.int(1, 15), trip_minutes: random.int(5, 70) },
  }),
};
