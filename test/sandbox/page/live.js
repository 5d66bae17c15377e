/** @import { LiveChange } from '../http/live-events.ts' */

const retryMs = 2_000;

/** The stream of changes. It comes back by itself, and says when it is gone. */
export class Live {
  /** @type {EventSource | null} */
  #source = null;
  #url = '';
  /** Of the sandbox's clock over ours. */
  #aheadMs = 0;
  #onChange;
  #onState;

  /**
   * @param {object} hears
   * @param {(change: LiveChange) => void} hears.onChange
   * @param {(state: 'connecting' | 'live' | 'lost') => void} hears.onState
   */
  constructor({ onChange, onState }) {
    this.#onChange = onChange;
    this.#onState = onState;
  }

  /** The sandbox's time, epoch ms. */
  now() {
    return Date.now() + this.#aheadMs;
  }

  /**
   * Follows the cards of a user, or all; its first event asks to load everything.
   * @param {string | null} user
   */
  watch(user) {
    this.#source?.close();
    this.#url = user === null ? '/sandbox/events' : `/sandbox/events?${new URLSearchParams({ user })}`;
    this.#open();
  }

  #open() {
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('changed', event => {
      /** @type {LiveChange} */
      const change = JSON.parse(event.data);
      this.#aheadMs = change.now - Date.now();
      this.#onState('live');
      this.#onChange(change);
    });
    source.addEventListener('error', () => {
      if (this.#source !== source) return;
      this.#onState('lost');
      // The browser tries again by itself, unless what answered was no stream.
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(() => {
          if (this.#source === source) this.#open();
        }, retryMs);
      }
    });
  }
}
