/** @import { CardView } from '../http/control-api.ts' */
import { cardContent, isInLanguage, titleOf } from './cards/card.js';
import { byId, make, say } from './dom.js';
import { clock } from './format.js';
import { cardLanguage, counted, locale, t } from './i18n.js';
import { rove } from './roving.js';

/** Cards the phone holds, and those it remembers to have lost. */
export const cardsMax = 1000;
export const goneMax = 3;

/**
 * A card on the phone.
 * @typedef {object} Shown
 * @property {CardView} card
 * @property {string} json
 * @property {HTMLElement} node
 * @property {HTMLElement} content
 * @property {HTMLButtonElement} button
 */

/** The phone: the live cards, the newest first. Only what has changed is drawn. */
export class Phone {
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  /** @type {readonly CardView[]} the last first */
  #gone = [];
  #withUser = true;
  /** While everything is loaded, nothing of it is news. */
  #isLoading = false;
  #list = byId('cards', HTMLElement);
  #roving = rove(this.#list);
  #goneRoving = rove(byId('gone', HTMLElement));
  #now;
  #onOpen;

  /**
   * @param {object} parts
   * @param {() => number} parts.now the sandbox's time
   * @param {(order: string, opener: HTMLElement) => void} parts.onOpen an order is asked for
   */
  constructor({ now, onOpen }) {
    this.#now = now;
    this.#onOpen = onOpen;
    setInterval(() => this.expire(), 1000);
  }

  /**
   * Shows these cards and no others.
   * @param {readonly CardView[]} live
   * @param {readonly CardView[]} gone
   * @param {boolean} withUser whether they are of several users
   */
  replaceAll(live, gone, withUser) {
    const wanted = new Set(live.map(card => card.merchantBizNo));
    for (const order of [...this.#shown.keys()]) if (!wanted.has(order)) this.#remove(order);
    this.#gone = gone.slice(0, goneMax);
    const redraw = this.#withUser !== withUser;
    this.#withUser = withUser;
    if (redraw) this.speak();
    this.#isLoading = true;
    // The oldest first: each then goes to the top, where its place is found at once.
    for (const card of live.toReversed().sort((one, other) => one.createdAt - other.createdAt)) this.#put(card);
    this.#isLoading = false;
    this.expire();
    this.#tellCounts();
  }

  /** Takes in cards that have changed. @param {readonly CardView[]} cards */
  apply(cards) {
    for (const card of cards) {
      const before = this.#shown.get(card.merchantBizNo)?.card;
      if (before !== undefined && before.updatedAt > card.updatedAt) continue;
      if (card.state === 'live') this.#put(card);
      else this.#leave(card);
    }
    if (cards.length > 0) this.#tellCounts();
  }

  /** Draws everything anew, in the language of now. */
  speak() {
    for (const shown of this.#shown.values()) this.#draw(shown);
    this.#tellCounts();
  }

  /** @param {CardView} card */
  #put(card) {
    const json = JSON.stringify(card);
    const order = card.merchantBizNo;
    const shown = this.#shown.get(order);
    if (shown?.json === json) return;
    this.#gone = this.#gone.filter(({ merchantBizNo }) => merchantBizNo !== order);
    if (shown !== undefined && shown.card.createdAt === card.createdAt) {
      Object.assign(shown, { card, json });
      this.#draw(shown);
      this.#flash(shown.node);
      return;
    }
    this.#remove(order);
    this.#insert(card, json);
    if (this.#shown.size > cardsMax) this.#removeOldest();
  }

  /**
   * @param {CardView} card
   * @param {string} json
   */
  #insert(card, json) {
    const content = make('div', { class: 'content' });
    const button = make('button', { type: 'button', class: 'history', tabindex: '-1' });
    const article = make('article', { class: 'card', 'data-template': card.template }, content, button);
    const node = make('li', { 'data-order': card.merchantBizNo }, article);
    const shown = { card, json, node, content, button };
    button.addEventListener('click', () => this.#onOpen(shown.card.merchantBizNo, button));
    this.#draw(shown);
    this.#shown.set(card.merchantBizNo, shown);
    this.#list.insertBefore(node, this.#firstOlderThan(card.createdAt));
    this.#flash(node);
  }

  /** @param {number} createdAt */
  #firstOlderThan(createdAt) {
    for (let node = this.#list.firstElementChild; node !== null; node = node.nextElementSibling) {
      const other = node instanceof HTMLElement ? this.#shown.get(node.dataset.order ?? '') : undefined;
      if (other !== undefined && other.card.createdAt <= createdAt) return node;
    }
    return null;
  }

  /** @param {Shown} shown */
  #draw({ card, node, content, button }) {
    node.hidden = !isInLanguage(card);
    content.replaceChildren(...cardContent(card, this.#now(), this.#withUser).filter(part => part !== null));
    say(button, t('cards.history'));
    button.setAttribute('aria-label', t('cards.historyOf', { order: card.merchantBizNo }));
  }

  #removeOldest() {
    const last = this.#list.lastElementChild;
    if (last instanceof HTMLElement) this.#remove(last.dataset.order ?? '');
  }

  /** @param {string} order */
  #remove(order) {
    const node = this.#shown.get(order)?.node;
    if (node?.contains(document.activeElement)) {
      const next = node.nextElementSibling ?? node.previousElementSibling;
      next?.querySelector('button')?.focus();
    }
    node?.remove();
    this.#shown.delete(order);
  }

  /** A card that is over leaves a trace. @param {CardView} card */
  #leave(card) {
    this.#remove(card.merchantBizNo);
    const others = this.#gone.filter(({ merchantBizNo }) => merchantBizNo !== card.merchantBizNo);
    this.#gone = [card, ...others].slice(0, goneMax);
  }

