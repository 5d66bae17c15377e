import { assert } from '../../kernel/assert.ts';
import { type Clock, type DurationMs, instant, type MonotonicMs, monotonic } from '../../kernel/time.ts';
import { type CardChange, follows, isCopy, isRepetition } from '../../order/change.ts';
import { type Decision, decide, isExpired, type Policy } from '../../order/decide.ts';
import { isOlder } from '../../order/source-position.ts';
import type { Accounts } from '../accounts.ts';
import { detachRecord, type Entry, entryOfOwed, type Lane } from '../lane/lane.ts';
import { type Carried, resultCodeOf } from '../lane/lane-worker.ts';
import type { Lanes } from '../lane/lanes.ts';
import { longestDelay } from '../lane/retry-schedule.ts';
import type { OrderBook } from '../memory/order-book.ts';
import type { PartitionFlow } from '../partition/partition-flow.ts';
import type { Meter, Owed, PartitionEnds, Remembered } from '../ports.ts';
import type { Parked, ParkedOrders } from './parked.ts';

/** When a delivery is parked, and how many may be. */
export interface ParkingOptions {
  /** A wait of at least this long is spent in the journal. */
  readonly parkFromMs: DurationMs;
  readonly parkedMax: number;
  readonly retryDelaysMs: readonly DurationMs[];
  readonly waitingMax: number;
  readonly inFlightMax: number;
}

/** What parking works with. */
export interface ParkingParts {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly accounts: Accounts;
  readonly book: OrderBook;
  readonly lanes: Lanes;
  readonly parked: ParkedOrders;
  readonly fail: (error: unknown) => void;
}

/**
 * Deliveries that outlived their quick repetitions. They wait in the journal, not in memory's queues: their offsets are
 * accounted for, and they have a budget of their own, so that thousands of them neither keep commits back nor slow the others.
 *
 * - `parked`: in {@link ParkedOrders}, not in a lane.
 * - due: released into a lane of its own, where it is a delivery like any other, but for its offset.
 * - a newer change of the order comes: it takes the owed one's place ({@link supersede}).
 */
export class Parking {
  readonly #options: ParkingOptions;
  readonly #parts: ParkingParts;

