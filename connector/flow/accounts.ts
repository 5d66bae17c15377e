import { partitionKey } from '../kernel/position.ts';
import { instant } from '../kernel/time.ts';
import type { DeliveryUnconfirmed, OrderEvent, SkipReason } from '../order/event.ts';
import { evolve } from '../order/state.ts';
import type { Entry } from './lane.ts';
import type { Load } from './load.ts';
import type { OrderBook } from './order-book.ts';
import type { Meter, Outcome } from './ports.ts';

/** Keeps what is held, what is known and what is accounted for in step with each other. */
export class Accounts {
  readonly #book: OrderBook;
  readonly #load: Load;
  readonly #meter: Meter;

  constructor(book: OrderBook, load: Load, meter: Meter) {
    this.#book = book;
    this.#load = load;
    this.#meter = meter;
  }

  /** The change is done with: its offset may be committed, and it is counted once. */
  settle(entry: Entry, outcome: Outcome): void {
    this.uncount(entry);
    entry.partition.frontier.settle(entry.record.offset);
    this.#meter.settled(outcome);
  }

  skip(entry: Entry, reason: SkipReason): void {
    this.#meter.skipped(reason);
    this.settle(entry, reason === 'superseded' ? 'superseded' : 'skipped');
  }

  /** A newer change takes its place, and over what may have been sent of it: by us, or by whoever had the partition before. */
  supersede(older: Entry, newer: Entry): void {
    const { repeatsBelow } = older.partition;
    const maybeSent = older.pending !== null || (repeatsBelow !== null && older.record.offset < repeatsBelow);
    const doubts = maybeSent ? [older.doubt, doubtOf(older)] : [older.doubt];
    // Not into the state yet: the change before may still be in flight, and its answer comes first.
    newer.doubt = doubts.reduce(merged, newer.doubt);
    this.skip(older, 'superseded');
  }

  /** No more will be learned of what came of the change: the card may show it. */
  doubt(entry: Entry): void {
    this.remember(entry, doubtOf(entry));
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
    this.#book.set(order, evolve(this.#book.get(order), event));
  }

  /** Whether the order's last change came from another partition than this one. */
  hasStrayed(entry: Entry): boolean {
    const { through } = this.#book.get(entry.change.merchantBizNo);
    return through !== null && partitionKey(through.topic, through.partition) !== entry.partition.key;
  }

  /** The entry counts towards the load that pauses the source. */
  count(entry: Entry): void {
    if (entry.counted) return;
    entry.counted = true;
    this.#load.add(entry.record);
  }

  /** It does not: it waits, is done with, or its partition is gone. */
  uncount(entry: Entry): void {
    if (!entry.counted) return;
    entry.counted = false;
    this.#load.remove(entry.record);
  }
}

function doubtOf({ change, pending }: Entry): DeliveryUnconfirmed {
  const { position, source, card } = change;
  const bizDate = pending?.request.bizDate ?? change.bizDate;
  return { kind: 'delivery-unconfirmed', position, source, bizDate, ends: card.ends, endDate: card.endDate };
}

/** Two doubts of one order as one; `b` is the later. */
function merged(a: DeliveryUnconfirmed | null, b: DeliveryUnconfirmed | null): DeliveryUnconfirmed | null {
  if (a === null || b === null) return a ?? b;
  return {
    ...b,
    bizDate: instant(Math.max(a.bizDate, b.bizDate)),
    ends: a.ends || b.ends,
    endDate:
      a.endDate === null || b.endDate === null ? (a.endDate ?? b.endDate) : instant(Math.min(a.endDate, b.endDate)),
  };
}
