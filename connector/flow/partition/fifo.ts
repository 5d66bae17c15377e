/** A first-in, first-out queue whose ends cost the same however long it is (`Array.shift` does not). */
export class Fifo<T> {
  // A place that was shifted is emptied, so that it keeps nothing in memory.
  #entries: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#entries.length - this.#first;
  }

  push(entry: T): void {
    this.#entries.push(entry);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const entry = this.#entries[this.#first];
    this.#entries[this.#first++] = undefined;
    // Moves the rest down only when half of the array is dead: amortised, each entry is moved once.
    if (this.#first >= 64 && this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }

  get first(): T | undefined {
    return this.#entries[this.#first];
  }

  get last(): T | undefined {
    return this.size === 0 ? undefined : this.#entries.at(-1);
  }

  /** What is in it, the last first. */
  *newestFirst(): Generator<T> {
    for (let place = this.#entries.length - 1; place >= this.#first; place--) {
      const entry = this.#entries[place];
      if (entry !== undefined) yield entry;
    }
  }

  /** Empties the queue and gives what was in it. */
  drain(): readonly T[] {
    const rest: T[] = [];
    for (let entry = this.shift(); entry !== undefined; entry = this.shift()) rest.push(entry);
    return rest;
  }
}
