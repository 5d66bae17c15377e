/** A first-in, first-out queue whose ends cost the same however long it is (`Array.shift` does not). */
export class Fifo<T> {
  #entries: T[] = [];
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
    this.#first++;
    // Moves the rest down only when half of the array is dead: amortised, each entry is moved once.
    if (this.#first >= 64 && this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }

  /** Empties the queue and gives what was in it. */
  drain(): readonly T[] {
    const rest = this.#entries.slice(this.#first);
    this.#entries = [];
    this.#first = 0;
    return rest;
  }
}
