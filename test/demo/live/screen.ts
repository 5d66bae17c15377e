import { stripVTControlCharacters } from 'node:util';

const drawEveryMs = 500;
const printEveryMs = 2_000;

/** Where the demo shows how it goes: a block drawn over and over on a terminal, else a line now and then. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #drawn = 0;
  #line = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  /** Pause between two calls of {@link show}, in milliseconds. */
  get everyMs(): number {
    return this.isTerminal ? drawEveryMs : printEveryMs;
  }

  /** Draws the block over the last one, or prints the line. */
  show(block: () => readonly string[], line: () => string): void {
    if (!this.isTerminal) {
      const now = line();
      if (now !== this.#line) this.#out.write(`${now}\n`);
      this.#line = now;
      return;
    }
    // A line that wraps would count as two when the block is drawn over.
    const width = this.#out.columns - 1;
    const lines = block().map(text => stripVTControlCharacters(text).slice(0, width));
    this.#out.write(`${this.#toTop()}${lines.map(text => `${text}\n`).join('')}`);
    this.#drawn = lines.length;
  }

  /** Prints text that stays. */
  print(text: string): void {
    this.#out.write(`${text}\n`);
    this.#drawn = 0;
  }

  #toTop(): string {
    return this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A\x1b[J`;
  }
}
