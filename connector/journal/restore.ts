import type { Restoration } from '../flow/ports.ts';
import type { PartitionOffsets } from '../kafka/admin.ts';
import type { ConsumerListener, RecordConsumer } from '../kafka/record-consumer.ts';
import { assert } from '../kernel/assert.ts';
import { Fault, messageOf } from '../kernel/fault.ts';
import { type PartitionKey, partitionKey, splitPartitionKey } from '../kernel/position.ts';
import type { Clock, DurationMs, MonotonicMs } from '../kernel/time.ts';
import type { JournalAppender } from './append.ts';
import type { JournalDecoder, Told } from './decode.ts';
import { lossIn } from './loss.ts';
import { PartitionRestore } from './partition-restore.ts';

/** How the journal is read when partitions are assigned. */
export interface RestoreOptions {
  readonly topic: string;
  readonly sourceTopics: readonly string[];
  /** Of this connector. Entries of another one stop the restore of their partition. */
  readonly groupId: string;
  /** Group ids and source topics that this connector had before: their entries are its own. */
  readonly formerly: readonly string[];
  /** Whether a record that cannot be read stops the restore of its partition, or is skipped. */
  readonly onUnreadable: 'stop' | 'skip';
  /** A partition's orders are known again. */
  readonly onRestored: (report: RestoreReport) => void;
  /** What the operator must know: records of the source lost, or of the journal unreadable; brokers that do not answer. */
  readonly onFault: (fault: Fault) => void;
}

/** How the restore of one partition went. */
export interface RestoreReport {
  readonly partition: number;
  /** Records of the journal that were read. */
  readonly records: number;
  readonly durationMs: DurationMs;
}

/** How the restore stands, for metrics and health. */
export interface RestoreProgress {
  /** Partitions that are being restored now. */
  readonly restoring: number;
  /** Records of the journal read since the start. */
  readonly records: number;
  /** Of them those that could not be read. */
  readonly unreadable: number;
  /** Partitions whose restore stopped at a record: nothing of them is delivered. The fault says why. */
  readonly stopped: ReadonlyMap<number, Fault>;
}

/** What the restore uses. */
export interface RestoreParts {
  readonly consumer: Pick<RecordConsumer, 'seek' | 'pause' | 'resume'>;
  readonly decoder: JournalDecoder;
  readonly appender: Pick<JournalAppender, 'claim'>;
  /** Of the source's topics and the journal, as they are now. Rejects with a {@link Fault}. */
  readonly offsets: () => Promise<ReadonlyMap<PartitionKey, PartitionOffsets>>;
  readonly clock: Clock;
}

/** Who is told: the flow. It keeps the source of a partition paused until that is restored. */
export type RestoredFlow = ConsumerListener & Restoration;

const retryMs: DurationMs = 500;

/**
 * Stands between the consumer, which reads the source and the journal, and the flow, which knows of the source alone. A
 * partition that is new to us is held back until its partition of the journal has been read to the end that it had then.
 */
export class JournalRestore {
  readonly #options: RestoreOptions;
  readonly #parts: RestoreParts;
  #assigned: ReadonlySet<PartitionKey> = new Set();
  /** By partition number: those being restored, and those whose orders are known. */
  readonly #restoring = new Map<number, { readonly restore: PartitionRestore; readonly since: MonotonicMs }>();
  readonly #restored = new Set<number>();
  readonly #ends = new Map<PartitionKey, PartitionOffsets>();
  #asking = false;
  #records = 0;
  #unreadable = 0;
  readonly #stopped = new Map<number, Fault>();

