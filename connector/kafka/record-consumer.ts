import type { Intake } from '../flow/ports.ts';
import type { Offset, PartitionKey } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { DurationMs, MonotonicMs } from '../kernel/time.ts';

/** How the group is joined and how much is fetched. */
export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: DurationMs;
  readonly rebalanceTimeoutMs: DurationMs;
  readonly heartbeatIntervalMs: DurationMs;
  readonly fetchMaxBytes: number;
  readonly fetchMaxBytesPerPartition: number;
  readonly fetchMaxWaitMs: DurationMs;
}

/** Who takes the records. Every function but `quiesce` is synchronous, and none may throw. */
export interface ConsumerListener {
  /** A rebalance begins: a hint, not always given (a join for stale metadata comes without it). */
  rebalancing(): void;
  /**
   * Before the partitions are given out of hand: start nothing new, finish what is in flight, commit. The join waits for it,
   * but no longer than `limitMs`. Commits are accepted until it resolves. May come several times before `assigned`.
   */
  quiesce(limitMs: DurationMs): Promise<void>;
  /**
   * The group's word on what is ours now; called before the first fetch of the new assignment. What was paused may be
   * paused still, or not any more: whoever wants to know says so now. With nothing at all, and then again, where the group may
   * have gone on without us: what comes back then is not what it was.
   */
  assigned(keys: readonly PartitionKey[]): void;
  /** What was fetched, in order; no records at all where there are only transaction markers up to `lastOffset`. */
  receive(key: PartitionKey, records: readonly SourceRecord[], lastOffset: Offset, highWatermark: Offset): void;
}

/** A member of the consumer group. */
export interface RecordConsumer extends Intake {
  /** Joins and fetches, in the background; resolves when kafkajs runs. Throws a {@link Fault} when it cannot start. */
  start(listener: ConsumerListener): Promise<void>;
  /** Goes on reading an assigned partition at this offset; what is on its way from elsewhere does not come any more. */
  seek(key: PartitionKey, offset: Offset): void;
  /** Rejects with a {@link Fault} when the consumer stopped and does not restart by itself (kafkajs#1443). */
  readonly crashed: Promise<never>;
  /** When it last fetched or beat, or waits for a join: what liveness looks at (kafkajs#1545). */
  readonly lastActivityAt: MonotonicMs;
  /** Has it joined the group, since it last stopped? */
  readonly joined: boolean;
  /** Stops fetching and leaves the group; takes at most 5 s, also where no broker answers. Never rejects. */
  close(): Promise<void>;
}
