import { partitionKey } from '../kernel/position.ts';
import type { OrderEvent, SkipReason } from '../order/event.ts';
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

  /** A newer change takes its place. It may have been sent, by us or by whoever had the partition before. */
  supersede(entry: Entry): void {
    const { repeatsBelow } = entry.partition;
    if (entry.pending !== null || (repeatsBelow !== null && entry.record.offset < repeatsBelow)) this.doubt(entry);
    this.skip(entry, 'superseded');
  }

  /** No more will be learned of what came of the change: the card may show it. */
  doubt(entry: Entry): void {
    const { position, source, card } = entry.change;
    const bizDate = entry.pending?.request.bizDate ?? entry.change.bizDate;
    this.remember(entry, { kind: 'delivery-unconfirmed', position, source, bizDate, ends: card.ends });
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
