import { dayInHongKong, type KindOfOrder, picture, type Texts, varied } from '../order.ts';

interface Biller {
  readonly name: Texts;
  readonly service: Texts;
  readonly icon: string;
  readonly cents: readonly [least: number, most: number];
}

const biller = (
  zh: string,
  en: string,
  serviceZh: string,
  serviceEn: string,
  icon: string,
  least: number,
  most: number,
) =>
  ({
    name: { zh_HK: zh, en_US: en },
    service: { zh_HK: serviceZh, en_US: serviceEn },
    icon,
    cents: [least, most],
  }) satisfies Biller;

const billers: readonly Biller[] = [
  biller('中華電力', 'CLP Power', '電費', 'Electricity', 'clp', 21_000, 180_000),
  biller('港燈', 'HK Electric', '電費', 'Electricity', 'hk-electric', 19_000, 160_000),
  biller('煤氣公司', 'Towngas', '煤氣費', 'Gas', 'towngas', 9_000, 62_000),
  biller('水務署', 'Water Supplies Department', '水費及排污費', 'Water and sewage charges', 'water', 4_800, 51_000),
  biller(
    '差餉物業估價署',
    'Rating and Valuation Department',
    '差餉及地租',
    'Rates and government rent',
    'rates',
    96_000,
    640_000,
  ),
  biller('香港寬頻', 'HKBN', '寬頻月費', 'Broadband', 'hkbn', 9_900, 29_800),
  biller('香港電訊', 'HKT', '電話及網上行月費', 'Telephone and Netvigator', 'hkt', 12_800, 48_800),
  biller('數碼通', 'SmarTone', '流動電話月費', 'Mobile', 'smartone', 14_800, 59_800),
];

/** Bills of utilities and departments. */
export const bill: KindOfOrder = {
  prefix: 'BL',
  first: [
    ['unpaid', 8],
    ['overdue', 1],
    ['paid', 1],
  ],
  next: {
    unpaid: [
      ['paid', 5],
      ['debit_failed', 2],
      ['overdue', 2],
      ['cancelled', 1],
    ],
    debit_failed: [
      ['paid', 5],
      ['overdue', 4],
      ['cancelled', 1],
    ],
    overdue: [
      ['paid', 8],
      ['cancelled', 2],
    ],
    paid: [],
    cancelled: [],
  },
  create: (random, now, detailUrl) => {
    const { name, service, icon, cents } = random.pick(billers);
    const month = dayInHongKong(now, -random.int(5, 25)).slice(0, 7);
    const [year, monthNumber] = month.split('-').map(Number);
    const monthName = new Date(`${month}-15T00:00:00Z`).toLocaleString('en-US', { month: 'long', timeZone: 'UTC' });
    return {
      amountCents: random.int(...cents),
      payAmountCents: null,
      currency: 'HKD',
      dueOn: dayInHongKong(now, random.int(3, 28)),
      startsAt: null,
      endsAt: null,
      details: {
        biller: name,
        description: {
          zh_HK: `${year}年${monthNumber}月${service.zh_HK}`,
          en_US: `${service.en_US}, ${monthName} ${year}`,
        },
        icon_url: picture(icon),
        pay_url: `${detailUrl}&action=pay`,
        detail_url: detailUrl,
      },
    };
  },
  enter: order => {
    if (order.status === 'paid') return { ...order, payAmountCents: order.amountCents };
    const surcharge = order.status === 'overdue' ? Math.round(order.amountCents * 0.05) : 0;
    return { ...order, amountCents: order.amountCents + surcharge };
  },
  // A corrected meter reading.
  adjust: (order, random) => ({ ...order, amountCents: varied(order.amountCents, random) }),
};
