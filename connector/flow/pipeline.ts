import type { Fault } from '../kernel/fault.ts';
import type { Offset, PartitionKey } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { DurationMs } from '../kernel/time.ts';
import type { MerchantBizNo } from '../order/change.ts';
import { Accounts } from './accounts.ts';
import { Dispatcher, type DispatchOptions, type DispatchParts } from './dispatcher.ts';
import { Lanes } from './lane/lanes.ts';
import { type ForgetParts, forgetOver } from './memory/forget.ts';
import { OrderBook } from './memory/order-book.ts';
import { ParkedOrders } from './parked/parked.ts';
import { Commits } from './partition/commits.ts';
import { Interpretation } from './partition/interpretation.ts';
import { Load } from './partition/load.ts';
import { Misfits } from './partition/misfits.ts';
import { PartitionFlow } from './partition/partition-flow.ts';
import { Valve } from './partition/valve.ts';
import type { FlowSnapshot, Intake, Interpreter, PartitionEnds, Remembered, Restoration } from './ports.ts';
import { snapshotOf } from './snapshot.ts';

/** What the pipeline is told by the settings. */
export interface FlowOptions extends DispatchOptions {
  readonly queuedMax: number;
  readonly queuedBytesMax: number;
  readonly ordersMax: number;
  readonly commitIntervalMs: DurationMs;
  /** An order is forgotten when its card is over for so long: until then repetitions of its old changes are known as such. */
  readonly forgetAfterMs: DurationMs;
}

/** The world, as the pipeline sees it. */
export interface FlowParts
  extends Pick<DispatchParts, 'clock' | 'random' | 'delivery' | 'deadLetters' | 'journal' | 'meter'> {
  readonly intake: Intake;
  readonly interpreter: Interpreter;
}

/** How a drain ended: how many requests were given up unanswered; their changes are read again by whoever is next. */
export interface Drained {
  readonly abandoned: number;
}

/**
 * From records to commits: interprets each partition's records in order, hands the changes to their lanes, and commits
 * the frontier. One pipeline lives as long as the process; partitions come and go.
 */
export class Pipeline implements Restoration {
  readonly #options: FlowOptions;
  readonly #parts: FlowParts;
  readonly #partitions = new Map<PartitionKey, PartitionFlow>();
  readonly #load: Load;
  /** What waits in partitions that are held. */
  readonly #heldLoad: Load;
  readonly #book: OrderBook;
  readonly #accounts: Accounts;
  readonly #dispatcher: Dispatcher;
  readonly #misfits: Misfits;
  readonly #interpretation: Interpretation;
  readonly #valve: Valve;
  readonly #commits: Commits;
  readonly #forgetting: ForgetParts;
  readonly #failed = Promise.withResolvers<never>();
  #draining = false;

