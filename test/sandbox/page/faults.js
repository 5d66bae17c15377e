/** @import { FaultSpec } from '../faults/fault.ts' */
/** @import { PlannedFault } from '../faults/fault-plan.ts' */
import { call, oneAtATime } from './api.js';
import { byId, make, say } from './dom.js';
import { FaultForm, kindName } from './fault-form.js';
import { counted, t } from './i18n.js';

/** Faults for one press, by the text of their buttons. */
const presets = /** @type {const} */ ({
  flaky: { kind: 'http', status: 503, rate: 0.1 },
  limited: { kind: 'REQUEST_TRAFFIC_EXCEED_LIMIT', rate: 0.2 },
  timeouts: { kind: 'timeout', rate: 0.05 },
  lost: { kind: 'drop', when: 'after', rate: 0.1 },
  down: { kind: 'http', status: 503, forMs: 30_000 },
});

const pollMs = 1_000;

/** What is to go wrong: the faults planned, and ways to plan more. */
export class Faults {
  /** @type {readonly PlannedFault[]} */
  #faults = [];
  /** @type {Map<number, { readonly node: HTMLElement, readonly button: HTMLButtonElement, readonly text: HTMLElement }>} */
  #rows = new Map();
  #load = oneAtATime(() => this.#fetch());
  #said = byId('fault-said', HTMLElement);
  #form = new FaultForm(spec => this.#add(spec));

  constructor() {
    for (const button of document.querySelectorAll('[data-preset]')) {
      if (!(button instanceof HTMLButtonElement)) continue;
      const preset = Object.entries(presets).find(([name]) => name === button.dataset.preset)?.[1];
      button.addEventListener('click', () => preset && this.#add(preset));
    }
    byId('faults-clear', HTMLElement).addEventListener('click', () => this.#clear());
    // One with an end ends without an event.
    setInterval(() => {
      if (this.#faults.some(({ active, forMs }) => active && forMs !== undefined)) this.follow();
    }, pollMs);
    this.speak();
  }

  /** Reads the faults anew. */
  follow() {
    void this.#load();
    void this.#form.offerKinds();
  }

  /** Draws everything anew, in the language of now. */
  speak() {
    this.#form.speak();
    for (const { node } of this.#rows.values()) node.remove();
    this.#rows.clear();
    this.#show();
  }

  async #fetch() {
    ({ faults: this.#faults } = await call('/sandbox/faults'));
    this.#show();
  }

  /** @param {FaultSpec} spec */
  async #add(spec) {
    await this.#do(async () => {
      await call('/sandbox/faults', { method: 'POST', json: spec });
      return t('faults.added', { fault: describe(spec) });
    });
  }

  async #clear() {
    await this.#do(async () => {
      await call('/sandbox/faults', { method: 'DELETE' });
      byId('fault-list-title', HTMLElement).focus();
      return t('faults.removedAll');
    });
  }

  /** @param {PlannedFault} fault */
  async #remove(fault) {
    const at = this.#faults.indexOf(fault);
    await this.#do(async () => {
      await call(`/sandbox/faults/${fault.id}`, { method: 'DELETE' });
      // The button goes with its fault: the focus goes to the next one's.
      const next = this.#faults[at + 1] ?? this.#faults[at - 1];
      (this.#rows.get(next?.id ?? 0)?.button ?? byId('fault-list-title', HTMLElement)).focus();
      return t('faults.removed', { fault: describe(fault) });
    });
  }

  /** Does it, and tells what came of it. @param {() => Promise<string>} task */
  async #do(task) {
    try {
      say(this.#said, await task());
      this.#said.classList.remove('bad');
    } catch (error) {
      say(this.#said, t('faults.refused', { why: error instanceof Error ? error.message : String(error) }));
      this.#said.classList.add('bad');
    }
    this.follow();
  }

  #show() {
    const ids = new Set(this.#faults.map(({ id }) => id));
    for (const [id, { node }] of this.#rows) {
      if (ids.has(id)) continue;
      node.remove();
      this.#rows.delete(id);
    }
    for (const fault of this.#faults) {
      const row = this.#rows.get(fault.id) ?? this.#row(fault);
      row.node.classList.toggle('over', !fault.active);
      say(row.text, `${t(fault.active ? 'faults.active' : 'faults.over')} · ${counted('faults.fired', fault.fired)}`);
    }
    byId('faults-none', HTMLElement).hidden = this.#faults.length > 0;
    byId('faults-clear', HTMLElement).hidden = this.#faults.length === 0;
  }

  /** @param {PlannedFault} fault */
  #row(fault) {
    const text = make('p', { class: 'fault-state' });
    const button = make(
      'button',
      { type: 'button', 'aria-label': t('faults.removeOf', { fault: describe(fault) }) },
      t('faults.remove'),
    );
    button.addEventListener('click', () => this.#remove(this.#faults.find(({ id }) => id === fault.id) ?? fault));
    const node = make(
      'li',
      { class: 'fault-row' },
      make('div', {}, make('p', { class: 'fault-what' }, describe(fault)), text),
      button,
    );
    byId('fault-list', HTMLElement).append(node);
    const row = { node, button, text };
    this.#rows.set(fault.id, row);
    return row;
  }
}

/** A fault in a line: what happens, to which requests. @param {FaultSpec} fault */
function describe(fault) {
  const { kind, code, status, rate, command, order, orderPrefix, forMs, count, delayMs, when, name } = fault;
  const what = kind === 'result' ? (code ?? kind) : kind === 'http' ? `HTTP ${status}` : kindName(kind);
  return [
    name === undefined || name === code || name === `http-${status}` || name === kind ? what : `${name}: ${what}`,
    rate === undefined ? t('faults.always') : `${Number((rate * 100).toPrecision(4))} %`,
    command,
    order,
    orderPrefix && `${orderPrefix}…`,
    count && `× ${count}`,
    forMs && `${forMs / 1000} s`,
    delayMs && `+${delayMs} ms`,
    when === 'after' && `${t('faults.when')} ${t('faults.when.after')}`,
  ]
    .filter(part => typeof part === 'string' && part !== '')
    .join(' · ');
}
