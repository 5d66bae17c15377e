import { assert } from '../../kernel/assert.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Instant, MonotonicMs } from '../../kernel/time.ts';
import { type CardChange, follows, type MerchantBizNo, replaces } from '../../order/change.ts';
import type { CardRequest } from '../../order/decide.ts';
import type { DeliveryUnconfirmed } from '../../order/event.ts';
import type { PartitionFlow } from '../partition/partition-flow.ts';
import type { Owed } from '../ports.ts';
import { doubtOf, mergedDoubt } from './doubt.ts';

/** A request that is to be repeated as it is, and how often its change was sent under another command before. */
export interface Pending {
  readonly request: CardRequest;
  readonly heals: number;
}

/** A change in its lane, with the record it came from and what was tried so far. */
export interface Entry {
  readonly change: CardChange;
  /** The record's bytes may be replaced by a copy of their own (see {@link detachRecord}). */
  record: SourceRecord;
  readonly partition: PartitionFlow;
  /** Failed attempts that count towards giving up. */
  failures: number;
  /** Attempts that were refused for the traffic: they do not. */
  refusals: number;
  attempts: number;
  /** It counts towards the load that pauses the source; not while it waits for a repetition. */
  counted: boolean;
  firstAttemptAt: Instant | null;
  lastAttemptAt: Instant | null;
  /** When the first attempt was made, on the monotonic clock: the age of its attempts is measured with it. */
  firstTriedAt: MonotonicMs | null;
  /** The request to repeat: the same id, the same body. */
  pending: Pending | null;
  /** It is owed: its offset is accounted for already, and the journal has it. */
  parked: boolean;
  /** What may have been sent of the changes whose place it took; the order's state learns of it when its turn comes. */
  doubt: DeliveryUnconfirmed | null;
  /** Resolves when the journal has that it took others' places: it must not be sent before. */
  noted: Promise<unknown> | null;
}

/** A change, fresh from the mapping. */
export function entryOf(change: CardChange, record: SourceRecord, partition: PartitionFlow): Entry {
  return {
    change,
    record,
    partition,
    failures: 0,
    refusals: 0,
    attempts: 0,
    counted: true,
    firstAttemptAt: null,
    lastAttemptAt: null,
    firstTriedAt: null,
    pending: null,
    parked: false,
    doubt: null,
    noted: null,
  };
}

/** A delivery that is owed, to be tried again; `firstTriedAt` says when it was tried first. */
export function entryOfOwed(
  { record, request, ...tried }: Owed,
  partition: PartitionFlow,
  firstTriedAt: MonotonicMs | null = null,
): Entry {
  const { heals, attempts, failures, firstAttemptAt, lastAttemptAt } = tried;
  return {
    ...entryOf(request.change, record, partition),
    ...{ attempts, failures, firstAttemptAt, lastAttemptAt, firstTriedAt },
    counted: false,
    pending: { request, heals },
    parked: true,
  };
}

/** What a pushed change did to its lane. */
export type Pushed =
  | { readonly kind: 'queued' }
  /** In the order they came. */
  | { readonly kind: 'superseded'; readonly older: readonly Entry[] }
  | { readonly kind: 'stale' };

/**
 * The changes of one order, in source order. At most its head is in flight.
 *
 * - `ready`: the head may start; the lane stands in the ready queue.
 * - `running`: the head is with the platform, on its way to the dead letters, or left out and being noted.
 * - `waiting`: the head failed and waits for its next attempt; `wake` ends the wait.
 */
export class Lane {
  readonly order: MerchantBizNo;
  state: 'ready' | 'running' | 'waiting' = 'ready';
  /** Ends the wait of a waiting lane. */
  wake: AbortController | null = null;
  /** When a waiting lane goes on by itself. */
  wakeAt: MonotonicMs | null = null;
  /** How often in a row this order made the platform refuse us while others were served. */
  halts = 0;
  #queue: Entry[] = [];

  constructor(order: MerchantBizNo) {
    this.order = order;
  }

  get head(): Entry | undefined {
    return this.#queue[0];
  }

  get length(): number {
    return this.#queue.length;
  }

  /** What is, or may have been, sent of this order, and the order's state has not learnt. */
  get doubt(): DeliveryUnconfirmed | null {
    return this.#queue.reduce<DeliveryUnconfirmed | null>((sum, { doubt, change, pending }) => {
      const own = pending === null ? null : doubtOf(change, pending.request);
      return mergedDoubt(mergedDoubt(sum, doubt), own);
    }, null);
  }

  /** The change before the last one. */
  get ahead(): Entry | null {
    return this.#queue.at(-2) ?? null;
  }

  /** The change behind the head, if it is newer: the source may have repeated the one that is in flight. */
  get newer(): Entry | null {
    const [head, next] = this.#queue;
    return head !== undefined && next !== undefined && replaces(next.change, head.change) ? next : null;
  }

  /**
   * Appends a change. With `conflate`, it takes the place of those that wait: each payload is the order's whole state, so newest
   * wins. A change that the source repeats (not later than the one waiting) replaces nothing: it is stale. The same change, put
   * back to be sent again, goes behind it: after a crash it must be the same request again, whatever waits then.
   */
  push(entry: Entry, conflate: boolean): Pushed {
    const last = this.#queue.at(-1);
    const lastWaits = last !== undefined && (this.#queue.length > 1 || this.state !== 'running');
    if (!lastWaits) {
      this.#queue.push(entry);
      return { kind: 'queued' };
    }
    if (!follows(entry.change, last.change)) return { kind: 'stale' };
    const older = conflate ? this.#queue.splice(this.#staysBefore(entry.change)) : [];
    this.#queue.push(entry);
    return older.length > 0 ? { kind: 'superseded', older } : { kind: 'queued' };
  }

  /** How many stay where this one is pushed. */
  #staysBefore(next: CardChange): number {
    const running = this.state === 'running' ? 1 : 0;
    return Math.max(
      running,
      this.#queue.findLastIndex(entry => !replaces(next, entry.change) || mustSettleFirst(entry, next)) + 1,
    );
  }

  shift(): Entry {
    const head = this.#queue.shift();
    assert(head !== undefined, 'a lane is shifted only while it has a head');
    return head;
  }

  /** Takes out, and gives, the changes of partitions that were taken away; not a running head, which is under way. */
  removeRevoked(): readonly Entry[] {
    const stays = (entry: Entry) => !entry.partition.revoked || (this.state === 'running' && entry === this.head);
    const removed = this.#queue.filter(entry => !stays(entry));
    if (removed.length > 0) this.#queue = this.#queue.filter(stays);
    return removed;
  }
}

/**
 * Whether the answer to `entry` must be known before `next` is sent: a SEND that takes effect late would make a card that the end
 * status sent in between finds missing, or hidden.
 */
export function mustSettleFirst({ pending, attempts }: Entry, next: CardChange): boolean {
  return next.card.ends && attempts > 0 && pending?.request.command === 'SEND';
}

/** Gives a record bytes of its own: a slice would keep the whole fetch answer it was cut from (megabytes) in memory. */
export function detachRecord(entry: Entry): void {
  const { record } = entry;
  const headers = record.headers.map(({ name, value }) => ({ name, value: new Uint8Array(value) }));
  entry.record = { ...record, key: copyOf(record.key), value: copyOf(record.value), headers };
}

/** `Buffer.slice` does not copy, and kafkajs gives Buffers. */
function copyOf(bytes: Uint8Array | null): Uint8Array | null {
  return bytes && new Uint8Array(bytes);
}
