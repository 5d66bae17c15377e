/** @import { SandboxStats } from '../http/control-api.ts' */
import { call, oneAtATime } from './api.js';
import { byId, make } from './dom.js';
import { locale, t } from './i18n.js';

/** The totals over all requests; a breach of what a client must keep is among them only when there is one. */
export class Totals {
  /** @type {SandboxStats | null} */
  #stats = null;
  #load = oneAtATime(async () => {
    this.#stats = await call('/sandbox/stats');
    this.speak();
  });

  /** Reads them anew. */
  follow() {
    void this.#load();
  }

  /** Draws them in the language of now. */
  speak() {
    const stats = this.#stats;
    if (stats === null) return;
    const codes = Object.entries(stats.byResultCode).sort(([, one], [, other]) => other - one);
    const rows = [
      total(stats.cards, t('totals.cards')),
      total(stats.requests, t('totals.requests')),
      total(stats.inFlight, t('totals.inFlight')),
      ...codes.map(([code, count]) => (code === 'none' ? total(count, t('totals.none')) : total(count, code, 'code'))),
      stats.concurrencyViolations > 0 ? total(stats.concurrencyViolations, t('totals.overlapping'), 'breach') : null,
      stats.requestIdConflicts > 0 ? total(stats.requestIdConflicts, t('totals.conflicts'), 'breach') : null,
    ];
    byId('totals', HTMLElement).replaceChildren(...rows.filter(row => row !== null));
  }
}

/**
 * @param {number} count
 * @param {string} name
 */
function total(count, name, className = '') {
  const shown = new Intl.NumberFormat(locale()).format(count);
  const label = make('span', { lang: className === 'code' ? 'en' : null }, name);
  return make('li', { class: className }, make('strong', {}, shown), label);
}
