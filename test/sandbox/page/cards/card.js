/** @import { Layout, Scene } from './layout.js' */
/** @import { CardView } from '../../http/control-api.ts' */
import { icon, make } from '../dom.js';
import { clock, plain } from '../format.js';
import { cardLanguage, known, locale, t } from '../i18n.js';
import { bill } from './bill.js';
import { film } from './film.js';
import { generic } from './generic.js';
import { flight, train } from './journey.js';
import { ride } from './ride.js';

/** @type {Readonly<Record<string, Layout>>} */
const layouts = {
  PAYMENT_ORDER_DEFAULT: bill,
  AIR_TICKET_DEFAULT: flight,
  TRAIN_TICKET_DEFAULT: train,
  MOVIE_TICKET_DEFAULT: film,
  RIDE_HAILING_DEFAULT: ride,
};

const links = /(^|_)url$/i;

/** @param {CardView} card */
function layoutOf(card) {
  return layouts[card.template] ?? generic;
}

/** What the customer calls it. @param {CardView} card */
export function titleOf(card) {
  const layout = layoutOf(card);
  return layout.title(sceneOf(card, card.updatedAt)) || generic.title(sceneOf(card, card.updatedAt));
}

/** True where the phone's language was sent: else its users do not see the card. @param {CardView} card */
export function isInLanguage(card) {
  return card.languages[cardLanguage()] !== undefined;
}

/**
 * The status in words, as a coloured chip.
 * @param {string} template
 * @param {string} status
 */
export function statusChip(template, status) {
  const tone = layouts[template]?.tones[status] ?? 'info';
  const words = known(`status.${template}.${status}`);
  return make('span', { class: `chip ${tone}`, lang: words === undefined ? 'en' : null }, words ?? status);
}

/**
 * All that a card shows, but for its button.
 * @param {CardView} card
 * @param {number} now epoch ms
 * @param {boolean} withUser whether the phone shows the cards of several
 */
export function cardContent(card, now, withUser) {
  const layout = layoutOf(card);
  const scene = sceneOf(card, now);
  const user = withUser ? `…${(card.userId ?? card.openId ?? '').slice(-4)}` : null;
  return [
    make(
      'div',
      { class: 'card-head' },
      make('span', { class: 'kind' }, icon(layout.icon)),
      make(
        'div',
        { class: 'names' },
        make('h3', {}, titleOf(card)),
        make('p', { class: 'soft' }, layout.subtitle(scene)),
      ),
      statusChip(card.template, card.orderStatus),
    ),
    ...layout.body(scene),
    otherFields(scene, layout),
    make(
      'p',
      { class: 'card-foot soft' },
      make('span', {}, t('cards.updated', { time: clock(card.updatedAt, locale(), true) })),
      user === null ? null : make('span', { class: 'who' }, user),
    ),
  ];
}

/**
 * @param {CardView} card
 * @param {number} now
 * @returns {Scene}
 */
function sceneOf(card, now) {
  return { card, now, info: card.languages[cardLanguage()] ?? {} };
}

/**
 * What the layout knows no place for: AlipayHK adds fields, and has templates that are not public.
 * @param {Scene} scene
 * @param {Layout} layout
 */
function otherFields({ info }, layout) {
  const others = Object.entries(info).filter(
    ([name, value]) => !layout.fields.includes(name) && !links.test(name) && plain(value) !== '',
  );
  if (others.length === 0) return null;
  return make(
    'dl',
    { class: 'others', 'aria-label': t('cards.other') },
    ...others.map(([name, value]) => make('div', {}, make('dt', { lang: 'en' }, name), make('dd', {}, plain(value)))),
  );
}
