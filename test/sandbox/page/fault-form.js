/** @import { FaultSpec } from '../faults/fault.ts' */
import { call, oneAtATime } from './api.js';
import { byId, make } from './dom.js';
import { known, t } from './i18n.js';

/** What a kind of fault is called. @param {string} kind */
export function kindName(kind) {
  return known(`fault.${kind}`) ?? kind;
}

/** The form of a fault of one's own: it asks what its kind knows, of the kinds that the sandbox names. */
export class FaultForm {
  /** @type {{ readonly kinds: readonly string[], readonly trueAnswerKinds: readonly string[], readonly resultCodes: readonly string[] } | null} */
  #known = null;
  #form = byId('fault-form', HTMLFormElement);
  #kind = byId('fault-kind', HTMLSelectElement);
  #load = oneAtATime(async () => {
    if (this.#known !== null) return;
    this.#known = await call('/sandbox/fault-kinds');
    this.speak();
  });

  /** @param {(spec: FaultSpec) => void} onAdd */
  constructor(onAdd) {
    this.#kind.addEventListener('input', () => this.#ask());
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      onAdd(this.#read());
    });
  }

  /** Asks the sandbox, once, which kinds there are. */
  offerKinds() {
    return this.#load();
  }

  /** Draws the kinds anew, in the language of now. */
  speak() {
    if (this.#known === null) return;
    const { kinds, trueAnswerKinds, resultCodes } = this.#known;
    const others = kinds.filter(kind => kind !== 'result' && !trueAnswerKinds.includes(kind));
    const { value } = this.#kind;
    /** @type {(label: string, names: readonly string[]) => Node} */
    const group = (label, names) =>
      make('optgroup', { label }, ...names.map(name => make('option', { value: name }, kindName(name))));
    this.#kind.replaceChildren(
      group(t('faults.group.answer'), others),
      group(t('faults.group.true'), trueAnswerKinds),
      group(t('faults.group.code'), resultCodes),
    );
    if (value !== '') this.#kind.value = value;
    this.#ask();
  }

  /** Shows the fields that the chosen kind knows. */
  #ask() {
    const kind = this.#kind.value;
    const isCode = this.#known?.resultCodes.includes(kind) ?? false;
    const isTrueAnswer = this.#known?.trueAnswerKinds.includes(kind) ?? false;
    /** @type {Readonly<Record<string, boolean>>} */
    const asked = {
      status: ['http', 'garbage', 'html', 'empty'].includes(kind),
      retryAfter: kind === 'http',
      location: kind === 'http',
      resultStatus: isCode,
      when: !isTrueAnswer,
    };
    for (const [name, isAsked] of Object.entries(asked)) {
      const field = this.#field(name);
      field.disabled = !isAsked;
      const label = field.closest('label');
      if (label !== null) label.hidden = !isAsked;
    }
    this.#field('status').required = kind === 'http';
    this.#field('delayMs').required = kind === 'slow';
  }

  /** @returns {FaultSpec} */
  #read() {
    const number = (/** @type {string} */ name, factor = 1) => {
      const text = this.#text(name);
      return text === undefined ? undefined : Number((Number(text) * factor).toPrecision(12));
    };
    const rate = number('rate', 0.01);
    const fields = {
      kind: this.#kind.value,
      status: number('status'),
      retryAfter: number('retryAfter'),
      location: this.#text('location'),
      resultStatus: this.#text('resultStatus'),
      delayMs: number('delayMs'),
      when: this.#text('when'),
      rate: rate === 1 ? undefined : rate,
      count: number('count'),
      forMs: number('forS', 1000),
      command: this.#text('command'),
      order: this.#text('order'),
      orderPrefix: this.#text('orderPrefix'),
      name: this.#text('name'),
    };
    // The sandbox checks it, and says what is wrong.
    return JSON.parse(JSON.stringify(fields));
  }

  /** @param {string} name */
  #text(name) {
    const field = this.#field(name);
    const value = field.value.trim();
    return field.disabled || value === '' ? undefined : value;
  }

  /** @param {string} name */
  #field(name) {
    const field = this.#form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) throw new Error(`no field ${name}`);
    return field;
  }
}
