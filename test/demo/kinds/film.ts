import { inHongKong, type KindOfOrder, later, picture, type Texts } from '../order.ts';

const texts = (zh_HK: string, en_US: string): Texts => ({ zh_HK, en_US });

const cinemas: readonly (readonly [merchant: Texts, cinema: Texts, icon: string])[] = [
  [texts('百老匯院線', 'Broadway Circuit'), texts('百老匯電影中心', 'Broadway Cinematheque'), 'broadway'],
  [texts('百老匯院線', 'Broadway Circuit'), texts('PREMIERE ELEMENTS 圓方', 'Premiere Elements'), 'broadway'],
  [texts('MCL院線', 'MCL Cinemas'), texts('MCL 德福戲院', 'MCL Telford Cinema'), 'mcl'],
  [texts('MCL院線', 'MCL Cinemas'), texts('K11 Art House', 'K11 Art House'), 'mcl'],
  [texts('英皇戲院', 'Emperor Cinemas'), texts('英皇戲院 中環娛樂行', 'Emperor Cinemas Central'), 'emperor'],
  [
    texts('高先電影院', 'Golden Scene Cinema'),
    texts('高先電影院 堅尼地城', 'Golden Scene Cinema Kennedy Town'),
    'golden-scene',
  ],
];

// Invented, all of them.
const films: readonly (readonly [name: Texts, minutes: number, poster: string])[] = [
  [texts('天星小輪最後一班', 'The Last Star Ferry'), 118, 'last-star-ferry'],
  [texts('霓虹下的象棋手', 'Chess Under Neon'), 104, 'chess-under-neon'],
  [texts('獅子山的回聲', 'Echoes of Lion Rock'), 131, 'echoes-of-lion-rock'],
  [texts('茶餐廳宇宙', 'Cha Chaan Teng Universe'), 96, 'cha-chaan-teng-universe'],
  [texts('颱風夜的鋼琴', 'A Piano in Typhoon Ten'), 112, 'typhoon-piano'],
  [texts('渡輪偵探', 'The Ferry Detective'), 109, 'ferry-detective'],
  [texts('鯉魚門之冬', 'Winter in Lei Yue Mun'), 124, 'lei-yue-mun'],
];

const prices = [8_500, 9_500, 11_000, 12_500, 16_000];

/** Cinema tickets. */
export const film: KindOfOrder = {
  prefix: 'MV',
  first: [
    ['booked', 9],
    ['watched', 1],
  ],
  next: {
    booked: [
      ['watched', 8],
      ['refunded', 2],
    ],
    watched: [],
    refunded: [],
  },
  create: (random, now, detailUrl) => {
    const [merchant, cinema, icon] = random.pick(cinemas);
    const [name, minutes, poster] = random.pick(films);
    const tickets = random.int(1, 4);
    const startsAt = inHongKong(now, random.int(1, 9), random.int(11, 23), random.pick([0, 10, 20, 35, 50]));
    const row = random.pick(['C', 'E', 'F', 'G', 'H', 'J']);
    const firstSeat = random.int(1, 18);
    const amountCents = tickets * random.pick(prices);
    const house = random.int(1, 8);
    return {
      amountCents,
      payAmountCents: amountCents,
      currency: 'HKD',
      dueOn: null,
      startsAt,
      endsAt: later(startsAt, minutes),
      details: {
        cinema,
        house: texts(`${house}院`, `House ${house}`),
        film: name,
        merchant,
        seats: Array.from({ length: tickets }, (_, index) => `${row}${firstSeat + index}`),
        poster_url: picture(poster),
        icon_url: picture(icon),
        detail_url: detailUrl,
      },
    };
  },
  enter: order => order,
  // The cinema moves the screening.
  adjust: (order, random) => {
    const minutes = random.pick([-15, 10, 15, 30]);
    return {
      ...order,
      startsAt: order.startsAt && later(order.startsAt, minutes),
      endsAt: order.endsAt && later(order.endsAt, minutes),
    };
  },
};
