import type { Offset, PartitionKey } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { DurationMs } from '../kernel/time.ts';
import { Accounts } from './accounts.ts';
import { Dispatcher, type DispatchOptions, type DispatchParts } from './dispatcher.ts';
import { Interpretation } from './interpretation.ts';
import { Load } from './load.ts';
import { OrderBook } from './order-book.ts';
import { PartitionFlow } from './partition-flow.ts';
import type { FlowSnapshot, Intake, Interpreter } from './ports.ts';

/** What the pipeline is told by the settings. */
export interface FlowOptions extends DispatchOptions {
  readonly queuedMax: number;
  readonly queuedBytesMax: number;
  readonly ordersMax: number;
  readonly commitIntervalMs: DurationMs;
  /** The group never committed: what is assigned first was never read by anybody, so nothing in it is a repetition. */
  readonly isFirstRun: boolean;
}

/** The world, as the pipeline sees it. */
export interface FlowParts extends Pick<DispatchParts, 'clock' | 'random' | 'delivery' | 'deadLetters' | 'meter'> {
  readonly intake: Intake;
  readonly interpreter: Interpreter;
}

/** How a drain ended. */
export interface Drained {
  /** Requests that were given up unanswered; their changes are read again by whoever is next. */
  readonly abandoned: number;
}

/**
 * From records to commits: interprets each partition's records in order, hands the changes to their lanes, and commits
 * the frontier. One pipeline lives as long as the process; partitions come and go.
 */
export class Pipeline {
  readonly #options: FlowOptions;
  readonly #parts: FlowParts;
  readonly #partitions = new Map<PartitionKey, PartitionFlow>();
  readonly #load: Load;
  readonly #book: OrderBook;
  readonly #accounts: Accounts;
  readonly #dispatcher: Dispatcher;
  readonly #interpretation: Interpretation;
  readonly #failed = Promise.withResolvers<never>();
  #draining = false;
  #broken = false;
  /** Until the first assignment: what is given later may come from another member. */
  #isFirstRun: boolean;

  constructor(options: FlowOptions, parts: FlowParts) {
    this.#options = options;
    this.#parts = parts;
    this.#isFirstRun = options.isFirstRun;
    this.#load = new Load({ recordsMax: options.queuedMax, bytesMax: options.queuedBytesMax });
    this.#book = new OrderBook(options.ordersMax);
    this.#accounts = new Accounts(this.#book, this.#load, parts.meter);
    this.#dispatcher = new Dispatcher(options, {
      ...parts,
      book: this.#book,
      accounts: this.#accounts,
      regulate: () => this.#regulate(),
      fail: error => this.#fail(error),
    });
    this.#interpretation = new Interpretation({
      ...parts,
      load: this.#load,
      enqueue: entry => this.#dispatcher.enqueue(entry),
      onProgress: () => {
        this.#dispatcher.pump();
        this.#regulate();
      },
      fail: error => this.#fail(error),
    });
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
    for (const key of now)
      if (!this.#partitions.has(key)) this.#partitions.set(key, new PartitionFlow(key, this.#isFirstRun));
    this.#isFirstRun = false;
    this.#dispatcher.held = false;
    this.#parts.meter.rebalanced();
    this.#dispatcher.pump();
    // The source may have forgotten what was paused, or (kafkajs) still pause what came back: it is told all again.
    this.#tell([...this.#partitions.values()]);
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
      this.#load.add(record);
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
      if (!signal.aborted) await this.commit();
    }
  }

  /** Commits the frontier of each partition where it moved. A refusal is counted, and mended by the next commit. */
  async commit(): Promise<void> {
    if (this.#broken) return;
    const moved = [...this.#partitions.values()].flatMap(partition => {
      const next = partition.frontier.committable;
      return next === null || next === partition.committed ? [] : [{ partition, next }];
    });
    if (moved.length === 0) return;
    try {
      await this.#parts.intake.commit(new Map(moved.map(({ partition, next }) => [partition.key, next])));
      for (const { partition, next } of moved) partition.committed = next;
      this.#parts.meter.committed(true);
    } catch {
      this.#parts.meter.committed(false);
    }
  }

  /** Starts nothing more, waits for the requests in flight no longer than `limit`, commits, and lets go of all that is not done. */
  async drain(limit: DurationMs): Promise<Drained> {
    this.#draining = true;
    const over = new AbortController();
    const finished = this.#dispatcher.finish().finally(() => over.abort());
    await Promise.race([finished, this.#parts.clock.sleep(limit, over.signal)]);
    const abandoned = this.#dispatcher.inFlight;
    if (abandoned > 0) this.#dispatcher.abandon();
    await this.commit();
    // Ends what still waits for the registry or the dead-letter topic: no timer is left behind.
    for (const partition of this.#partitions.values()) partition.revoke();
    return { abandoned };
  }

  snapshot(): FlowSnapshot {
    const { lanes, breaker, inFlight } = this.#dispatcher;
    const partitions = [...this.#partitions.values()].map(partition => partition.snapshot());
    const unsettled = partitions.reduce((sum, partition) => sum + partition.unsettled, 0);
    return {
      partitions,
      queued: Math.max(0, unsettled - inFlight - lanes.waiting),
      queuedBytes: this.#load.bytes,
      inFlight,
      inFlightMax: this.#options.inFlightMax,
      waiting: lanes.waiting,
      lanes: lanes.size,
      orders: this.#book.size,
      breaker: breaker.state,
      degraded: this.#dispatcher.degraded,
    };
  }

  #revoke(partition: PartitionFlow): void {
    for (const record of partition.backlog.drain()) this.#load.remove(record);
    partition.revoke();
    this.#partitions.delete(partition.key);
  }

  /** Pauses or resumes the source by what is held and how the platform is. */
  #regulate(): void {
    const pause = this.#wantsPause;
    // Asked after every delivery: mostly nothing is new.
    const others: PartitionFlow[] = [];
    for (const partition of this.#partitions.values()) if (partition.paused !== pause) others.push(partition);
    this.#tell(others);
  }

  #tell(partitions: readonly PartitionFlow[]): void {
    if (this.#draining || partitions.length === 0) return;
    const pause = this.#wantsPause;
    for (const partition of partitions) partition.paused = pause;
    const keys = partitions.map(partition => partition.key);
    if (pause) this.#parts.intake.pause(keys);
    else this.#parts.intake.resume(keys);
  }

  get #wantsPause(): boolean {
    return this.#load.full || this.#dispatcher.wantsPause;
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
    this.#broken = true;
    this.#dispatcher.stop();
    this.#failed.reject(error);
  }
}
