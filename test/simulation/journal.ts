import type { JournalEntry, Remembered } from '../../connector/flow/ports.ts';
import type { PartitionKey } from '../../connector/kernel/position.ts';
import type { CardChange, MerchantBizNo } from '../../connector/order/change.ts';
import type { Member } from './member.ts';
import { lsnOf } from './watch.ts';
import type { World } from './world.ts';

interface Written {
  readonly order: MerchantBizNo;
  /** Null: a tombstone. */
  readonly entry: JournalEntry | null;
}

/** The journal's topic: a log for each partition, compacted now and then. */
export class SimulatedJournal {
  readonly #world: World;
  readonly #logs = new Map<PartitionKey, Written[]>();

  constructor(world: World) {
    this.#world = world;
  }

  write(
    member: Pick<Member, 'name' | 'leased'>,
    partition: PartitionKey,
    order: MerchantBizNo,
    entry: JournalEntry | null,
  ): void {
    // It would stand behind the word of whoever has the partition now.
    if (!member.leased) this.#world.watch.report(`${order} is written down without a lease by ${member.name}`);
    const log = this.#logs.get(partition) ?? [];
    this.#logs.set(partition, log);
    log.push({ order, entry });
    this.#world.watch.note(`${member.name} notes ${entry?.event ?? 'tombstone'} ${order} ${entry?.position.offset}`);
    if (this.#world.random.chance(0.1)) this.#compact(partition, log);
  }

  /** How many entries there are: a reader's end. */
  end(partition: PartitionKey): number {
    return this.#logs.get(partition)?.length ?? 0;
  }

  /** Like a topic that is compacted between two reads: a later state may come in place of an earlier one. */
  read(partition: PartitionKey): readonly Remembered[] {
    return (this.#logs.get(partition) ?? []).map(({ order, entry }) => ({
      order,
      known: entry && { state: entry.state, owed: entry.owed, at: entry.at },
    }));
  }

  /** Is this change, or a later one of its order, written down as owed? */
  owes(change: CardChange): boolean {
    return [...this.#logs.values()].some(log => {
      const owed = log.findLast(({ order }) => order === change.merchantBizNo)?.entry?.owed;
      return owed != null && lsnOf(owed.request.change) >= lsnOf(change);
    });
  }

  get owesAnything(): boolean {
    return [...this.#logs.values()].some(log => {
      const last = new Map(log.map(({ order, entry }) => [order, entry]));
      return [...last.values()].some(entry => entry?.owed != null);
    });
  }

  #compact(partition: PartitionKey, log: readonly Written[]): void {
    const last = new Map(log.map((written, index) => [written.order, index]));
    this.#logs.set(
      partition,
      log.filter(({ order }, index) => last.get(order) === index),
    );
  }
}
