/** @import { UserView } from '../rules/users.ts' */
import { call, unlessAway } from './api.js';
import { byId, make, say } from './dom.js';
import { counted, t } from './i18n.js';

const optionsMax = 50;
const typingMs = 150;

/**
 * The choice of the user whose phone is shown: a combobox (ARIA 1.2, "list autocomplete"), for there can be thousands.
 */
export class Users {
  /** @type {string | null} null: all */
  #user = null;
  #input = byId('user', HTMLInputElement);
  #list = byId('user-list', HTMLElement);
  #status = byId('user-status', HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing = undefined;
  #asked = 0;
  #onChoose;

  /** @param {(user: string | null) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.#input.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#offer(this.#input.value.trim()), typingMs);
    });
    this.#input.addEventListener('click', () => this.#offer(''));
    this.#input.addEventListener('focus', () => this.#input.select());
    this.#input.addEventListener('keydown', event => this.#key(event));
    this.#input.addEventListener('blur', () => this.#close());
    // Else the input would lose the focus, and the list would close before the click.
    this.#list.addEventListener('pointerdown', event => event.preventDefault());
    this.#list.addEventListener('click', event => {
      const option = event.target instanceof Element ? event.target.closest('[role=option]') : null;
      if (option instanceof HTMLElement) this.#choose(option);
    });
  }

  /** The chosen user; null: all. */
  get user() {
    return this.#user;
  }

  /** Takes a user without telling of it. @param {string | null} user */
  take(user) {
    this.#user = user;
    this.speak();
  }

  /** Draws everything anew, in the language of now. */
  speak() {
    this.#input.value = this.#user ?? t('user.everyone');
  }

  /** @param {string} search */
  #offer(search) {
    this.#search(search).catch(unlessAway);
  }

  /** @param {string} search */
  async #search(search) {
    const asked = ++this.#asked;
    const query = new URLSearchParams({ search, limit: String(optionsMax) });
    /** @type {{ readonly users: readonly UserView[], readonly total: number }} */
    const { users, total } = await call(`/sandbox/users?${query}`);
    // Another key has been pressed meanwhile, or the list was left.
    if (asked !== this.#asked || document.activeElement !== this.#input) return;
    const everyone = search === '' ? [this.#option('', t('user.everyone'), '')] : [];
    const options = users.map(({ user, live }) => this.#option(user, user, counted('users.cards', live)));
    this.#list.replaceChildren(...everyone, ...options);
    say(this.#status, total === 0 ? t('user.none') : t('user.results', { shown: users.length, total }));
    this.#list.hidden = this.#list.childElementCount === 0;
    this.#input.setAttribute('aria-expanded', String(!this.#list.hidden));
    this.#mark(
      this.#list.querySelector('[aria-selected=true]') ?? (search === '' ? null : this.#list.firstElementChild),
    );
  }

  /**
   * @param {string} user
   * @param {string} name
   * @param {string} more
   */
  #option(user, name, more) {
    return make(
      'li',
      {
        role: 'option',
        id: `user-${user || 'everyone'}`,
        'data-user': user,
        'aria-selected': String(user === (this.#user ?? '')),
      },
      make('span', {}, name),
      make('span', { class: 'soft' }, more),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isOpen = !this.#list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!isOpen) this.#offer('');
      else this.#move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && isOpen) {
      event.preventDefault();
      const option = this.#active();
      if (option !== null) this.#choose(option);
    } else if (event.key === 'Escape') {
      this.#close();
    }
  }

  /** @param {1 | -1} by */
  #move(by) {
    const options = [...this.#list.children];
    const active = this.#active();
    const at = active === null ? (by === 1 ? -1 : 0) : options.indexOf(active);
    this.#mark(options.at((at + by) % options.length) ?? null);
  }

  #active() {
    const node = document.getElementById(this.#input.getAttribute('aria-activedescendant') ?? '');
    return node !== null && this.#list.contains(node) ? node : null;
  }

  /** @param {Element | null} option */
  #mark(option) {
    for (const other of this.#list.querySelectorAll('.active')) other.classList.remove('active');
    option?.classList.add('active');
    option?.scrollIntoView({ block: 'nearest' });
    if (option === null) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', option.id);
  }

  /** @param {HTMLElement} option */
  #choose(option) {
    this.take(option.dataset.user || null);
    this.#close();
    say(this.#status, t('user.shows', { user: this.#input.value }));
    this.#onChoose(this.#user);
  }

  #close() {
    this.#asked++;
    clearTimeout(this.#typing);
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
    this.speak();
  }
}
