import type { Offset, PartitionKey } from '../../kernel/position.ts';
import { splitPartitionKey } from '../../kernel/position.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Instant, MonotonicMs } from '../../kernel/time.ts';
import type { Outcome, PartitionEnds, PartitionSnapshot } from '../ports.ts';
import { Fifo } from './fifo.ts';
import { Frontier } from './frontier.ts';

/** One moment on both clocks: for people, and to measure with. */
export interface ClockTimes {
  readonly wall: Instant;
  readonly monotonic: MonotonicMs;
}

/**
 * One assignment of one partition, from the join that gives it to the join that takes it. A partition that comes back
 * gets a new one, so that late outcomes of the old assignment touch nothing.
 */
export class PartitionFlow {
  readonly key: PartitionKey;
  readonly frontier = new Frontier();
  /** Received, not yet interpreted. */
  readonly backlog = new Fifo<SourceRecord>();
  /** A record is being interpreted asynchronously (its schema is fetched): the ones behind it wait. */
  interpreting = false;
  /** Its records wait, since nearly none of its topic's can be mapped (see {@link Misfits}). */
  held = false;
  /** While it is held: the last record that was tried. */
  lookedAt: Offset | null = null;
  /** The source is told not to fetch it. */
  paused = false;
  /** What the journal remembers of it is known: its deliveries may begin. */
  restored = false;
  committed: Offset | null = null;
  /** Since when records wait and no commit moved; null while nothing waits. As of the last commit. */
  uncommittedSince: ClockTimes | null = null;
  highWatermark: Offset | null = null;
  /** The partition's end when it was read first: a former owner, or we before a crash, may have sent what is below. */
  repeatsBelow: Offset | null = null;
  /** Deliveries that are owed. */
  parked = 0;
  /** Conservation: received + recalled = settled + parked + unsettled, always. */
  received = 0;
  /** Owed deliveries that came from the journal. */
  recalled = 0;
  readonly settled: Record<Outcome, number> = { delivered: 0, skipped: 0, superseded: 0, 'dead-lettered': 0 };
  /** Where the group goes on reading it; null where that is not known. */
  #begin: Offset | null = null;
  readonly #revocation = new AbortController();

  constructor(key: PartitionKey) {
    this.key = key;
  }

  /** Aborted when the partition is taken away. */
  get signal(): AbortSignal {
    return this.#revocation.signal;
  }

  get revoked(): boolean {
    return this.#revocation.signal.aborted;
  }

  /**
   * Whether all is read that was there when it was assigned. Only then may an owed delivery go: the source may still
   * repeat a newer change of its order, which the journal does not know of.
   */
  get isReadUp(): boolean {
    if (!this.restored || this.repeatsBelow === null) return false;
    const next =
      this.backlog.first?.offset ?? (this.frontier.highest === null ? this.#begin : this.frontier.highest + 1n);
    return this.repeatsBelow === 0n || (next !== null && next >= this.repeatsBelow);
  }

  /** Below it all is committed; null where that is not known. */
  get committedTo(): Offset | null {
    return this.committed ?? this.#begin;
  }

  /** The journal is read. */
  restore({ begin, end }: PartitionEnds): void {
    this.restored = true;
    this.repeatsBelow = end;
    this.#begin = begin;
  }

  /** A commit was tried: whether it moved, and whether anything waits for the next one. */
  noteCommit(isMoved: boolean, now: ClockTimes): void {
    const next = this.frontier.committable;
    const isWaiting = this.frontier.unsettled > 0 || (next !== null && next !== this.committed);
    if (!isWaiting) this.uncommittedSince = null;
    else if (isMoved) this.uncommittedSince = now;
    else this.uncommittedSince ??= now;
  }

  revoke(): void {
    this.#revocation.abort();
  }

  snapshot(): PartitionSnapshot {
    const { frontier, received, recalled, settled, parked } = this;
    return {
      ...splitPartitionKey(this.key),
      frontier: frontier.committable,
      highest: frontier.highest,
      unsettled: frontier.unsettled,
      oldestUnsettledAt: frontier.oldestUnsettledAt,
      uncommittedSince: this.uncommittedSince?.wall ?? null,
      uncommittedFrom: this.uncommittedSince?.monotonic ?? null,
      highWatermark: this.highWatermark,
      paused: this.paused,
      restored: this.restored,
      received,
      recalled,
      settled: { ...settled },
      parked,
    };
  }
}
