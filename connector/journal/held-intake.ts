import type { Intake } from '../flow/ports.ts';
import type { PartitionKey } from '../kernel/position.ts';

/** The source's tap for the flow: a partition that is held is not opened, but later, when it is not held any more. */
export class HeldIntake implements Intake {
  readonly #tap: Intake;
  readonly #isHeld: (key: PartitionKey) => boolean;
  readonly #wanted = new Set<PartitionKey>();

  constructor(tap: Intake, isHeld: (key: PartitionKey) => boolean) {
    this.#tap = tap;
    this.#isHeld = isHeld;
  }

  pause(keys: readonly PartitionKey[]): void {
    for (const key of keys) this.#wanted.delete(key);
    this.#tap.pause(keys);
  }

  resume(keys: readonly PartitionKey[]): void {
    for (const key of keys) if (this.#isHeld(key)) this.#wanted.add(key);
    const open = keys.filter(key => !this.#isHeld(key));
    if (open.length > 0) this.#tap.resume(open);
  }

  commit(offsets: Parameters<Intake['commit']>[0]): Promise<void> {
    return this.#tap.commit(offsets);
  }

  get leased(): boolean {
    return this.#tap.leased;
  }

  /** After a join whoever wants a partition says so anew. */
  forget(): void {
    this.#wanted.clear();
  }

  /** A partition is not held any more: opens it where that was wanted. */
  release(key: PartitionKey): void {
    if (this.#wanted.delete(key)) this.#tap.resume([key]);
  }
}
