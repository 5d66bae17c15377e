import type { Offset, PartitionKey, Position } from '../../connector/kernel/position.ts';
import type { DurationMs } from '../../connector/kernel/time.ts';
import type { Member } from './member.ts';
import { isTick, type PlannedRecord } from './plan.ts';
import { keyOf } from './watch.ts';
import type { World } from './world.ts';

const quiesceMs: DurationMs = 12;

/** The broker: the partitions' logs, the group that reads them, and what it committed. */
export class Group {
  readonly #world: World;
  readonly #committed = new Map<PartitionKey, Offset>();
  #generation = 0;
  /** The last generation whose partitions were dealt out. */
  #dealt = 0;

  constructor(world: World) {
    this.#world = world;
  }

  committed(key: PartitionKey): Offset {
    return this.#committed.get(key) ?? 0n;
  }

  /** Is every record accounted for and committed? */
  get isDone(): boolean {
    return [...this.#world.plan.logs].every(
      ([key, log]) => this.committed(key) > (log.findLast(record => !isTick(record))?.offset ?? -1n),
    );
  }

  /** What is there to read of a partition, and its end. */
  read(
    key: PartitionKey,
    from: Offset,
    most: number,
  ): { readonly records: readonly PlannedRecord[]; readonly end: Offset } {
    const now = this.#world.clock.now();
    const log = (this.#world.plan.logs.get(key) ?? []).filter(({ at }) => at <= now);
    const records = log.filter(({ offset }) => offset >= from).slice(0, most);
    return { records, end: (log.at(-1)?.offset ?? -1n) + 1n };
  }

  recordAt(position: Position): PlannedRecord {
    const found = this.#world.plan.logs.get(keyOf(position))?.find(({ offset }) => offset === position.offset);
    if (found === undefined) throw new Error('no such record');
    return found;
  }

  /** Refuses a member of an older generation, and now and then anybody. */
  commit(member: Member, generation: number, offsets: readonly (readonly [PartitionKey, Offset])[]): void {
    const { random, plan, clock, watch } = this.#world;
    // While the members join, the old generation may still commit.
    if (generation !== this.#generation && generation !== this.#dealt) throw new Error('ILLEGAL_GENERATION');
    if (clock.now() < plan.calmFrom && random.chance(plan.faultRate)) throw new Error('NOT_COORDINATOR');
    for (const [key, offset] of offsets) {
      this.#committed.set(key, offset);
      watch.committed(member, key, offset);
    }
  }

  /**
   * Deals the partitions out anew: each member is asked to join, which it does when what it has in flight is done or it may
   * wait no longer; then each hears in its own time what it got, those that lose something before those that gain.
   */
  rebalance(members: readonly Member[]): void {
    const { random, plan, clock, watch } = this.#world;
    const generation = ++this.#generation;
    const turn = random.below(members.length);
    const keys = [...plan.logs.keys()];
    watch.note(`rebalance ${generation}: ${members.map(({ name }) => name).join(', ')}`);
    const joining = members.map(member => member.prepareJoin(quiesceMs));
    void Promise.race([Promise.all(joining), clock.sleep(2 * quiesceMs)]).then(() => {
      if (generation !== this.#generation) return;
      this.#dealt = generation;
      let wait = 0;
      for (const [index, member] of members.entries()) {
        const dealt = keys.filter((_, n) => (n + turn) % members.length === index);
        wait += random.below(6);
        void clock.sleep(wait).then(() => {
          if (generation === this.#generation) member.join(generation, dealt);
        });
      }
    });
  }
}