  constructor(options: RestoreOptions, parts: RestoreParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get progress(): RestoreProgress {
    const underway = [...this.#restoring.values()].map(({ restore }) => restore.records);
    const records = underway.reduce((sum, count) => sum + count, this.#records);
    return { restoring: this.#restoring.size, records, unreadable: this.#unreadable, stopped: this.#stopped };
  }

  /** Gives up what is being restored: nothing more is asked or told. */
  close(): void {
    this.#giveAllBut(new Set());
  }

  /** The consumer's listener, which passes on to the flow what is of the source. */
  listenerFor(flow: RestoredFlow): ConsumerListener {
    return {
      rebalancing: () => flow.rebalancing(),
      quiesce: limitMs => flow.quiesce(limitMs),
      assigned: keys => this.#assign(keys, flow),
      receive: (key, records, lastOffset, highWatermark) => {
        const { topic, partition } = splitPartitionKey(key);
        if (topic === this.#options.topic) {
          this.#restoring.get(partition)?.restore.take(records, lastOffset);
          return;
        }
        assert(!this.#isHeld(key), 'no record comes of a partition that is not restored');
        flow.receive(key, records, lastOffset, highWatermark);
      },
    };
  }

  #assign(keys: readonly PartitionKey[], flow: RestoredFlow): void {
    const { consumer } = this.#parts;
    const before = this.#assigned;
    this.#assigned = new Set(keys);
    const source = keys.filter(key => splitPartitionKey(key).topic !== this.#options.topic);
    const numbers = new Set(keys.map(key => splitPartitionKey(key).partition));
    this.#giveAllBut(numbers);
    for (const key of this.#ends.keys()) if (!this.#assigned.has(key)) this.#ends.delete(key);
    for (const number of numbers) {
      this.#mindGrowth(number, before);
      if (!this.#restored.has(number) && !this.#restoring.has(number)) this.#begin(number, flow);
    }
    flow.assigned(source);
    // Every partition is fetched from its last commit, and the journal has none.
    consumer.pause([...this.#restored].map(number => this.#journalKey(number)));
    for (const [number, { restore }] of this.#restoring) consumer.seek(this.#journalKey(number), restore.next);
    const reading = [...this.#restoring.keys()].filter(number => !this.#stopped.has(number));
    consumer.resume(reading.map(number => this.#journalKey(number)));
    consumer.pause([...this.#stopped.keys()].map(number => this.#journalKey(number)));
    void this.#askForEnds();
  }

  #giveAllBut(numbers: ReadonlySet<number>): void {
    for (const number of this.#restored) if (!numbers.has(number)) this.#restored.delete(number);
    for (const [number, { restore }] of this.#restoring) {
      if (numbers.has(number)) continue;
      restore.give();
      this.#records += restore.records;
      this.#restoring.delete(number);
      this.#stopped.delete(number);
    }
  }

  /** A source topic that got more partitions while we run ends the process: they are minded by the next start. */
  #mindGrowth(number: number, before: ReadonlySet<PartitionKey>): void {
    const { topic } = this.#options;
    if (!this.#assigned.has(this.#journalKey(number))) {
      throw new Fault('JOURNAL_MISMATCH', {
        detail: `the source has a partition ${number}, ${topic} has none`,
        remedy: 'start again: at its start the connector adds the partitions, or says the command',
      });
    }
    const isKnown = this.#restored.has(number) || this.#restoring.has(number);
    const fresh = this.#sourceKeys(number).find(key => !before.has(key));
    if (isKnown && fresh !== undefined) {
      throw new Fault('KAFKA_CONSUMER_STOPPED', { detail: `${fresh} was added to its topic` });
    }
  }

  #begin(number: number, flow: RestoredFlow): void {
    const { consumer, decoder, clock } = this.#parts;
    const journal = this.#journalKey(number);
    const restore = new PartitionRestore({
      decoder,
      tell: told => this.#remember(number, told, flow),
      check: told => this.#check(number, told),
      pause: () => consumer.pause([journal]),
      resume: () => consumer.resume([journal]),
      done: () => this.#finish(number, flow),
    });
    this.#restoring.set(number, { restore, since: clock.monotonic() });
    void this.#claim(number, restore);
  }

  /** Before the end is asked for: behind it, nothing comes of a former owner any more. */
  async #claim(number: number, restore: PartitionRestore): Promise<void> {
    const { appender, clock } = this.#parts;
    for (let isReported = false; !restore.signal.aborted; ) {
      try {
        await appender.claim(number, restore.signal);
        restore.claimed = true;
        void this.#askForEnds();
        return;
      } catch (error) {
        if (restore.signal.aborted) return;
        const fault = error instanceof Fault ? error : new Fault('JOURNAL_UNWRITABLE', { detail: messageOf(error) });
        if (!isReported) this.#options.onFault(fault);
        isReported = true;
        await clock.sleep(retryMs, restore.signal);
      }
    }
  }

  /** What is done about a record: it is taken in, skipped, or stops the restore of its partition. */
  #check(number: number, told: Told): 'take' | 'skip' | 'stop' {
    const { onUnreadable, onFault } = this.#options;
    if (told.kind === 'claim') return 'skip';
    const fault = told.kind === 'unreadable' ? told.fault : this.#mismatchIn(number, told);
    if (fault === null) return 'take';
    const isSkipped = told.kind === 'unreadable' && onUnreadable === 'skip';
    // One of those that are skipped is reported: what wrote one such record wrote many.
    if (told.kind === 'unreadable' && this.#unreadable++ > 0 && isSkipped) return 'skip';
    onFault(fault);
    if (isSkipped) return 'skip';
    this.#stopped.set(number, fault);
    return 'stop';
  }

  /** Whether another connector wrote the record; version 0.1 did not name its group, so there the source topic tells. */
  #mismatchIn(number: number, told: Exclude<Told, { kind: 'unreadable' | 'claim' }>): Fault | null {
    const { topic, groupId, formerly, sourceTopics } = this.#options;
    const { groupId: writer } = told;
    if (writer !== null) {
      if (writer === groupId || formerly.includes(writer)) return null;
      const detail = `partition ${number} of ${topic} holds entries of the consumer group ${writer}; this connector is ${groupId}`;
      return new Fault('JOURNAL_MISMATCH', { detail });
    }
    if (told.kind === 'forgotten') return null;
    const source = splitPartitionKey(told.entry.partition).topic;
    if (sourceTopics.includes(source) || formerly.includes(source)) return null;
    const detail = `partition ${number} of ${topic} holds entries of ${source}, which ${groupId} does not read`;
    return new Fault('JOURNAL_MISMATCH', { detail });
  }

  #remember(number: number, told: Exclude<Told, { kind: 'unreadable' | 'claim' }>, flow: RestoredFlow): void {
    const keys = this.#sourceKeys(number);
    if (told.kind === 'forgotten') {
      for (const key of keys) flow.remember(key, { order: told.order, known: null });
      return;
    }
    const { order, state, owed, at } = told.entry;
    const home = keys.find(key => splitPartitionKey(key).topic === state.through?.topic) ?? keys[0];
    if (home !== undefined) flow.remember(home, { order, known: { state, owed, at } });
  }

  #finish(number: number, flow: RestoredFlow): void {
    const { consumer, clock } = this.#parts;
    const begun = this.#restoring.get(number);
    if (begun === undefined) return;
    const { restore, since } = begun;
    consumer.pause([this.#journalKey(number)]);
    this.#restoring.delete(number);
    this.#restored.add(number);
    this.#records += restore.records;
    this.#options.onRestored({ partition: number, records: restore.records, durationMs: clock.monotonic() - since });
    for (const key of this.#sourceKeys(number)) {
      const ends = this.#ends.get(key);
      assert(ends !== undefined, 'the ends of a partition are known when its journal is read');
      const { low, end, committed } = ends;
      flow.restored(key, { begin: committed === null || committed < low ? low : committed, end });
    }
  }

  /** Asks until each partition that is being restored has its end; only what is asked after its assignment counts. */
  async #askForEnds(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    let told = false;
    for (let waiting = this.#withoutEnds(); waiting.size > 0; waiting = this.#withoutEnds()) {
      try {
        const ends = await this.#parts.offsets();
        told = false;
        this.#learn(ends, waiting);
      } catch (error) {
        const fault = error instanceof Fault ? error : new Fault('KAFKA_UNREACHABLE', { detail: messageOf(error) });
        if (!told) this.#options.onFault(fault);
        told = true;
      }
      if ([...this.#withoutEnds().values()].some(restore => waiting.has(restore)))
        await this.#parts.clock.sleep(retryMs);
    }
    this.#asking = false;
  }

  #withoutEnds(): Set<PartitionRestore> {
    const restores = [...this.#restoring.values()].map(({ restore }) => restore);
    return new Set(restores.filter(restore => restore.claimed && restore.needsEnd));
  }

  #learn(ends: ReadonlyMap<PartitionKey, PartitionOffsets>, asked: ReadonlySet<PartitionRestore>): void {
    for (const [number, { restore }] of this.#restoring) {
      const journal = ends.get(this.#journalKey(number));
      const keys = this.#sourceKeys(number);
      if (!asked.has(restore) || journal === undefined || !keys.every(key => ends.has(key))) continue;
      for (const key of keys) {
        const found = ends.get(key);
        if (found !== undefined) this.#ends.set(key, found);
        const loss = found && lossIn(key, found);
        if (loss) this.#options.onFault(loss);
      }
      restore.ends(journal.low, journal.end);
    }
  }

  #isHeld(key: PartitionKey): boolean {
    return this.#restoring.has(splitPartitionKey(key).partition);
  }

  #journalKey(number: number): PartitionKey {
    return partitionKey(this.#options.topic, number);
  }

  /** The partitions of this number that are ours, in the order of the topics. */
  #sourceKeys(number: number): readonly PartitionKey[] {
    return this.#options.sourceTopics.map(topic => partitionKey(topic, number)).filter(key => this.#assigned.has(key));
  }
}
