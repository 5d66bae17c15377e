import { assert } from '../../kernel/assert.ts';
import type { Offset } from '../../kernel/position.ts';
import type { Instant } from '../../kernel/time.ts';

/**
 * The offsets of one partition that are received and not yet accounted for. The *frontier* is the lowest of them: all
 * below may be committed, however many above it are done.
 *
 * Only received offsets are tracked, so gaps (compaction, transaction markers) cost nothing.
 */
export class Frontier {
  // A Map keeps insertion order and offsets arrive rising, so its first key is the lowest.
  readonly #unsettled = new Map<Offset, Instant>();
  #highest: Offset | null = null;

  /** Takes an offset in; false when it was seen before (kafkajs fetches again after a join: kafkajs#1046). */
  accept(offset: Offset, appendedAt: Instant): boolean {
    if (this.#highest !== null && offset <= this.#highest) return false;
    this.#highest = offset;
    this.#unsettled.set(offset, appendedAt);
    return true;
  }

  /** The source was read up to here, though no record may stand at it. */
  pass(offset: Offset): void {
    if (this.#highest === null || offset > this.#highest) this.#highest = offset;
  }

  /** Accounts for an offset, once. */
  settle(offset: Offset): void {
    assert(this.#unsettled.delete(offset), 'an offset is settled once, after it was accepted');
  }

  /** The next offset to commit, or null before anything was read. */
  get committable(): Offset | null {
    if (this.#highest === null) return null;
    for (const offset of this.#unsettled.keys()) return offset;
    return this.#highest + 1n;
  }

  /** How many received offsets are not accounted for. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** The highest offset read, or null. */
  get highest(): Offset | null {
    return this.#highest;
  }

  /** When the record at the frontier was appended, or null when all are accounted for. */
  get oldestUnsettledAt(): Instant | null {
    for (const appendedAt of this.#unsettled.values()) return appendedAt;
    return null;
  }
}
