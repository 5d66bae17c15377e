/** @import { Content } from '../dom.js' */
/** @import { CardView } from '../../http/control-api.ts' */
import { make } from '../dom.js';
import { plain } from '../format.js';

/** @typedef {'info' | 'good' | 'warn' | 'bad' | 'calm'} Tone */

/**
 * What a card shows in the language of the phone, and the time it is shown at.
 * @typedef {object} Scene
 * @property {CardView} card
 * @property {Readonly<Record<string, unknown>>} info
 * @property {number} now epoch ms
 */

/**
 * How the cards of a template are laid out.
 * @typedef {object} Layout
 * @property {string} icon
 * @property {readonly string[]} fields those that the layout shows, or that are links: all others are shown below
 * @property {(scene: Scene) => string} title
 * @property {(scene: Scene) => string} subtitle
 * @property {Readonly<Record<string, Tone>>} tones by status; what is missing is `info`
 * @property {(scene: Scene) => Content[]} body
 */

/**
 * A field as text, '' where it is missing.
 * @param {Scene} scene
 * @param {string} name
 */
export function text({ info }, name) {
  return plain(info[name]);
}

/**
 * A field as a list of texts.
 * @param {Scene} scene
 * @param {string} name
 */
export function list({ info }, name) {
  const value = info[name];
  return Array.isArray(value) ? value.map(plain) : value === undefined ? [] : [plain(value)];
}

/**
 * A label over a value; null where there is no value.
 * @param {string} label
 * @param {Content | readonly string[]} value
 * @param {string} className
 */
export function fact(label, value, className = '') {
  const isList = Array.isArray(value);
  if (value === null || value === '' || (isList && value.length === 0)) return null;
  const content = isList ? value.map(one => make('span', { class: 'tag' }, one)) : [/** @type {Content} */ (value)];
  return make('div', { class: `fact ${className}` }, make('dt', {}, label), make('dd', {}, ...content));
}

/**
 * A row of facts; null where all are missing.
 * @param {...(HTMLElement | null)} facts
 */
export function facts(...facts) {
  return facts.some(one => one !== null) ? make('dl', { class: 'facts' }, ...facts) : null;
}
