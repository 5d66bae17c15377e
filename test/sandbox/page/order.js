/** @import { CardView } from '../http/control-api.ts' */
/** @import { RequestEntry } from '../journal/request-entry.ts' */
/** @import { Content } from './dom.js' */
/** @import { TextKey } from './i18n.js' */
import { call, oneAtATime } from './api.js';
import { statusChip } from './cards/card.js';
import { byId, make, say } from './dom.js';
import { clock, moment, money, plain } from './format.js';
import { locale, t } from './i18n.js';
import { outcomeText, tags } from './requests.js';
import { followsAs, toneOf, verdictOf } from './verdicts.js';

/** One order: its card now, and every request of it as a step in time. */
export class OrderPanel {
  #order = '';
  /** @type {HTMLElement | null} */
  #opener = null;
  /** @type {readonly RequestEntry[]} oldest first */
  #entries = [];
  /** @type {CardView | null} */
  #card = null;
  #isLoaded = false;
  #title = byId('order-title', HTMLElement);
  #load = oneAtATime(() => this.#fetch());

  constructor() {
    const number = byId('order-number', HTMLInputElement);
    byId('order-form', HTMLFormElement).addEventListener('submit', event => {
      event.preventDefault();
      if (number.value.trim() !== '') void this.open(number.value.trim(), number);
    });
    byId('order-close', HTMLElement).addEventListener('click', () => this.close());
    byId('order', HTMLElement).addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.#order !== '') this.close();
    });
    this.speak();
  }

  /**
   * Shows an order, and goes there.
   * @param {string} order
   * @param {HTMLElement} opener gets the focus back
   */
  async open(order, opener) {
    this.#order = order;
    this.#opener = opener;
    this.#isLoaded = false;
    this.speak();
    this.#title.focus();
    byId('order', HTMLElement).scrollIntoView({ block: 'nearest' });
    await this.#load();
  }

  close() {
    this.#order = '';
    this.speak();
    const back = this.#opener?.isConnected ? this.#opener : byId('order-number', HTMLElement);
    back.focus();
  }

  /** Requests of these orders came, or ended. @param {ReadonlySet<string | null>} orders */
  follow(orders) {
    if (this.#order !== '' && orders.has(this.#order)) void this.#load();
  }

  /** Reads the order anew, where one is open. */
  reload() {
    if (this.#order !== '') void this.#load();
  }

  async #fetch() {
    const order = this.#order;
    if (order === '') return;
    const query = new URLSearchParams({ order });
    const [{ requests }, { cards }] = await Promise.all([
      call(`/sandbox/requests?${query}`),
      call(`/sandbox/cards?${query}`),
    ]);
    if (order !== this.#order) return;
    this.#entries = requests;
    this.#card = cards[0] ?? null;
    this.#isLoaded = true;
    this.speak();
  }

  /** Draws everything anew, in the language of now. */
  speak() {
    const isOpen = this.#order !== '';
    byId('order-none', HTMLElement).hidden = isOpen;
    byId('order-body', HTMLElement).hidden = !isOpen;
    byId('order-close', HTMLElement).hidden = !isOpen;
    say(this.#title, isOpen ? this.#order : t('order'));
    if (isOpen) this.#title.lang = 'en';
    else this.#title.removeAttribute('lang');
    if (!isOpen) return;
    const isKnown = this.#isLoaded && (this.#entries.length > 0 || this.#card !== null);
    byId('order-unknown', HTMLElement).hidden = isKnown || !this.#isLoaded;
    byId('order-known', HTMLElement).hidden = !isKnown;
    if (!this.#isLoaded) return;
    say(byId('order-unknown', HTMLElement), t('order.unknown', { order: this.#order }));
    byId('order-facts', HTMLElement).replaceChildren(...factsOf(this.#card));
    byId('order-sent', HTMLElement).hidden = this.#card === null;
    byId('order-sent-links', HTMLElement).replaceChildren(...linksOf(this.#card));
    byId('order-sent-zh', HTMLElement).replaceChildren(...sentIn(this.#card, 'zh_HK'));
    byId('order-sent-en', HTMLElement).replaceChildren(...sentIn(this.#card, 'en_US'));
    byId('steps', HTMLElement).replaceChildren(
      ...this.#entries.map((entry, at) => step(entry, this.#entries.slice(0, at))),
    );
  }
}

/**
 * @param {RequestEntry} entry
 * @param {readonly RequestEntry[]} earlier
 */
function step(entry, earlier) {
  const { command, orderStatus, template, receivedAt, requestId } = entry;
  const follows = followsAs(entry, earlier);
  const verdict = verdictOf(entry);
  return make(
    'li',
    { class: `step ${toneOf[verdict]}`, 'data-verdict': follows === 'healed' ? 'healed' : verdict },
    make(
      'p',
      { class: 'step-head' },
      make('span', { class: 'step-title' }, outcomeText(entry)),
      follows === null
        ? null
        : make('span', { class: `tag ${follows === 'healed' ? 'healed' : ''}` }, t(`step.${follows}`)),
      orderStatus === null ? null : statusChip(template ?? '', orderStatus),
    ),
    make(
      'p',
      { class: 'step-line' },
      make('time', { class: 'soft', datetime: new Date(receivedAt).toISOString() }, clock(receivedAt, locale(), true)),
      command === null ? null : make('span', { class: 'soft', lang: 'en' }, command),
      tags(entry),
    ),
    requestId === null ? null : make('p', { class: 'id soft', lang: 'en' }, requestId),
  );
}

/** @param {CardView | null} card */
function factsOf(card) {
  /** @type {(key: TextKey, value: Content) => Node | null} */
  const row = (key, value) =>
    value === null || value === '' ? null : make('div', {}, make('dt', {}, t(key)), make('dd', {}, value));
  if (card === null) return [row('order.card', t('order.noCard'))].filter(one => one !== null);
  const id = (/** @type {string | null} */ text) => (text === null ? null : make('span', { lang: 'en' }, text));
  const sum = (/** @type {number | null} */ cents, /** @type {string | null} */ currency) =>
    cents === null ? null : money(cents, currency, locale());
  const state = { live: 'good', ended: 'calm', expired: 'warn' }[card.state];
  return [
    row('order.card', make('span', { class: `chip ${state}` }, t(`state.${card.state}`))),
    row('field.template', id(card.template)),
    row('field.user', id(card.userId ?? card.openId)),
    row('field.bizDate', moment(card.bizDate, locale())),
    row('field.endDate', moment(card.endDate, locale())),
    row('field.amount', sum(card.amount, card.amountCurrency)),
    row('field.payAmount', sum(card.payAmount, card.payAmountCurrency)),
    row('field.tradeNo', id(card.tradeNo)),
  ].filter(one => one !== null);
}

/**
 * What of a card concerns no language.
 * @param {CardView | null} card
 */
function linksOf(card) {
  /** @type {readonly (readonly [TextKey, string | null | undefined])[]} */
  const rows = [
    ['field.link', card?.merchantOrderDetailUrl],
    ['field.tinyAppId', card?.tinyAppId],
  ];
  return rows
    .filter(([, value]) => typeof value === 'string')
    .map(([key, value]) => make('div', {}, make('dt', {}, t(key)), make('dd', { lang: 'en' }, value ?? '')));
}

/**
 * Every field of a language as it was sent.
 * @param {CardView | null} card
 * @param {'zh_HK' | 'en_US'} language
 */
function sentIn(card, language) {
  const info = card?.languages[language];
  if (info === undefined) return [make('div', {}, make('dd', {}, t('order.sent.none')))];
  const lang = language === 'zh_HK' ? 'zh-HK' : 'en';
  return Object.entries(info).map(([name, value]) =>
    make('div', {}, make('dt', { lang: 'en' }, name), make('dd', { lang }, plain(value))),
  );
}
