import type { PartitionKey } from '../../kernel/position.ts';
import type { Clock } from '../../kernel/time.ts';
import type { Intake, Meter } from '../ports.ts';
import type { PartitionFlow } from './partition-flow.ts';

/** Commits the frontier of each partition. */
export class Commits {
  readonly #clock: Clock;
  readonly #intake: Intake;
  readonly #meter: Meter;
  readonly #partitions: ReadonlyMap<PartitionKey, PartitionFlow>;
  #stopped = false;

  constructor(clock: Clock, intake: Intake, meter: Meter, partitions: ReadonlyMap<PartitionKey, PartitionFlow>) {
    this.#clock = clock;
    this.#intake = intake;
    this.#meter = meter;
    this.#partitions = partitions;
  }

  /** An invariant broke: nothing is committed any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Commits where the frontier moved. A refusal is counted, and mended by the next commit. */
  async commit(): Promise<void> {
    if (this.#stopped) return;
    const before = new Map([...this.#partitions.values()].map(partition => [partition, partition.committed]));
    await this.#commitMoved();
    const now = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    for (const [partition, committed] of before) partition.noteCommit(partition.committed !== committed, now);
  }

  async #commitMoved(): Promise<void> {
    const moved = [...this.#partitions.values()].flatMap(partition => {
      const next = partition.frontier.committable;
      return next === null || next === partition.committed ? [] : [{ partition, next }];
    });
    if (moved.length === 0) return;
    try {
      await this.#intake.commit(new Map(moved.map(({ partition, next }) => [partition.key, next])));
      for (const { partition, next } of moved) partition.committed = next;
      this.#meter.committed(true);
    } catch {
      this.#meter.committed(false);
    }
  }
}
