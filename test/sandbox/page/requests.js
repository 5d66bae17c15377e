/** @import { RequestEntry } from '../journal/request-entry.ts' */
/** @import { TextKey } from './i18n.js' */
import { call, oneAtATime } from './api.js';
import { byId, make, say } from './dom.js';
import { clock } from './format.js';
import { known, locale, t } from './i18n.js';
import { rove } from './roving.js';
import { toneOf, verdictOf, verdicts } from './verdicts.js';

/** Requests that the page keeps, and those of them that it shows. */
export const keptMax = 1000;
export const rowsMax = 200;

/** The request journal, the newest first. */
export class Requests {
  /** By sequence number, the oldest first. @type {Map<number, RequestEntry>} */
  #kept = new Map();
  /** @type {Map<number, { readonly node: HTMLElement, readonly json: string, readonly entry: RequestEntry }>} */
  #rows = new Map();
  #last = 0;
  #reload = false;
  #list = byId('request-list', HTMLElement);
  #roving = rove(this.#list);
  #order = byId('filter-order', HTMLInputElement);
  #code = byId('filter-code', HTMLSelectElement);
  #verdict = byId('filter-verdict', HTMLSelectElement);
  #load = oneAtATime(() => this.#fetch());
  #onOpen;
  #onEntries;

