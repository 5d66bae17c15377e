import type { Clock, MonotonicMs } from '../../kernel/time.ts';

/** Rings once at the earliest of the moments it was set to; a later one is set again by whoever is rung for. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #stopping: AbortSignal;
  readonly #ring: () => void;
  readonly #fail: (error: unknown) => void;
  #set: { readonly at: MonotonicMs; readonly cancel: AbortController } | null = null;

  constructor(parts: {
    readonly clock: Clock;
    /** Aborted when it is to ring no more. */
    readonly stopping: AbortSignal;
    readonly ring: () => void;
    readonly fail: (error: unknown) => void;
  }) {
    this.#clock = parts.clock;
    this.#stopping = parts.stopping;
    this.#ring = parts.ring;
    this.#fail = parts.fail;
  }

  /** A moment that has come, or null, sets nothing. */
  set(at: MonotonicMs | null): void {
    const now = this.#clock.monotonic();
    if (at === null || at <= now || (this.#set !== null && this.#set.at <= at)) return;
    this.#set?.cancel.abort();
    const timer = { at, cancel: new AbortController() };
    this.#set = timer;
    this.#clock
      .sleep(at - now, AbortSignal.any([timer.cancel.signal, this.#stopping]))
      .then(() => {
        if (this.#set !== timer) return;
        this.#set = null;
        this.#ring();
      })
      .catch(this.#fail);
  }
}
