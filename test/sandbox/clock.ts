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

  /** Moves the time ahead by `ms`, which is not negative: cards expire by it. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('time only moves ahead');
    this.#aheadMs += ms;
  }

  /** Back to the real time. */
  reset(): void {
    this.#aheadMs = 0;
  }
}
