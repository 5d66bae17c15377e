import { inHongKong, type KindOfOrder, later, type Order, type Texts } from '../order.ts';

interface Airport {
  readonly city: Texts;
  readonly name: Texts;
  readonly terminals: readonly Texts[];
  readonly zone: string;
  /** Of the flight from or to Hong Kong. */
  readonly minutes: number;
  readonly cents: readonly [least: number, most: number];
}

const texts = (zh_HK: string, en_US: string): Texts => ({ zh_HK, en_US });
const t1 = texts('一號客運大樓', 'Terminal 1');
const t2 = texts('二號客運大樓', 'Terminal 2');
const t3 = texts('三號客運大樓', 'Terminal 3');

const hongKong = { city: texts('香港', 'Hong Kong'), name: texts('香港國際機場', 'Hong Kong International Airport') };

const airport = (
  city: Texts,
  name: Texts,
  terminals: readonly Texts[],
  zone: string,
  minutes: number,
  least: number,
  most: number,
): Airport => ({ city, name, terminals, zone, minutes, cents: [least, most] });

const airports: readonly Airport[] = [
  airport(
    texts('台北', 'Taipei'),
    texts('桃園國際機場', 'Taoyuan International Airport'),
    [t1, t2],
    'Asia/Taipei',
    105,
    98_000,
    320_000,
  ),
  airport(
    texts('東京', 'Tokyo'),
    texts('成田國際機場', 'Narita International Airport'),
    [t1, t2, t3],
    'Asia/Tokyo',
    255,
    198_000,
    760_000,
  ),
  airport(
    texts('大阪', 'Osaka'),
    texts('關西國際機場', 'Kansai International Airport'),
    [t1, t2],
    'Asia/Tokyo',
    220,
    178_000,
    690_000,
  ),
  airport(
    texts('首爾', 'Seoul'),
    texts('仁川國際機場', 'Incheon International Airport'),
    [t1, t2],
    'Asia/Seoul',
    215,
    160_000,
    540_000,
  ),
  airport(
    texts('新加坡', 'Singapore'),
    texts('樟宜機場', 'Changi Airport'),
    [t1, t2, t3],
    'Asia/Singapore',
    240,
    150_000,
    610_000,
  ),
  airport(
    texts('曼谷', 'Bangkok'),
    texts('素萬那普機場', 'Suvarnabhumi Airport'),
    [t1],
    'Asia/Bangkok',
    170,
    110_000,
    420_000,
  ),
  airport(
    texts('上海', 'Shanghai'),
    texts('浦東國際機場', 'Pudong International Airport'),
    [t1, t2],
    'Asia/Shanghai',
    150,
    120_000,
    480_000,
  ),
  airport(
    texts('悉尼', 'Sydney'),
    texts('金斯福德史密夫機場', 'Kingsford Smith Airport'),
    [t1],
    'Australia/Sydney',
    540,
    480_000,
    1_450_000,
  ),
  airport(
    texts('倫敦', 'London'),
    texts('希斯路機場', 'Heathrow Airport'),
    [t2, t3],
    'Europe/London',
    850,
    560_000,
    1_990_000,
  ),
];

const airlines: readonly (readonly [name: Texts, code: string])[] = [
  [texts('國泰航空', 'Cathay Pacific'), 'CX'],
  [texts('香港快運', 'HK Express'), 'UO'],
  [texts('香港航空', 'Hong Kong Airlines'), 'HX'],
  [texts('大灣區航空', 'Greater Bay Airlines'), 'HB'],
  [texts('新加坡航空', 'Singapore Airlines'), 'SQ'],
  [texts('日本航空', 'Japan Airlines'), 'JL'],
];

/** Flights between Hong Kong and abroad; some land a day later. */
export const flight: KindOfOrder = {
  prefix: 'FL',
  first: [
    ['ticketed', 8],
    ['delayed', 1],
    ['flown', 1],
  ],
  next: {
    ticketed: [
      ['changed', 3],
      ['delayed', 3],
      ['flown', 2],
      ['cancelled', 1],
      ['refunded', 1],
    ],
    changed: [
      ['delayed', 3],
      ['changed', 1],
      ['flown', 4],
      ['cancelled', 1],
    ],
    delayed: [
      ['delayed', 2],
      ['flown', 6],
      ['cancelled', 1],
    ],
    cancelled: [['refunded', 1]],
    flown: [],
    refunded: [],
  },
  create: (random, now, detailUrl) => {
    const abroad = random.pick(airports);
    const [airline, code] = random.pick(airlines);
    const outward = random.chance(0.6);
    const here = { city: hongKong.city, name: hongKong.name, terminal: t1, zone: 'Asia/Hong_Kong' };
    const there = { city: abroad.city, name: abroad.name, terminal: random.pick(abroad.terminals), zone: abroad.zone };
    const [from, to] = outward ? [here, there] : [there, here];
    const startsAt = inHongKong(now, random.int(2, 20), random.int(0, 23), random.int(0, 11) * 5);
    const amountCents = random.int(...abroad.cents);
    return {
      amountCents,
      payAmountCents: amountCents,
      currency: 'HKD',
      dueOn: null,
      startsAt,
      endsAt: later(startsAt, abroad.minutes + random.int(-2, 4) * 5),
      details: {
        airline,
        flight_no: `${code}${random.int(100, 989)}`,
        from: from.city,
        from_airport: from.name,
        from_terminal: from.terminal,
        to: to.city,
        to_airport: to.name,
        to_terminal: to.terminal,
        depart_zone: from.zone,
        arrive_zone: to.zone,
        detail_url: detailUrl,
      },
    };
  },
  enter: (order, random) => {
    if (order.status === 'delayed') return moved(order, random.int(3, 36) * 5);
    if (order.status === 'changed') return moved(order, random.int(-12, 24) * 15);
    return order;
  },
  // A better guess of the arrival.
  adjust: (order, random) => ({ ...order, endsAt: order.endsAt && later(order.endsAt, random.int(-2, 3) * 5) }),
};

function moved(order: Order, minutes: number): Order {
  return {
    ...order,
    startsAt: order.startsAt && later(order.startsAt, minutes),
    endsAt: order.endsAt && later(order.endsAt, minutes),
  };
}