  /** Takes the cards off whose time is over. */
  expire() {
    const now = this.#now();
    const over = [...this.#shown.values()].filter(({ card }) => now >= card.endDate);
    for (const { card } of over) this.#leave({ ...card, state: 'expired' });
    if (over.length > 0) this.#tellCounts();
  }

  #tellCounts() {
    const hidden = [...this.#shown.values()].filter(({ node }) => node.hidden).length;
    const count = this.#shown.size - hidden;
    say(byId('cards-count', HTMLElement), counted('cards.count', count));
    byId('cards-empty', HTMLElement).hidden = count > 0;
    const notes = [
      hidden > 0 ? t('cards.hidden', { count: hidden }) : '',
      this.#shown.size >= cardsMax ? t('cards.more', { count: cardsMax }) : '',
    ];
    say(byId('cards-note', HTMLElement), notes.join(' ').trim());
    this.#roving.settle();
    this.#tellGone();
  }

  /** Lets the eye see what has changed. @param {HTMLElement} node */
  #flash(node) {
    if (this.#isLoading) return;
    node.classList.remove('fresh');
    requestAnimationFrame(() => node.classList.add('fresh'));
  }

  #tellGone() {
    byId('gone-area', HTMLElement).hidden = this.#gone.length === 0;
    const rows = this.#gone.map(card => this.#goneRow(card));
    const list = byId('gone', HTMLElement);
    if (rows.map(row => row.textContent).join() === list.textContent) return;
    list.replaceChildren(...rows);
    this.#goneRoving.settle();
  }

  /** @param {CardView} card */
  #goneRow(card) {
    const order = card.merchantBizNo;
    const name = isInLanguage(card) ? titleOf(card) : order;
    const button = make('button', { type: 'button', tabindex: '-1', 'data-order': order }, name);
    button.addEventListener('click', () => this.#onOpen(order, button));
    const text =
      card.state === 'expired'
        ? t('gone.expired', { time: clock(card.endDate, locale()) })
        : t('gone.ended', { time: clock(card.updatedAt, locale()) });
    return make('li', { 'data-language': cardLanguage() }, button, make('span', { class: 'soft' }, text));
  }
}
