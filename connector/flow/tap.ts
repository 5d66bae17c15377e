import type { PartitionFlow } from './partition-flow.ts';
import type { Intake } from './ports.ts';

/** Opens and closes the source, partition by partition; tells it only what is new. */
export class Tap {
  readonly #intake: Pick<Intake, 'pause' | 'resume'>;

  constructor(intake: Pick<Intake, 'pause' | 'resume'>) {
    this.#intake = intake;
  }

  /** All these partitions are to be paused, or none. */
  set(partitions: Iterable<PartitionFlow>, paused: boolean): void {
    this.#tell(
      [...partitions].filter(partition => partition.paused !== paused),
      paused,
    );
  }

  /** Tells it again after a join: the source may have forgotten what was paused, or (kafkajs) still pause what came back. */
  restate(partitions: Iterable<PartitionFlow>, paused: boolean): void {
    this.#tell([...partitions], paused);
  }

  #tell(partitions: readonly PartitionFlow[], paused: boolean): void {
    if (partitions.length === 0) return;
    for (const partition of partitions) partition.paused = paused;
    const keys = partitions.map(partition => partition.key);
    if (paused) this.#intake.pause(keys);
    else this.#intake.resume(keys);
  }
}
