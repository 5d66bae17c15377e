import { say } from './dom.js';
import { en } from './texts/en.js';
import { zh } from './texts/zh.js';

/** @typedef {'en' | 'zh-HK'} Locale */
/** @typedef {keyof typeof en} TextKey */

/** @type {Locale} */
let current = 'en';

/** The language of the page and of the phone. */
export function locale() {
  return current;
}

/** Its name in the API. */
export function cardLanguage() {
  return current === 'en' ? 'en_US' : 'zh_HK';
}

/**
 * A text of the page; `{name}` in it is replaced.
 * @param {TextKey} key
 * @param {Readonly<Record<string, string | number>>} values
 */
export function t(key, values = {}) {
  const text = current === 'en' ? en[key] : zh[key];
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => shown(values[name] ?? ''));
}

/**
 * The text of a key made of names that come from outside, or undefined.
 * @param {string} key
 */
export function known(key) {
  return Object.hasOwn(en, key) ? t(/** @type {TextKey} */ (key)) : undefined;
}

/**
 * A count with its noun: the key's text, or that of `<key>.one`.
 * @param {'cards.count' | 'faults.fired' | 'users.cards'} key
 * @param {number} count
 */
export function counted(key, count) {
  return t(count === 1 ? `${key}.one` : key, { count });
}

/** @param {string | number} value */
function shown(value) {
  return typeof value === 'number' ? new Intl.NumberFormat(current).format(value) : value;
}

/**
 * Turns the page to a language: every element that names its text by data-text, data-label or data-hint.
 * @param {Locale} locale
 */
export function speak(locale) {
  current = locale;
  document.documentElement.lang = locale;
  document.title = t('title');
  for (const node of document.querySelectorAll('[data-text], [data-label], [data-hint]')) {
    if (!(node instanceof HTMLElement)) continue;
    const { text, label, hint } = node.dataset;
    if (text !== undefined) say(node, known(text) ?? text);
    if (label !== undefined) node.setAttribute('aria-label', known(label) ?? label);
    if (hint !== undefined) node.setAttribute('placeholder', known(hint) ?? hint);
  }
}
