type Fields = Readonly<Record<string, unknown>>;

let lastId = 0;

/** A request's body, with a requestId and a bizDate that rise; `info` by language. */
export function aRequest(
  merchantBizNo: string,
  template: string,
  orderStatus: string,
  info: Readonly<Partial<Record<'zh_HK' | 'en_US', Fields>>>,
  changes: Fields = {},
): Record<string, unknown> {
  lastId += 1;
  return {
    requestId: `r-${lastId}`,
    command: 'SEND',
    merchantBizNo,
    orderStatus,
    bizDate: 1_767_225_600_000 + lastId,
    productTemplateCode: template,
    syncDataInfo: { languageBusinessInfo: JSON.stringify(info) },
    userId: '2160000000000001',
    endDate: Date.now() + 30 * 86_400_000,
    ...changes,
  };
}

const both = <T extends Fields>(shared: T, zh_HK: Fields, en_US: Fields) => ({
  zh_HK: { ...shared, ...zh_HK },
  en_US: { ...shared, ...en_US },
});

/** A bill of HK$1,234.50. */
export function aBill(
  order: string,
  status = 'WAIT_PAY',
  changes: Fields = {},
  due = '2099-12-01',
): Record<string, unknown> {
  const shared = {
    bill_amount: '123450',
    bill_amount_currency: 'HKD',
    bill_due_time: due,
    bill_icon_url: 'https://static.shop.example/clp.png',
    action_url: 'https://shop.example/pay',
    order_url: 'https://shop.example/order',
  };
  const zh = { bill_name: '中華電力', bill_desc: '2026年11月電費' };
  const en = { bill_name: 'CLP Power', bill_desc: 'Electricity, November 2026' };
  return aRequest(order, 'PAYMENT_ORDER_DEFAULT', status, both(shared, zh, en), changes);
}

/** A flight that lands on the next day. */
export function aFlight(order: string, status = 'NEAR_DEPART', changes: Fields = {}): Record<string, unknown> {
  const shared = {
    flight_no: 'CX520',
    start_time: '2026-11-24 23:30:00',
    end_time: '2026-11-25 04:45:00',
    order_url: 'https://shop.example/o',
  };
  const zh = {
    ...{ airline_name: '國泰航空', from: '香港', from_airport: '香港國際機場', from_terminal: '一號客運大樓' },
    ...{
      to: '東京',
      to_airport: '成田國際機場',
      to_terminal: '二號客運大樓',
      cross_day: '+1天',
      duration: '4小時15分鐘',
    },
  };
  const en = {
    ...{
      airline_name: 'Cathay Pacific',
      from: 'Hong Kong',
      from_airport: 'Hong Kong International',
      from_terminal: 'Terminal 1',
    },
    ...{ to: 'Tokyo', to_airport: 'Narita', to_terminal: 'Terminal 2', cross_day: '+1Day', duration: '4h 15m' },
  };
  return aRequest(order, 'AIR_TICKET_DEFAULT', status, both(shared, zh, en), changes);
}

/** A train to Shenzhen. */
export function aTrain(order: string, changes: Fields = {}): Record<string, unknown> {
  const shared = {
    ...{ shift_number: 'G5623', start_time: '2026-11-24 09:05:00', end_time: '2026-11-24 09:24:00' },
    ...{ seat_num: ['05-12A', '05-12B'], check_point: ['B2'] },
    ...{ order_url: 'https://shop.example/o', refund_or_change_url: 'https://shop.example/r' },
  };
  const names = both(
    shared,
    { from: '香港西九龍', to: '深圳北' },
    { from: 'Hong Kong West Kowloon', to: 'Shenzhen North' },
  );
  return aRequest(order, 'TRAIN_TICKET_DEFAULT', 'AWAIT_SCREENING', names, changes);
}

/** Two seats in a cinema. */
export function aFilm(order: string, changes: Fields = {}): Record<string, unknown> {
  const url = 'https://shop.example/o';
  const shared = {
    ...{ movie_start_time: '19:40', seat_num: ['F7', 'F8'], movie_image: url },
    ...{ merchant_icon_url: url, action_url: url, order_url: url },
  };
  const zh = {
    ...{ movie_name: '花樣年華', movie_start_date: '2026/11/24 (星期二)', cinema_name: '百老匯電影中心' },
    ...{ cinema_house: '1院', merchant_name: '戲票網' },
  };
  const en = {
    ...{
      movie_name: 'In the Mood for Love',
      movie_start_date: '2026/11/24 (Tuesday)',
      cinema_name: 'Broadway Cinematheque',
    },
    ...{ cinema_house: 'House 1', merchant_name: 'Film Tickets' },
  };
  return aRequest(order, 'MOVIE_TICKET_DEFAULT', 'AWAIT_SCREENING', both(shared, zh, en), changes);
}

/** A ride in a red Toyota. */
export function aRide(order: string, status = 'ORDER_TAKEN', changes: Fields = {}): Record<string, unknown> {
  const shared = {
    ...{ driver_board_duration: '5', ride_dest_duration: '24', estimated_cost: ['4500', '5200'], ride_price: '4850' },
    auto_plate: 'VK 1234',
  };
  const info = both(
    shared,
    { auto_color: '紅色', auto_model: '豐田 Comfort' },
    { auto_color: 'Red', auto_model: 'Toyota Comfort' },
  );
  return aRequest(order, 'RIDE_HAILING_DEFAULT', status, info, changes);
}
