import type { MonotonicMs } from '../../kernel/time.ts';

interface Due<T> {
  readonly at: MonotonicMs;
  /** Of those due at the same moment, who came first goes first. */
  readonly turn: number;
  readonly what: T;
}

/** What is due when: a binary heap, so that thousands cost no more to keep than a few. */
export class DueQueue<T> {
  readonly #heap: Due<T>[] = [];
  #turns = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the first is due, or null. */
  get nextAt(): MonotonicMs | null {
    return this.#heap[0]?.at ?? null;
  }

  push(at: MonotonicMs, what: T): void {
    const heap = this.#heap;
    const due = { at, turn: this.#turns++, what };
    let place = heap.length;
    heap.push(due);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, due)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = due;
  }

  /** Takes out the first, if it is due. */
  take(now: MonotonicMs): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first.what;
  }

  /** Lets a due find its place from the top. */
  #sink(due: Due<T>): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(due, child)) break;
      heap[place] = child;
      place = 2 * place + (child === right ? 2 : 1);
    }
    heap[place] = due;
  }
}

function isBefore<T>(one: Due<T>, other: Due<T>): boolean {
  return one.at < other.at || (one.at === other.at && one.turn < other.turn);
}