  /**
   * @param {object} parts
   * @param {(order: string, opener: HTMLElement) => void} parts.onOpen an order is asked for
   * @param {(orders: ReadonlySet<string | null>) => void} parts.onEntries requests of these orders came, or ended
   */
  constructor({ onOpen, onEntries }) {
    this.#onOpen = onOpen;
    this.#onEntries = onEntries;
    for (const filter of [this.#order, this.#code, this.#verdict]) filter.addEventListener('input', () => this.#show());
    this.speak();
  }

  /**
   * Reads on, up to the journal's last entry.
   * @param {number} last
   * @param {boolean} reload forgets what it has first
   */
  follow(last, reload) {
    this.#last = last;
    this.#reload ||= reload;
    void this.#load();
  }

  /** Draws everything anew, in the language of now. */
  speak() {
    const names = verdicts.map(verdict => [verdict, t(/** @type {TextKey} */ (`verdict.${verdict}`))]);
    fill(this.#verdict, [['', t('requests.filterVerdict.all')], ...names]);
    this.#offerCodes();
    this.#rows.clear();
    this.#show();
  }

  async #fetch() {
    const reload = this.#reload;
    this.#reload = false;
    try {
      await this.#read(reload);
    } catch (error) {
      this.#reload ||= reload;
      throw error;
    }
  }

  /** @param {boolean} reload */
  async #read(reload) {
    // From the first that had not ended when it was read: how it ends is news.
    const open = reload ? undefined : [...this.#kept.values()].find(entry => entry.durationMs === null);
    const known = reload ? 0 : (open?.sequence ?? [...this.#kept.keys()].at(-1) ?? 0);
    const after = Math.max(open === undefined ? known : known - 1, this.#last - keptMax, 0);
    /** @type {{ readonly requests: readonly RequestEntry[] }} */
    const { requests } = await call(
      `/sandbox/requests?${new URLSearchParams({ after: String(after), limit: String(keptMax) })}`,
    );
    if (reload) this.#kept.clear();
    for (const entry of requests) this.#kept.set(entry.sequence, entry);
    for (const sequence of this.#kept.keys()) {
      if (this.#kept.size <= keptMax) break;
      this.#kept.delete(sequence);
    }
    this.#offerCodes();
    this.#show();
    this.#onEntries(new Set(requests.map(entry => entry.merchantBizNo)));
  }

  #offerCodes() {
    const codes = new Set([...this.#kept.values()].map(({ resultCode }) => resultCode ?? 'none'));
    if (this.#code.value !== '') codes.add(this.#code.value);
    const names = [...codes].sort().map(code => [code, code === 'none' ? t('totals.none') : code]);
    fill(this.#code, [['', t('requests.filterCode.all')], ...names]);
  }

  #show() {
    const wanted = [...this.#kept.values()]
      .reverse()
      .filter(entry => this.#matches(entry))
      .slice(0, rowsMax);
    const keep = new Set(wanted.map(({ sequence }) => sequence));
    for (const [sequence, { node }] of this.#rows) {
      if (keep.has(sequence)) continue;
      node.remove();
      this.#rows.delete(sequence);
    }
    if (this.#rows.size === 0) this.#list.replaceChildren();
    let place = this.#list.firstElementChild;
    for (const entry of wanted) {
      const json = JSON.stringify(entry);
      const row = this.#rows.get(entry.sequence);
      if (row === undefined) {
        const node = this.#row(entry);
        this.#list.insertBefore(node, place);
        this.#rows.set(entry.sequence, { node, json, entry });
        continue;
      }
      place = row.node.nextElementSibling;
      if (row.json === json) continue;
      const isSame = row.entry.requestId === entry.requestId && row.entry.receivedAt === entry.receivedAt;
      const node = isSame ? row.node : this.#row(entry);
      // Only the end of a request changes: its button, which may have the focus, stays. After a reset the numbers are others' requests.
      if (isSame) node.querySelector('.tags')?.replaceWith(tags(entry));
      else row.node.replaceWith(node);
      this.#rows.set(entry.sequence, { node, json, entry });
    }
    const { size } = this.#kept;
    say(
      byId('requests-shown', HTMLElement),
      size === 0 ? '' : t('requests.shown', { shown: wanted.length, kept: size }),
    );
    const empty = byId('requests-empty', HTMLElement);
    empty.hidden = wanted.length > 0;
    say(empty, t(size === 0 ? 'requests.empty' : 'requests.noMatch'));
    this.#roving.settle();
  }

  /** @param {RequestEntry} entry */
  #matches(entry) {
    const order = this.#order.value.trim();
    return (
      (order === '' || (entry.merchantBizNo?.includes(order) ?? false)) &&
      (this.#code.value === '' || this.#code.value === (entry.resultCode ?? 'none')) &&
      (this.#verdict.value === '' || this.#verdict.value === verdictOf(entry))
    );
  }

  /** @param {RequestEntry} entry */
  #row(entry) {
    const { merchantBizNo: order, command, orderStatus, receivedAt, sequence } = entry;
    const time = make('time', { datetime: new Date(receivedAt).toISOString() }, clock(receivedAt, locale(), true));
    const verdict = verdictOf(entry);
    return make(
      'li',
      { class: 'request', 'data-sequence': String(sequence) },
      make('span', { class: `verdict ${toneOf[verdict]}` }, outcomeText(entry)),
      order === null ? make('span', { class: 'order' }, '—') : this.#orderButton(order),
      make(
        'span',
        { class: 'what', lang: 'en' },
        [command, orderStatus].filter(part => part !== null).join(' · ') || '—',
      ),
      tags(entry),
      make('span', { class: 'at soft' }, time),
    );
  }

  /** @param {string} order */
  #orderButton(order) {
    const button = make('button', { type: 'button', class: 'order', tabindex: '-1', lang: 'en' }, order);
    button.addEventListener('click', () => this.#onOpen(order, button));
    return button;
  }
}

/** What the sandbox did with a request, in words. @param {RequestEntry} entry */
export function outcomeText({ outcome }) {
  return outcome.startsWith('fault:') ? t('outcome.fault') : (known(`outcome.${outcome}`) ?? outcome);
}

/**
 * What was answered, and what is unusual about a request.
 * @param {RequestEntry} entry
 */
export function tags({ resultCode, outcome, fault, inFlight, durationMs, answered }) {
  const isOpen = durationMs === null;
  return make(
    'span',
    { class: 'tags' },
    resultCode === null
      ? make('span', { class: 'tag' }, isOpen ? t('step.waiting') : t('step.noResult'))
      : make('span', { class: `tag ${resultCode === 'SUCCESS' ? '' : 'odd'}`, lang: 'en' }, resultCode),
    fault === null || fault === resultCode
      ? null
      : make('span', { class: 'tag fault' }, outcome.startsWith('fault:') ? fault : t('step.answerLost', { fault })),
    inFlight > 1 ? make('span', { class: 'tag fault' }, t('step.overlapping', { count: inFlight })) : null,
    isOpen || answered === false
      ? null
      : make('span', { class: 'soft ms' }, t('step.ms', { ms: Math.round(durationMs) })),
  );
}

/**
 * Gives a select these options, and keeps its choice.
 * @param {HTMLSelectElement} select
 * @param {readonly (readonly string[])[]} options value and text of each
 */
function fill(select, options) {
  const { value } = select;
  const text = JSON.stringify(options);
  if (select.dataset.options === text) return;
  select.dataset.options = text;
  select.replaceChildren(...options.map(([name = '', words = '']) => make('option', { value: name }, words)));
  select.value = value;
}
