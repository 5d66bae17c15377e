import type { Offset, PartitionKey } from '../kernel/position.ts';
import { splitPartitionKey } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import { Fifo } from './fifo.ts';
import { Frontier } from './frontier.ts';
import type { PartitionSnapshot } from './ports.ts';

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
  /** The source is told not to fetch it. */
  paused = false;
  committed: Offset | null = null;
  highWatermark: Offset | null = null;
  /** The partition's end when it was read first: a former owner, or we before a crash, may have sent what is below. */
  repeatsBelow: Offset | null = null;
  readonly #revocation = new AbortController();

  /** `isFirstRun`: nobody has ever read it, so nothing in it is a repetition. */
  constructor(key: PartitionKey, isFirstRun = false) {
    this.key = key;
    if (isFirstRun) this.repeatsBelow = 0n;
  }

  /** Aborted when the partition is taken away. */
  get signal(): AbortSignal {
    return this.#revocation.signal;
  }

  get revoked(): boolean {
    return this.#revocation.signal.aborted;
  }

  revoke(): void {
    this.#revocation.abort();
  }

  snapshot(): PartitionSnapshot {
    const { frontier } = this;
    return {
      ...splitPartitionKey(this.key),
      frontier: frontier.committable,
      highest: frontier.highest,
      unsettled: frontier.unsettled,
      oldestUnsettledAt: frontier.oldestUnsettledAt,
      highWatermark: this.highWatermark,
      paused: this.paused,
    };
  }
}
