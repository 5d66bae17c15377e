import type { Order, OrderKind, Texts } from './order.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the card of an order of a kind should be. */
export interface Expectation {
  readonly template: string;
  /** Shop status → orderStatus. */
  readonly statuses: Readonly<Record<string, string>>;
  /** Statuses that end the card. */
  readonly ends: readonly string[];
  /** Statuses after which AlipayHK hides the card by itself, minutes later. */
  readonly fades: readonly string[];
  /** Some fields of the card in a language. */
  fields(order: Order, language: keyof Texts): Fields;
}

/** Written from ORDERS.md and the API document, not from the mappings: this is what they are checked against. */
export const expectations: Readonly<Record<OrderKind, Expectation>> = {
  bill: {
    template: 'PAYMENT_ORDER_DEFAULT',
    statuses: {
      unpaid: 'WAIT_PAY',
      debit_failed: 'PAY_FAILED',
      overdue: 'OVERDUED',
      paid: 'CLOSED',
      cancelled: 'CLOSED',
    },
    ends: ['CLOSED'],
    fades: [],
    fields: ({ details, amountCents }, language) => ({
      bill_name: textOf(details.biller, language),
      bill_amount: String(amountCents),
    }),
  },
  flight: {
    template: 'AIR_TICKET_DEFAULT',
    statuses: {
      ticketed: 'NEAR_DEPART',
      changed: 'FLIGHT_CHANGE',
      delayed: 'FLIGHT_DELAYS',
      cancelled: 'FLIGHT_CANCELLATION',
      flown: 'CLOSED',
      refunded: 'CLOSED',
    },
    ends: ['CLOSED'],
    fades: ['FLIGHT_CANCELLATION'],
    fields: ({ details, startsAt, endsAt }, language) => ({
      airline_name: textOf(details.airline, language),
      start_time: localTime(startsAt, String(details.depart_zone)),
      end_time: localTime(endsAt, String(details.arrive_zone)),
    }),
  },
  film: {
    template: 'MOVIE_TICKET_DEFAULT',
    statuses: { booked: 'AWAIT_SCREENING', watched: 'CLOSED', refunded: 'CLOSED' },
    ends: ['CLOSED'],
    fades: [],
    fields: ({ details }, language) => ({ movie_name: textOf(details.film, language), seat_num: details.seats }),
  },
  train: {
    template: 'TRAIN_TICKET_DEFAULT',
    statuses: { booked: 'AWAIT_SCREENING', travelled: 'CLOSED', refunded: 'CLOSED' },
    ends: ['CLOSED'],
    fades: [],
    fields: ({ details, startsAt }, language) => ({
      to: textOf(details.to, language),
      check_point: details.gates,
      start_time: localTime(startsAt, 'Asia/Hong_Kong'),
    }),
  },
  ride: {
    template: 'RIDE_HAILING_DEFAULT',
    statuses: {
      searching: 'PENDING',
      booked: 'BOOKED',
      accepted: 'ORDER_TAKEN',
      arrived: 'TO_BOARD',
      driving: 'SERVING',
      unpaid: 'WAIT_PAY',
      done: 'FINISHED',
      redispatched: 'TO_SEND',
      cancelled_by_driver: 'CLOSED',
      cancelled_unpaid: 'CANCEL_WAIT_PAY',
    },
    ends: ['FINISHED', 'CANCEL_WAIT_PAY'],
    fades: ['CLOSED'],
    fields: ({ details }, language) => ({
      auto_model: textOf(details.car_model, language),
      driver_board_duration: String(details.driver_minutes),
    }),
  },
};

function textOf(texts: unknown, language: keyof Texts): string {
  return (texts as Texts)[language];
}

/** `yyyy-MM-dd HH:mm:ss` on the zone's clocks. */
function localTime(moment: Date | null, zone: string): string | null {
  // Sweden writes times that way.
  return moment === null ? null : moment.toLocaleString('sv-SE', { timeZone: zone });
}