  constructor(options: ParkingOptions, parts: ParkingParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get size(): number {
    return this.#parts.parked.size;
  }

  /** A long wait, or one more than may wait in memory, is spent in the journal. */
  isFor(entry: Entry, delay: DurationMs): boolean {
    const { lanes } = this.#parts;
    const { parkFromMs, waitingMax } = this.#options;
    return entry.parked || delay >= parkFromMs || lanes.waiting >= waitingMax;
  }

  /** No more may be parked. */
  isFullFor(entry: Entry): boolean {
    return !entry.parked && this.#parts.parked.size >= this.#options.parkedMax;
  }

  /** The lane's head is owed from now on; the lane is free when the journal has it. False where the journal does not take it. */
  async park(lane: Lane, entry: Entry, carried: Carried, delay: DurationMs): Promise<boolean> {
    const { accounts, clock, meter } = this.#parts;
    const now = clock.now();
    const dueAt = monotonic(clock.monotonic() + delay);
    accounts.doubt(entry);
    detachRecord(entry);
    const { record, attempts, failures, waitedMs, pending, firstAttemptAt } = entry;
    const owed: Owed = {
      record,
      request: pending?.request ?? carried.request,
      heals: pending?.heals ?? 0,
      attempts,
      failures,
      waitedMs,
      firstAttemptAt: firstAttemptAt ?? now,
      lastAttemptAt: now,
      dueAt: instant(now + delay),
    };
    const event = entry.parked ? 'retried' : 'parked';
    const note = { event, request: owed.request, detail: resultCodeOf(carried.answer) } as const;
    if (!(await accounts.park(entry, owed, dueAt, note))) return false;
    if (!entry.parked) meter.parked(owed);
    // Also when the partition went meanwhile: then what is owed of it is its new owner's.
    accounts.uncount(entry);
    lane.shift();
    return true;
  }

  /** Puts deliveries that are due into lanes, as many as may be there at once, so that they leave room for the others. */
  release(most = Math.max(1, Math.floor(this.#options.inFlightMax / 4))): void {
    const { clock, parked, lanes } = this.#parts;
    while (parked.released < most) {
      const due = parked.takeDue(clock.monotonic(), ({ order, partition }) => !lanes.has(order) && partition.isReadUp);
      if (due === undefined) return;
      this.#enqueue(due);
    }
  }

  /** What to do with an owed delivery whose turn has come: `decide` would take it for a duplicate. */
  decide({ change, pending, partition }: Entry): Decision {
    const { book, clock } = this.#parts;
    const state = book.get(change.merchantBizNo);
    const { source } = state;
    assert(pending !== null && !partition.revoked, 'what is owed was sent, and is ours');
    if (source !== null && isOlder(change.source, source)) {
      return { kind: 'skip', reason: 'superseded' };
    }
    if (isExpired(state, change, clock.now())) return { kind: 'skip', reason: 'expired' };
    const { request } = pending;
    const makesCard = !change.card.ends;
    return { kind: 'deliver', request, cardExpected: true, makesCard, after: null, unsettled: true };
  }

  /** The change waits for its next attempt already: Debezium repeats it. */
  holds(change: CardChange): boolean {
    const pending = this.#parts.parked.of(change.merchantBizNo);
    return !isCopy(change) && pending.some(({ owed }) => isRepetition(change, owed.request.change));
  }

  /** A newer change's turn has come: what is owed of its order is left out, and over what may have been sent of it. */
  supersede(entry: Entry, policy: Policy): void {
    const { parked, accounts } = this.#parts;
    const { change } = entry;
    const outdone = parked.of(change.merchantBizNo).filter(({ owed }) => follows(change, owed.request.change));
    if (outdone.length === 0 || !this.#takesPlace(entry, policy)) return;
    for (const { owed, partition } of outdone) accounts.supersede(entryOfOwed(owed, partition), entry);
  }

  /**
   * What is put back to be sent again may be the very change that is owed, which goes only for what is sent itself. So may a record
   * that is read again, whose card is another one under a later mapping: it is a duplicate.
   */
  #takesPlace(entry: Entry, policy: Policy): boolean {
    const { accounts, book } = this.#parts;
    const { change } = entry;
    if (isCopy(change)) accounts.inherit(entry);
    const decision = decide(book.get(change.merchantBizNo), change, policy);
    if (decision.kind === 'deliver') return true;
    return !isCopy(change) && decision.reason !== 'duplicate' && decision.reason !== 'stale';
  }

  /** Takes in what the journal of a partition remembers. */
  restore(partition: PartitionFlow, { order, known }: Remembered): void {
    const { parked, book } = this.#parts;
    book.restore(partition.key, order, known);
    if (parked.remove(order, partition) !== undefined) partition.recalled--;
    if (known === null || known.owed === null) return;
    parked.put(order, known.owed, partition, this.#dueAtOf(known.owed));
    partition.recalled++;
  }

  /** The journal of a partition is read. Where an order owes in another partition too, only the newest stays owed. */
  restored(partition: PartitionFlow, ends: PartitionEnds): void {
    const { parked, accounts, fail } = this.#parts;
    partition.restore(ends);
    for (const divided of parked.divided) {
      // What stands in a lane may be with the platform already: it finds out when its turn comes again.
      for (const older of divided.filter(one => !one.released && divided.some(other => outdoes(other, one)))) {
        accounts.leaveOut(entryOfOwed(older.owed, older.partition), 'superseded').catch(fail);
      }
    }
  }

  /**
   * The journal has times of the wall clock, which may have been set since: a delivery is due after as long as was left, and no
   * later than after the longest wait there is.
   */
  #dueAtOf({ dueAt }: Owed): MonotonicMs {
    const { clock } = this.#parts;
    const left = Math.min(Math.max(0, dueAt - clock.now()), longestDelay(this.#options.retryDelaysMs));
    return monotonic(clock.monotonic() + left);
  }

  #enqueue({ order, owed, partition }: Parked): void {
    const { lanes } = this.#parts;
    const { lane } = lanes.of(order);
    lane.push(entryOfOwed(owed, partition), false);
    lanes.makeReady(lane);
  }
}

/** It is certain that it is the later one: the journals of both are read. */
function outdoes(later: Parked, earlier: Parked): boolean {
  const isLater = isOlder(earlier.owed.request.change.source, later.owed.request.change.source);
  return later.partition.restored && earlier.partition.restored && isLater;
}
