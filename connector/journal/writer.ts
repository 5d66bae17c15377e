import { setImmediate as nextTurn } from 'node:timers/promises';
import { EntryTooLarge } from '../flow/ports.ts';
import type { BatchResult, FencedProducer, ProducerEpoch } from '../kafka/fenced-producer.ts';
import { Fault } from '../kernel/fault.ts';
import type { Clock, DurationMs, MonotonicMs } from '../kernel/time.ts';
import { PartitionQueue, type Waiting } from './partition-queue.ts';

/** How the journal is written. */
export interface JournalOptions {
  readonly topic: string;
  /** Of this connector: each record names it as its owner. */
  readonly groupId: string;
  /** How long the first entry waits for others to go along with it. */
  readonly lingerMs: DurationMs;
  readonly clock: Clock;
  /** Whether the partitions are certainly ours still; while they are not, nothing is written. */
  readonly leased: () => boolean;
  /** The journal cannot be written; called once, until it is {@link onWritable} again. */
  readonly onUnwritable: (fault: Fault) => void;
  readonly onWritable: () => void;
  /** The journal's topic does not take an entry; it is written without its record's value. */
  readonly onTooLarge: (fault: Fault) => void;
}

const retryFirstMs: DurationMs = 100;
const retryMaxMs: DurationMs = 1_000;
const holdMs: DurationMs = 50;
/** A hold longer than this is reported: a healthy member is held for the length of a join. */
const heldUnreportedMs: DurationMs = 10_000;
/** The brokers forget a transactional id that is not used for seven days: the next owner's epochs would fence nothing of ours. */
const epochMaxAgeMs: DurationMs = 86_400_000;
/** One failure may be a leader that moved. */
const failuresUnreported = 1;
/** A partition that refuses our epoch so often, while the group says that it is ours, does not take it again: some 8 s. */
const refusalsMax = 12;

/** A record to write, before it has a promise. */
export type Writing = Omit<Waiting, 'written'>;

/**
 * Writes records, those of a partition in the order of the calls. Each partition has one batch under way, so that no repetition
 * overtakes what came after it; a batch is repeated as it is, so that the broker takes it once. The batches of partitions with
 * the same leader go in one request; a leader that does not answer holds up only its own partitions.
 */
export class JournalWriter {
  readonly #producer: FencedProducer;
  readonly #options: JournalOptions;
  readonly #queues = new Map<number, PartitionQueue>();
  /** The newest epoch of this process. */
  #epoch: ProducerEpoch | null = null;
  #epochAt: MonotonicMs | null = null;
  #epochSoon: Promise<ProducerEpoch> | null = null;
  /** Leaders with a request under way, by {@link groupOf}. */
  readonly #busy = new Set<string>();
  #lingering = false;
  #holding = false;
  #refreshing: Promise<void> | null = null;
  /** What keeps entries from being written: partitions, or the missing lease. Reported while there is any. */
  readonly #obstacles = new Set<number | 'lease'>();
  readonly #watched = new WeakSet<AbortSignal>();

  constructor(producer: FencedProducer, options: JournalOptions) {
    this.#producer = producer;
    this.#options = options;
  }

