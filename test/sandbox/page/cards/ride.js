/** @import { Layout, Scene } from './layout.js' */
/** @import { TextKey } from '../i18n.js' */
import { make } from '../dom.js';
import { moment, money, plain } from '../format.js';
import { locale, t } from '../i18n.js';
import { fact, facts, text } from './layout.js';

const steps = 5;
/** How far each status is; a status that is missing shows no steps. @type {Readonly<Record<string, number>>} */
const stepOf = { PENDING: 0, BOOKED: 0, TO_SEND: 0, ORDER_TAKEN: 1, TO_BOARD: 2, SERVING: 3, WAIT_PAY: 4, FINISHED: 4 };

/** A ride: where it stands, the car, the price. @type {Layout} */
export const ride = {
  icon: 'ride',
  fields: [
    ...['auto_color', 'auto_model', 'driver_board_duration', 'ride_dest_duration'],
    ...['ride_price', 'estimated_cost', 'service_start_time'],
  ],
  title: headline,
  subtitle: scene => [text(scene, 'auto_color'), text(scene, 'auto_model')].filter(part => part !== '').join(' '),
  tones: {
    ...{ PENDING: 'info', BOOKED: 'info', ORDER_TAKEN: 'good', TO_BOARD: 'good', SERVING: 'good', TO_SEND: 'warn' },
    ...{ WAIT_PAY: 'warn', FINISHED: 'calm', CLOSED: 'bad', CANCEL_WAIT_PAY: 'calm' },
  },
  body: scene => [progress(scene.card.orderStatus), facts(price(scene), fact(t('ride.car'), plate(scene), 'plate'))],
};

/** @param {Scene} scene */
function headline(scene) {
  const minutes = text(scene, 'driver_board_duration');
  const toGo = text(scene, 'ride_dest_duration');
  switch (scene.card.orderStatus) {
    case 'PENDING':
      return t('ride.searching');
    case 'TO_SEND':
      return t('ride.again');
    case 'BOOKED':
      return start(scene);
    case 'ORDER_TAKEN':
      return minutes === '' ? t('status.RIDE_HAILING_DEFAULT.ORDER_TAKEN') : t('ride.arrives', { minutes });
    case 'TO_BOARD':
      return t('ride.here');
    case 'SERVING':
      return /^\d+$/.test(toGo) ? t('ride.toGo', { minutes: toGo }) : t('status.RIDE_HAILING_DEFAULT.SERVING');
    case 'WAIT_PAY':
      return t('ride.pay');
    case 'CLOSED':
      return t('ride.cancelled');
    default:
      return t('kind.RIDE_HAILING_DEFAULT');
  }
}

/** @param {Scene} scene */
function start(scene) {
  const at = Number(scene.info.service_start_time);
  return Number.isFinite(at) && at > 0
    ? t('ride.pickUp', { time: moment(at, locale()) })
    : t('status.RIDE_HAILING_DEFAULT.BOOKED');
}

/** @param {string} status */
function progress(status) {
  const now = stepOf[status];
  if (now === undefined) return null;
  const name = (/** @type {number} */ n) => t(/** @type {TextKey} */ (`ride.step.${n}`));
  const items = Array.from({ length: steps }, (_, n) =>
    make(
      'li',
      { class: n < now ? 'done' : n === now ? 'now' : '', 'aria-current': n === now ? 'step' : null },
      name(n),
    ),
  );
  return make('ol', { class: 'steps', 'aria-label': t('ride.steps') }, ...items);
}

/** The price where the ride is to be paid, an estimate before. @param {Scene} scene */
function price({ info, card }) {
  const currency = card.amountCurrency ?? 'HKD';
  const isDue = ['WAIT_PAY', 'FINISHED', 'CANCEL_WAIT_PAY'].includes(card.orderStatus);
  if (isDue && info.ride_price !== undefined)
    return fact(t('ride.fare'), money(info.ride_price, currency, locale()), 'strong');
  const estimates = Array.isArray(info.estimated_cost)
    ? info.estimated_cost.map(Number).filter(Number.isSafeInteger)
    : [];
  if (estimates.length === 0) return null;
  const [least, most] = [Math.min(...estimates), Math.max(...estimates)];
  const text = money(least, currency, locale()) + (least === most ? '' : ` – ${money(most, currency, locale())}`);
  return fact(t('ride.estimate'), text);
}

/** The number plate; the name of its field is not public. @param {Scene} scene */
function plate({ info }) {
  const [, value] = Object.entries(info).find(([name]) => /plate|(auto|car)_(no|num|number)$/.test(name)) ?? [];
  return plain(value);
}
