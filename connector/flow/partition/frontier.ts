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
  /** How many changes a record has beyond the first. */
  readonly #shares = new Map<Offset, number>();
  #highest: Offset | null = null;

  /** Takes an offset in; false when it was seen before (kafkajs fetches again after a join: kafkajs#1046). */
  accept(offset: Offset, appendedAt: Instant): boolean {
    if (this.#highest !== null && offset <= this.#highest) return false;
    this.#highest = offset;
    this.#unsettled.set(offset, appendedAt);
    return true;
  }

  /** The record has one change more: its offset is accounted for when all are. */
  share(offset: Offset): void {
    assert(this.#unsettled.has(offset), 'an offset is shared after it was accepted');
    this.#shares.set(offset, (this.#shares.get(offset) ?? 0) + 1);
  }

  /** The source was read up to here, though no record may stand at it. */
  pass(offset: Offset): void {
    if (this.#highest === null || offset > this.#highest) this.#highest = offset;
  }

  /** Accounts for an offset, once; of a shared one, for a change of it. */
  settle(offset: Offset): void {
    const others = this.#shares.get(offset);
    if (others !== undefined) {
      if (others === 1) this.#shares.delete(offset);
      else this.#shares.set(offset, others - 1);
      return;
    }
    assert(this.#unsettled.delete(offset), 'an offset is settled once, after it was accepted');
  }

  /** The next offset to commit, or null before anything was read. */
  get committable(): Offset | null {
    if (this.#highest === null) return null;
    for (const offset of this.#unsettled.keys()) return offset;
    return this.#highest + 1n;
  }

  /** How many changes of received records are not accounted for. */
  get unsettled(): number {
    let count = this.#unsettled.size;
    for (const others of this.#shares.values()) count += others;
    return count;
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
