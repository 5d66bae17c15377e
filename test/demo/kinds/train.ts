import { inHongKong, type KindOfOrder, later, type Texts } from '../order.ts';
import type { Random } from '../random.ts';

const texts = (zh_HK: string, en_US: string): Texts => ({ zh_HK, en_US });

const westKowloon = texts('香港西九龍', 'Hong Kong West Kowloon');

const stations: readonly (readonly [name: Texts, minutes: number, cents: number])[] = [
  [texts('福田', 'Futian'), 14, 7_800],
  [texts('深圳北', 'Shenzhen North'), 19, 8_600],
  [texts('虎門', 'Humen'), 38, 20_000],
  [texts('廣州南', 'Guangzhou South'), 55, 24_700],
  [texts('廣州東', 'Guangzhou East'), 88, 22_900],
  [texts('長沙南', 'Changsha South'), 204, 60_300],
  [texts('廈門', 'Xiamen'), 260, 34_600],
  [texts('杭州東', 'Hangzhou East'), 400, 76_900],
  [texts('上海虹橋', 'Shanghai Hongqiao'), 480, 115_800],
  [texts('北京西', 'Beijing West'), 540, 123_900],
];

const gates = ['A1', 'A2', 'A3', 'B1', 'B2', 'B3'];

/** High-speed rail between West Kowloon and the mainland; return tickets are priced in CNY. */
export const train: KindOfOrder = {
  prefix: 'TR',
  first: [
    ['booked', 9],
    ['travelled', 1],
  ],
  next: {
    booked: [
      ['travelled', 8],
      ['refunded', 2],
    ],
    travelled: [],
    refunded: [],
  },
  create: (random, now, detailUrl) => {
    const [station, minutes, cents] = random.pick(stations);
    const outward = random.chance(0.5);
    const [from, to] = outward ? [westKowloon, station] : [station, westKowloon];
    const passengers = random.int(1, 3);
    const startsAt = inHongKong(now, random.int(1, 14), random.int(7, 19), random.int(0, 59));
    const amountCents = passengers * cents;
    return {
      amountCents,
      payAmountCents: amountCents,
      currency: outward ? 'HKD' : 'CNY',
      dueOn: null,
      startsAt,
      endsAt: later(startsAt, minutes),
      details: {
        from,
        to,
        shift: `G${random.int(5_600, 6_599)}`,
        seats: seats(random, passengers),
        gates: [random.pick(gates)],
        detail_url: detailUrl,
        refund_url: `${detailUrl}&action=refund`,
      },
    };
  },
  enter: order => order,
  // Gates are announced late, and change.
  adjust: (order, random) => {
    const first = random.int(0, gates.length - 2);
    return { ...order, details: { ...order.details, gates: gates.slice(first, first + random.int(1, 2)) } };
  },
};

function seats(random: Random, passengers: number): string[] {
  const coach = String(random.int(1, 16)).padStart(2, '0');
  const row = String(random.int(1, 17)).padStart(2, '0');
  return ['A', 'B', 'C'].slice(0, passengers).map(letter => `${coach}-${row}${letter}`);
}
