import { assert } from '../kernel/assert.ts';
import { partitionKey } from '../kernel/position.ts';
import type { Clock } from '../kernel/time.ts';
import type { MerchantBizNo } from '../order/change.ts';
import type { CardRequest } from '../order/decide.ts';
import type { OrderEvent, SkipReason } from '../order/event.ts';
import { isLater } from '../order/source-position.ts';
import { evolve } from '../order/state.ts';
import { doubtOf, mergedDoubt } from './lane/doubt.ts';
import type { Entry } from './lane/lane.ts';
import { takenEvent } from './lane/lane-worker.ts';
import type { Lanes } from './lane/lanes.ts';
import type { OrderBook } from './memory/order-book.ts';
import type { ParkedOrders } from './parked/parked.ts';
import type { Load } from './partition/load.ts';
import type { PartitionFlow } from './partition/partition-flow.ts';
import { EntryTooLarge, type Journal, type JournalEvent, type Meter, type Outcome, type Owed } from './ports.ts';

/** What the accounts keep in step. */
export interface AccountsParts {
  readonly clock: Clock;
  readonly book: OrderBook;
  readonly load: Load;
  readonly lanes: Lanes;
  readonly parked: ParkedOrders;
  readonly meter: Meter;
  readonly journal: Journal;
  /** A change was accounted for some time after its lane let go of it: the load fell. */
  readonly onProgress: () => void;
  readonly fail: (error: unknown) => void;
}

/** What the journal is told of a change. */
export interface Note {
  readonly event: JournalEvent;
  readonly request: CardRequest | null;
  readonly detail: string | null;
}

/** Keeps what is held, what is known, what is written down and what is accounted for in step with each other. */
export class Accounts {
  readonly #parts: AccountsParts;
  /** Entries on their way into the journal. */
  #writing = 0;
  #whenWritten: (() => void)[] = [];
  #unwritten = 0;

  constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  /** Is every entry in the journal that was told? */
  get isWritten(): boolean {
    return this.#writing === 0;
  }

