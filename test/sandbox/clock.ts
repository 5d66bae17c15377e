/** A year before the last moment that ISO-8601 writes with four digits of the year, so that answers can still name their time. */
const latest = Date.UTC(9999, 0, 1);

/** The sandbox's time: the real one, moved ahead on demand. */
export class SandboxClock {
  readonly #real: () => number;
  #aheadMs = 0;

  /** `real` gives epoch ms. */
  constructor(real: () => number = Date.now) {
    this.#real = real;
  }

  /** Epoch ms. */
  now(): number {
    return this.#real() + this.#aheadMs;
  }

  /** Moves the time ahead by `ms`, which is not negative: cards expire by it. Past the year 9998 throws a RangeError and changes nothing. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('time only moves ahead');
    if (!(this.now() + ms < latest)) throw new RangeError('time ends with the year 9998');
    this.#aheadMs += ms;
  }

  /** Back to the real time. */
  reset(): void {
    this.#aheadMs = 0;
  }
}
