/** Requests of each order that have come and are not answered yet. */
export class InFlight {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Counts a request in; the function it returns counts it out (further calls of that do nothing). */
  enter(order: string): () => void {
    this.#counts.set(order, this.of(order) + 1);
    this.#total += 1;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#leave(order);
    };
  }

  /** Requests of the order in flight now. */
  of(order: string): number {
    return this.#counts.get(order) ?? 0;
  }

  /** Requests of all orders in flight now. */
  get total(): number {
    return this.#total;
  }

  #leave(order: string): void {
    this.#total -= 1;
    const left = this.of(order) - 1;
    if (left > 0) this.#counts.set(order, left);
    else this.#counts.delete(order);
  }
}
