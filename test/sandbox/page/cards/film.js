/** @import { Layout, Scene } from './layout.js' */
import { icon, make } from '../dom.js';
import { day } from '../format.js';
import { locale, t } from '../i18n.js';
import { fact, facts, list, text } from './layout.js';

const tints = 6;

/** A visit to the cinema, as a ticket: the film, where, when, which seats. @type {Layout} */
export const film = {
  icon: 'film',
  fields: [
    ...['movie_name', 'movie_image', 'movie_start_date', 'movie_start_time', 'cinema_name', 'cinema_house'],
    ...['seat_num', 'merchant_name', 'merchant_icon_url'],
  ],
  title: scene => text(scene, 'movie_name'),
  subtitle: scene => text(scene, 'merchant_name'),
  tones: { AWAIT_SCREENING: 'good', CLOSED: 'calm' },
  body: scene => [
    make(
      'div',
      { class: 'film' },
      poster(text(scene, 'movie_image') || text(scene, 'movie_name')),
      facts(
        fact(t('film.when'), when(scene), 'wide strong'),
        fact(t('film.cinema'), text(scene, 'cinema_name'), 'wide'),
        fact(t('film.hall'), text(scene, 'cinema_house')),
        fact(t('film.seats'), list(scene, 'seat_num')),
      ),
    ),
  ],
};

/** @param {Scene} scene */
function when(scene) {
  return `${day(text(scene, 'movie_start_date'), locale())} ${text(scene, 'movie_start_time')}`.trim();
}

/**
 * In the place of the poster, which lies on another host: a colour that is always the same for a film.
 * @param {string} name
 */
function poster(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return make('div', { class: 'poster', 'data-tint': String(sum % tints), 'aria-hidden': 'true' }, icon('film'));
}