  write(writing: Writing): Promise<void> {
    const { signal, record } = writing;
    if (signal.aborted) return Promise.reject(signal.reason);
    const waiting = { ...writing, written: Promise.withResolvers<void>() };
    this.#watch(signal);
    const queue = this.#queueOf(record.partition ?? 0);
    queue.waiting.push(waiting);
    if (!this.#isUnderWay(queue)) void this.#linger();
    return waiting.written.promise;
  }

  /** The first record that a new owner writes to a partition, under an epoch of its own. */
  async claim(writing: Writing): Promise<void> {
    const { signal, record } = writing;
    const [epoch] = await Promise.all([this.#newEpoch(), this.#refresh()]);
    signal.throwIfAborted();
    const partition = record.partition ?? 0;
    const before = this.#queues.get(partition);
    const queue = new PartitionQueue(partition, epoch);
    // What is left of a former assignment was aborted with it.
    queue.waiting.push(...(before?.pending ?? []).filter(one => !one.signal.aborted));
    this.#queues.set(partition, queue);
    this.#clear(partition);
    return this.write(writing);
  }

  /** Shared by the partitions that are claimed at once, but never one that was asked for before the claim. */
  #newEpoch(): Promise<ProducerEpoch> {
    this.#epochSoon ??= nextTurn().then(async () => {
      this.#epochSoon = null;
      const epoch = await this.#producer.newEpoch();
      const newest = this.#epoch;
      // Two questions may be answered the other way round.
      if (newest?.producerId !== epoch.producerId || newest.epoch < epoch.epoch) this.#epoch = epoch;
      this.#epochAt = this.#options.clock.monotonic();
      return epoch;
    });
    return this.#epochSoon;
  }

  #renewEpoch(): void {
    const now = this.#options.clock.monotonic();
    if (this.#epochAt === null || now - this.#epochAt < epochMaxAgeMs) return;
    this.#epochAt = now;
    // Where it fails, the one that we have holds; it is tried again the next day.
    this.#newEpoch().catch(() => undefined);
  }

  async #linger(): Promise<void> {
    if (this.#lingering) return;
    this.#lingering = true;
    const { clock, lingerMs } = this.#options;
    await (lingerMs > 0 ? clock.sleep(lingerMs) : nextTurn());
    this.#lingering = false;
    this.#flush();
  }

  /** Sends what can be sent now: a request to each leader that has none under way. */
  #flush(): void {
    const ready = [...this.#queues.values()].filter(queue => queue.isReady);
    if (ready.length === 0) return;
    if (!this.#options.leased()) {
      void this.#hold();
      return;
    }
    this.#renewEpoch();
    const groups = new Map<string, { leader: number; epoch: ProducerEpoch; queues: PartitionQueue[] }>();
    for (const queue of ready) {
      const epoch = queue.nextEpoch(this.#epoch);
      const leader = this.#producer.leaderOf(queue.partition);
      if (leader === null || epoch === null) {
        void this.#failed(queue, 'the partition has no leader');
        continue;
      }
      const name = groupOf(leader, epoch);
      if (this.#busy.has(name)) continue;
      const group = groups.get(name) ?? { leader, epoch, queues: [] };
      group.queues.push(queue);
      groups.set(name, group);
    }
    for (const { leader, epoch, queues } of groups.values()) void this.#send(leader, epoch, queues);
  }

  async #send(leader: number, epoch: ProducerEpoch, queues: readonly PartitionQueue[]): Promise<void> {
    const name = groupOf(leader, epoch);
    this.#busy.add(name);
    const batches = queues.map(queue => queue.begin());
    const results = await this.#producer.write(leader, epoch, batches);
    for (const [index, queue] of queues.entries()) {
      this.#settle(queue, results[index] ?? { kind: 'failed', problem: 'there is no result' });
    }
    // The orders whose entries are written go on first: what they write next goes along.
    await nextTurn();
    this.#busy.delete(name);
    this.#flush();
  }

  #settle(queue: PartitionQueue, result: BatchResult): void {
    queue.sending = false;
    if (result.kind !== 'written' && queue.dropAborted() && queue.isEmpty) this.#clear(queue.partition);
    // What was in the request was taken away meanwhile.
    if (queue.batch === null) return;
    switch (result.kind) {
      case 'written':
        queue.written();
        this.#clear(queue.partition);
        break;
      case 'too-large':
        if (queue.isSplit()) break;
        this.#tooLarge(queue);
        break;
      case 'fenced':
      case 'lost':
        this.#refused(queue, result.kind);
        break;
      case 'failed':
        void this.#failed(queue, result.problem);
        break;
    }
  }