  /** Accepted cards that the journal does not know of yet: after a crash, or where the broker comes back without us, they are sent again. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** Resolves when every entry is in the journal, or given up with its partition. */
  async written(): Promise<void> {
    if (this.#writing > 0) await new Promise<void>(resolve => this.#whenWritten.push(resolve));
  }

  /**
   * The end of a change: what happened is noted in the journal with the order's state as it is now, and once that is
   * there the change is accounted for. The lane waits for it, so that after a crash at most one answer of an order is
   * unknown.
   */
  async conclude(entry: Entry, note: Note, outcome: Outcome): Promise<void> {
    const { parked } = this.#parts;
    // Its outcome is known: nothing of it is doubtful any more.
    entry.pending = null;
    // Of what was owed the offset is accounted for: it is settled here and now, so that a newer change may be owed instead.
    if (entry.parked && !entry.partition.revoked) {
      parked.remove(entry.change.merchantBizNo, entry.partition);
      this.settle(entry, outcome, note.detail);
    }
    const share = outcome === 'delivered' ? 1 : 0;
    this.#unwritten += share;
    const isOurs = await this.#write(entry, note, null);
    this.#unwritten -= share;
    if (isOurs && !entry.parked) this.settle(entry, outcome, note.detail);
    else this.uncount(entry);
    this.#parts.onProgress();
  }

  /** A change is left out for a reason that moved its order's state, or for a newer one: noted, then accounted for. */
  leaveOut(entry: Entry, reason: SkipReason): Promise<void> {
    this.#parts.meter.skipped(reason);
    const end = reason === 'superseded' ? 'superseded' : 'skipped';
    return this.conclude(entry, { event: end, request: entry.pending?.request ?? null, detail: reason }, end);
  }

  /** The change needs no note: it would be left out again. */
  skip(entry: Entry, reason: SkipReason): void {
    assert(!entry.parked, 'what is owed is not skipped without a note');
    this.#parts.meter.skipped(reason);
    this.settle(entry, 'skipped', reason);
  }

  /**
   * The delivery is owed from now on: once the journal has it, its offset is accounted for. False where the journal does not
   * take the entry for its size; then nothing has changed.
   */
  async park(entry: Entry, owed: Owed, note: Note): Promise<boolean> {
    entry.pending = null;
    try {
      if (!(await this.#write(entry, note, owed))) return true;
    } catch (error) {
      if (error instanceof EntryTooLarge) return false;
      throw error;
    }
    entry.record.trace?.parked();
    this.#parts.parked.put(entry.change.merchantBizNo, owed, entry.partition);
    if (entry.parked) return true;
    this.uncount(entry);
    entry.partition.frontier.settle(entry.record.offset);
    return true;
  }

  /** Removes an order from the journal. It counts as an entry on its way: {@link written} waits for it. */
  async forget(order: MerchantBizNo, { key, signal }: PartitionFlow): Promise<void> {
    this.#writing++;
    try {
      await this.#parts.journal.forget(key, order, signal);
    } finally {
      this.#wrote();
    }
  }

  /**
   * A newer change takes its place, and over what may have been sent of it: by us, or by whoever had the partition before.
   * `ahead` is what is still to come of the order before it, or in flight.
   */
  supersede(older: Entry, newer: Entry, ahead: Entry | null = null): void {
    const { repeatsBelow } = older.partition;
    const maybeSent = older.pending !== null || (repeatsBelow !== null && older.record.offset < repeatsBelow);
    const doubt = maybeSent ? doubtOf(older.change, older.pending?.request ?? null) : null;
    // Not into the state yet: the change before may still be in flight, and its answer comes first.
    newer.doubt = [older.doubt, doubt].reduce(mergedDoubt, newer.doubt);
    const { position, source } = older.change;
    const reached = older.change.replays === undefined ? source : newer.change.source;
    if (ahead !== null && !isLater(reached, ahead.change.source)) {
      // A repetition of a change before the one ahead, or that one put back twice: it moves nothing on, so it needs no note, and
      // must have none, for the one ahead is still to come. Read again after a crash, both come in the same order again.
      this.skip(older, 'stale');
      return;
    }
    if (older.record.trace) newer.record.trace?.tookPlaceOf(older.record.trace);
    // Read again after a crash, it must not be sent before the newer one, which may be with the platform by then.
    this.remember(older, { kind: 'change-skipped', reason: 'superseded', position, source });
    const noted = this.leaveOut(older, 'superseded');
    noted.catch(this.#parts.fail);
    newer.noted = Promise.all([noted, older.noted, newer.noted]);
  }

  /** No more will be learned of what came of the change: the card may show it. */
  doubt(entry: Entry): void {
    this.remember(entry, doubtOf(entry.change, entry.pending?.request ?? null));
  }

  /** The platform took the request. */
  accept(entry: Entry, request: CardRequest): void {
    const { book, clock } = this.#parts;
    this.remember(entry, takenEvent(book.get(entry.change.merchantBizNo), request, clock.now()));
  }

  /** The entry's turn has come: its order's state learns what may have been sent before it. */
  inherit(entry: Entry): void {
    if (entry.doubt === null) return;
    this.remember(entry, entry.doubt);
    entry.doubt = null;
  }

  /** Moves the order's state on; not of a partition that another instance has now. */
  remember(entry: Entry, event: OrderEvent): void {
    if (entry.partition.revoked) return;
    const order = entry.change.merchantBizNo;
    this.#parts.book.set(order, evolve(this.#parts.book.get(order), event));
  }

  /** Whether the order's last change came from another partition than this one. */
  hasStrayed(entry: Entry): boolean {
    const { through } = this.#parts.book.get(entry.change.merchantBizNo);
    return through !== null && partitionKey(through.topic, through.partition) !== entry.partition.key;
  }

  /** The entry counts towards the load that pauses the source. */
  count(entry: Entry): void {
    if (entry.counted || entry.parked) return;
    entry.counted = true;
    this.#parts.load.add(entry.record);
  }

  /** It does not: it waits, is done with, or its partition is gone. */
  uncount(entry: Entry): void {
    if (!entry.counted) return;
    entry.counted = false;
    this.#parts.load.remove(entry.record);
  }

  /** The change is done with: its offset may be committed, and it is counted once. */
  settle(entry: Entry, outcome: Outcome, detail: string | null = null): void {
    this.uncount(entry);
    // Of what was owed, the offset was accounted for when it was parked.
    if (!entry.parked) entry.partition.frontier.settle(entry.record.offset);
    entry.partition.settled[outcome]++;
    this.#parts.meter.settled(outcome);
    entry.record.trace?.settled(outcome, detail);
  }

  /** False when the partition was taken away before the journal had it. */
  async #write(entry: Entry, note: Note, owed: Owed | null): Promise<boolean> {
    const { journal, clock } = this.#parts;
    const { partition, change, attempts } = entry;
    if (partition.revoked) return false;
    const { order, state } = this.#namesOf(entry);
    this.#writing++;
    try {
      await journal.append(
        {
          partition: partition.key,
          order,
          event: note.event,
          position: change.position,
          at: clock.now(),
          requestId: note.request?.requestId ?? null,
          command: note.request?.command ?? null,
          attempts,
          detail: note.detail,
          state,
          owed: owed ?? this.#owedOf(entry),
        },
        partition.signal,
      );
      return !partition.revoked;
    } catch (error) {
      if (partition.revoked) return false;
      throw error;
    } finally {
      this.#wrote();
    }
  }

  #wrote(): void {
    this.#writing--;
    if (this.#writing === 0) for (const written of this.#whenWritten.splice(0)) written();
  }

  /** What is owed of the order stays owed, whatever else is noted of it. */
  #owedOf({ change, partition }: Entry): Owed | null {
    return this.#parts.parked.get(change.merchantBizNo, partition)?.owed ?? null;
  }

  /**
   * The state to be written holds the doubts that wait in the lane, and of what is in flight: after a crash the changes that
   * left them may not be read again. How far the order has gone they do not tell: what is in flight is to be read again, if
   * nothing took its place.
   */
  #namesOf({ change: { merchantBizNo: order } }: Entry) {
    const { book, lanes } = this.#parts;
    const state = book.get(order);
    const doubt = lanes.doubtOf(order);
    const { through: position, source } = state;
    if (doubt === null || position === null || source === null) return { order, state };
    return { order, state: evolve(state, { ...doubt, position, source }) };
  }
}