  constructor(options: FlowOptions, parts: FlowParts) {
    this.#options = options;
    this.#parts = parts;
    const limits = { recordsMax: options.queuedMax, bytesMax: options.queuedBytesMax };
    this.#load = new Load(limits);
    this.#heldLoad = new Load(limits);
    this.#book = new OrderBook(options.ordersMax, () => parts.meter.evicted());
    const kept = { book: this.#book, load: this.#load, lanes: new Lanes(), parked: new ParkedOrders() };
    const regulate = () => this.#valve.regulate();
    const fail = (error: unknown) => this.#fail(error);
    this.#accounts = new Accounts({ ...parts, ...kept, onProgress: regulate, fail });
    this.#dispatcher = new Dispatcher(options, {
      ...parts,
      ...kept,
      accounts: this.#accounts,
      isLeased: () => parts.intake.leased,
      regulate,
      fail,
    });
    this.#misfits = new Misfits({
      ...parts,
      partitions: this.#partitions,
      load: this.#load,
      heldLoad: this.#heldLoad,
      onGoOn: partition => this.#interpretation.advance(partition),
      fail,
    });
    this.#interpretation = new Interpretation({
      ...parts,
      load: this.#load,
      misfits: this.#misfits,
      enqueue: entry => this.#dispatcher.enqueue(entry),
      onProgress: () => {
        this.#dispatcher.pump();
        regulate();
      },
      fail,
    });
    const isBusy = (order: MerchantBizNo) => kept.lanes.has(order) || kept.parked.of(order).length > 0;
    const forget: ForgetParts['forget'] = (order, partition) => this.#accounts.forget(order, partition);
    this.#forgetting = { book: this.#book, journal: parts.journal, partitions: this.#partitions, forget, isBusy, fail };
    const wantsPause = () => this.#load.full || this.#dispatcher.wantsPause;
    this.#valve = new Valve(parts.intake, this.#partitions, wantsPause, () => this.#heldLoad.full);
    this.#commits = new Commits(parts.clock, parts.intake, parts.meter, this.#partitions);
    // Whoever waits for `failed` may come late; until then the rejection is not unhandled.
    this.#failed.promise.catch(() => {});
  }

  /** Rejects when an invariant broke: the process must end, and commit nothing more. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** The group is being rebalanced: nothing is started until {@link assigned}, so that the next owner meets as little as possible in flight. */
  rebalancing(): void {
    this.#dispatcher.held = true;
  }

  /**
   * The group's word on what is ours now. Synchronous, since the first fetch follows at once. Partitions that stay keep
   * what is known of them, for the source fetches them again from the last commit (kafkajs#1046). Never throws.
   */
  assigned(keys: readonly PartitionKey[]): void {
    this.#guarded(() => this.#assign(new Set(keys)));
  }

  #assign(now: ReadonlySet<PartitionKey>): void {
    const lost = new Set<PartitionKey>();
    for (const [key, partition] of this.#partitions) {
      if (now.has(key)) continue;
      lost.add(key);
      this.#revoke(partition);
    }
    this.#dispatcher.forgetRevoked();
    this.#book.forget(lost);
    for (const key of now) {
      if (!this.#partitions.has(key)) this.#partitions.set(key, new PartitionFlow(key));
    }
    this.#dispatcher.held = false;
    this.#parts.meter.rebalanced();
    this.#dispatcher.pump();
    this.#valve.tellAll();
  }

  /** One order that the journal of a partition remembers; a later word of it replaces an earlier one. */
  remember(key: PartitionKey, remembered: Remembered): void {
    const partition = this.#partitions.get(key);
    if (partition === undefined || partition.restored || this.#draining) return;
    this.#guarded(() => this.#dispatcher.parking.restore(partition, remembered));
  }

  /** All that the journal remembers of a partition was told: its source is read, and its deliveries begin. */
  restored(key: PartitionKey, ends: PartitionEnds): void {
    const partition = this.#partitions.get(key);
    if (partition === undefined || partition.restored) return;
    this.#guarded(() => {
      this.#dispatcher.parking.restored(partition, ends);
      this.#interpretation.advance(partition);
    });
  }

  /**
   * Before the group is joined again: starts nothing more until {@link assigned}, lets what is in flight finish and be
   * written, no longer than `limit`, and commits. So the next owner meets as little as possible of unknown outcome.
   */
  async quiesce(limit: DurationMs): Promise<void> {
    this.#dispatcher.held = true;
    const over = new AbortController();
    await Promise.race([this.#dispatcher.idle(), this.#parts.clock.sleep(limit, over.signal)]);
    over.abort();
    await this.commit();
  }

  /** No row of the topic's table can be mapped, as far as its schema tells: its records wait until one can be. */
  suspect(topic: string, fault: Fault): void {
    this.#guarded(() => {
      this.#misfits.hold(topic, fault);
      this.#valve.regulate();
    });
  }

  /**
   * Takes in what was fetched of a partition. `lastOffset` is how far the fetch went (compaction may leave no record there),
   * `highWatermark` the broker's end. Only queues; never waits, never throws.
   */
  receive(key: PartitionKey, records: readonly SourceRecord[], lastOffset: Offset, highWatermark: Offset): void {
    const partition = this.#partitions.get(key);
    if (partition === undefined || this.#draining) return;
    partition.highWatermark = highWatermark;
    partition.repeatsBelow ??= highWatermark;
    this.#guarded(() => this.#takeIn(partition, records, lastOffset));
  }

  #takeIn(partition: PartitionFlow, records: readonly SourceRecord[], lastOffset: Offset): void {
    let received = 0;
    for (const record of records) {
      if (!partition.frontier.accept(record.offset, record.timestamp)) continue;
      received++;
      partition.received++;
      this.#loadOf(partition).add(record);
      partition.backlog.push(record);
    }
    partition.frontier.pass(lastOffset);
    if (received > 0) this.#parts.meter.received(records[0]?.topic ?? '', received);
    this.#interpretation.advance(partition);
  }

  /** Commits on an interval until the signal is aborted. */
  async commitRegularly(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(this.#options.commitIntervalMs, signal);
      if (signal.aborted) return;
      await this.commit();
      forgetOver(this.#parts.clock.now(), this.#options.forgetAfterMs, this.#forgetting);
      // What was not started for want of a lease is started when there is one.
      this.#dispatcher.pump();
    }
  }

  commit(): Promise<void> {
    return this.#commits.commit();
  }

  /** Starts nothing more, waits for the requests in flight no longer than `limit`, commits, and lets go of all that is not done. */
  async drain(limit: DurationMs): Promise<Drained> {
    this.#draining = true;
    this.#valve.close();
    const over = new AbortController();
    await Promise.race([this.#dispatcher.finish(), this.#parts.clock.sleep(limit, over.signal)]);
    over.abort();
    const abandoned = this.#dispatcher.admission.inFlight;
    if (abandoned > 0) this.#dispatcher.abandon();
    await this.commit();
    // Ends what still waits for the registry or the dead-letter topic: no timer is left behind.
    for (const partition of this.#partitions.values()) partition.revoke();
    return { abandoned };
  }

  snapshot(): FlowSnapshot {
    const bytes = this.#load.bytes + this.#heldLoad.bytes;
    return snapshotOf(this.#partitions.values(), this.#dispatcher, bytes, this.#book, this.#misfits.degraded);
  }

  #loadOf({ held }: PartitionFlow): Load {
    return held ? this.#heldLoad : this.#load;
  }

  #revoke(partition: PartitionFlow): void {
    for (const record of partition.backlog.drain()) this.#loadOf(partition).remove(record);
    partition.revoke();
    this.#partitions.delete(partition.key);
  }

  /** Nothing may escape into the consumer: kafkajs would take a TypeError for the end (kafkajs, retry/index.js). */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#draining = true;
    this.#valve.close();
    this.#commits.stop();
    this.#dispatcher.stop();
    this.#failed.reject(error);
  }
}
