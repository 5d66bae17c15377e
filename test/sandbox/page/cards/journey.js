/** @import { Layout, Scene } from './layout.js' */
/** @import { Content } from '../dom.js' */
import { icon, make } from '../dom.js';
import { day, hour } from '../format.js';
import { locale, t } from '../i18n.js';
import { fact, facts, list, text } from './layout.js';

/** A flight: both ends with their times, airports and terminals. @type {Layout} */
export const flight = {
  icon: 'flight',
  fields: [
    ...['airline_name', 'flight_no', 'from', 'from_airport', 'from_terminal', 'start_time'],
    ...['to', 'to_airport', 'to_terminal', 'end_time', 'cross_day', 'duration'],
  ],
  title: scene => text(scene, 'airline_name'),
  subtitle: scene => `${text(scene, 'flight_no')} · ${day(text(scene, 'start_time'), locale())}`,
  tones: {
    NEAR_DEPART: 'info',
    FLIGHT_CHANGE: 'warn',
    FLIGHT_DELAYS: 'warn',
    FLIGHT_CANCELLATION: 'bad',
    CLOSED: 'calm',
  },
  body: scene => [
    route(scene, text(scene, 'duration')),
    make(
      'div',
      { class: 'ports' },
      port(text(scene, 'from_airport'), text(scene, 'from_terminal')),
      port(text(scene, 'to_airport'), text(scene, 'to_terminal')),
    ),
  ],
};

/** A train: both stations with their times, seats and gates. @type {Layout} */
export const train = {
  icon: 'train',
  fields: ['shift_number', 'from', 'to', 'start_time', 'end_time', 'seat_num', 'check_point'],
  title: scene => `${t('kind.TRAIN_TICKET_DEFAULT')} ${text(scene, 'shift_number')}`,
  subtitle: scene => day(text(scene, 'start_time'), locale()),
  tones: { AWAIT_SCREENING: 'good', CLOSED: 'calm' },
  body: scene => [
    route(scene, duration(text(scene, 'start_time'), text(scene, 'end_time'))),
    facts(fact(t('journey.gate'), list(scene, 'check_point')), fact(t('journey.seats'), list(scene, 'seat_num'))),
  ],
};

/**
 * From, a line with how long it takes, to.
 * @param {Scene} scene
 * @param {string} length
 */
function route(scene, length) {
  const crossDay = text(scene, 'cross_day');
  const off = scene.card.orderStatus === 'FLIGHT_CANCELLATION';
  return make(
    'div',
    { class: `route ${off ? 'off' : ''}` },
    end(t('journey.departs'), text(scene, 'from'), hour(text(scene, 'start_time')), null),
    make(
      'div',
      { class: 'line' },
      make('span', { class: 'soft' }, length),
      make('span', { class: 'track' }, icon('arrow')),
    ),
    end(
      t('journey.arrives'),
      text(scene, 'to'),
      hour(text(scene, 'end_time')),
      crossDay === '' ? null : make('sup', {}, crossDay),
    ),
  );
}

/**
 * @param {string} label for screen readers: others see it by the place
 * @param {string} place
 * @param {string} time
 * @param {Content} more
 */
function end(label, place, time, more) {
  return make(
    'div',
    { class: 'end' },
    make('span', { class: 'unseen' }, `${label} `),
    make('p', { class: 'hour' }, time, more),
    make('p', { class: 'place' }, place),
  );
}

/**
 * @param {string} airport
 * @param {string} terminal
 */
function port(airport, terminal) {
  return make('p', { class: 'soft' }, airport, terminal === '' ? null : make('span', { class: 'terminal' }, terminal));
}

/**
 * From one local time to another of the same zone, in hours and minutes.
 * @param {string} from
 * @param {string} to
 */
function duration(from, to) {
  const minutes = (Date.parse(`${to.replace(' ', 'T')}Z`) - Date.parse(`${from.replace(' ', 'T')}Z`)) / 60_000;
  if (!(minutes > 0)) return '';
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  if (locale() === 'en') return hours === 0 ? `${rest}m` : `${hours}h ${rest}m`;
  return hours === 0 ? `${rest}分鐘` : `${hours}小時${rest}分鐘`;
}
