import type { PartitionKey } from '../../kernel/position.ts';
import type { Intake } from '../ports.ts';
import type { PartitionFlow } from './partition-flow.ts';

/** Pauses and resumes the source: a partition is open when nothing speaks against it for all, and its journal is read. */
export class Valve {
  readonly #intake: Intake;
  readonly #partitions: ReadonlyMap<PartitionKey, PartitionFlow>;
  readonly #wantsPause: () => boolean;
  readonly #wantsPauseOfHeld: () => boolean;
  #closed = false;

  /** `wantsPauseOfHeld`: of the partitions that are held (see {@link PartitionFlow.held}), whose records wait apart. */
  constructor(
    intake: Intake,
    partitions: ReadonlyMap<PartitionKey, PartitionFlow>,
    wantsPause: () => boolean,
    wantsPauseOfHeld: () => boolean,
  ) {
    this.#intake = intake;
    this.#partitions = partitions;
    this.#wantsPause = wantsPause;
    this.#wantsPauseOfHeld = wantsPauseOfHeld;
  }

  /** Tells the source nothing any more. */
  close(): void {
    this.#closed = true;
  }

  /** Asked after every delivery: mostly nothing is new. */
  regulate(): void {
    const pause = this.#wantsPause();
    const others: PartitionFlow[] = [];
    for (const partition of this.#partitions.values()) {
      if (partition.paused !== this.#isToPause(partition, pause)) others.push(partition);
    }
    this.#tell(others, pause);
  }

  /** The source may have forgotten what was paused, or (kafkajs) still pause what came back: it is told all again. */
  tellAll(): void {
    this.#tell([...this.#partitions.values()], this.#wantsPause());
  }

  #isToPause(partition: PartitionFlow, pause: boolean): boolean {
    return !partition.restored || (partition.held ? this.#wantsPauseOfHeld() : pause);
  }

  #tell(partitions: readonly PartitionFlow[], pause: boolean): void {
    if (this.#closed || partitions.length === 0) return;
    const [paused, open]: [PartitionKey[], PartitionKey[]] = [[], []];
    for (const partition of partitions) {
      partition.paused = this.#isToPause(partition, pause);
      (partition.paused ? paused : open).push(partition.key);
    }
    if (paused.length > 0) this.#intake.pause(paused);
    if (open.length > 0) this.#intake.resume(open);
  }
}