  /** The only record of a batch is refused for its size: it goes without its value, or not at all. */
  #tooLarge(queue: PartitionQueue): void {
    const [one] = queue.batch ?? [];
    if (one === undefined) return;
    const bytes = one.record.value?.length ?? 0;
    const detail = `an entry of ${bytes} bytes in partition ${queue.partition} of ${this.#options.topic}`;
    if (one.smaller === null) {
      void this.#failed(queue, `${detail} is larger than max.message.bytes of the topic`);
      return;
    }
    this.#options.onTooLarge(new Fault('JOURNAL_ENTRY_TOO_LARGE', { detail, ...(one.at && { at: one.at }) }));
    if (one.shrunk) {
      queue.batch = null;
      one.written.reject(new EntryTooLarge(bytes));
      return;
    }
    queue.batch = [{ ...one, record: one.smaller(), shrunk: true }];
  }

  /** Another instance has claimed the partition, or the broker lost records of ours. If we still own it, only a new start helps. */
  #refused(queue: PartitionQueue, kind: 'fenced' | 'lost'): void {
    const problem =
      kind === 'fenced'
        ? `another instance has claimed partition ${queue.partition}`
        : `the broker lost acknowledged records of partition ${queue.partition}`;
    if (queue.failures < refusalsMax) {
      void this.#failed(queue, problem);
      return;
    }
    const fault = new Fault('JOURNAL_UNWRITABLE', { detail: problem });
    for (const { written } of queue.pending) written.reject(fault);
    queue.waiting = [];
    queue.batch = null;
  }

  async #failed(queue: PartitionQueue, problem: string): Promise<void> {
    if (queue.failures >= failuresUnreported) this.#report(queue.partition, problem);
    const pauseMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(queue.failures, 10));
    queue.failures++;
    queue.paused = true;
    await Promise.all([this.#options.clock.sleep(pauseMs), this.#refresh().catch(() => undefined)]);
    queue.paused = false;
    this.#flush();
  }

  async #hold(): Promise<void> {
    if (this.#holding) return;
    this.#holding = true;
    const { clock, leased } = this.#options;
    const isAnyReady = () => [...this.#queues.values()].some(queue => queue.isReady);
    for (let heldMs = 0; !leased() && isAnyReady(); heldMs += holdMs) {
      if (heldMs > heldUnreportedMs) this.#report('lease', 'this member may be out of its group, and must not write');
      await clock.sleep(holdMs);
    }
    this.#holding = false;
    this.#clear('lease');
    this.#flush();
  }

  /** One question at a time. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#producer.refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  #report(obstacle: number | 'lease', detail: string): void {
    if (this.#obstacles.size === 0) this.#options.onUnwritable(new Fault('JOURNAL_UNWRITABLE', { detail }));
    this.#obstacles.add(obstacle);
  }

  #clear(obstacle: number | 'lease'): void {
    if (this.#obstacles.delete(obstacle) && this.#obstacles.size === 0) this.#options.onWritable();
  }

  #isUnderWay(queue: PartitionQueue): boolean {
    if (queue.sending || queue.paused) return true;
    const leader = this.#producer.leaderOf(queue.partition);
    const epoch = queue.nextEpoch(this.#epoch);
    return leader !== null && epoch !== null && this.#busy.has(groupOf(leader, epoch));
  }

  #queueOf(partition: number): PartitionQueue {
    const known = this.#queues.get(partition);
    if (known !== undefined) return known;
    const queue = new PartitionQueue(partition, null);
    this.#queues.set(partition, queue);
    return queue;
  }

  /** One listener a signal: a partition's entries share theirs. */
  #watch(signal: AbortSignal): void {
    if (this.#watched.has(signal)) return;
    this.#watched.add(signal);
    signal.addEventListener('abort', () => this.#dropAborted(), { once: true });
  }

  #dropAborted(): void {
    for (const queue of this.#queues.values()) {
      if (queue.dropAborted() && queue.isEmpty) this.#clear(queue.partition);
    }
  }
}

function groupOf(leader: number, { producerId, epoch }: ProducerEpoch): string {
  return `${leader}/${producerId}/${epoch}`;
}
