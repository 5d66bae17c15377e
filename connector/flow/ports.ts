import type { Fault } from '../kernel/fault.ts';
import type { Offset, PartitionKey, Position } from '../kernel/position.ts';
import type { SourceRecord, Trace } from '../kernel/record.ts';
import type { DurationMs, Instant, MonotonicMs } from '../kernel/time.ts';
import type { Answer } from '../order/answer.ts';
import type { CardChange, Command, MerchantBizNo } from '../order/change.ts';
import type { CardRequest } from '../order/decide.ts';
import type { SkipReason } from '../order/event.ts';
import type { RetryCause } from '../order/result-codes.ts';
import type { OrderState } from '../order/state.ts';
import type { Verdict } from '../order/verdict.ts';
import type { LimitSnapshot } from './limit/limit-snapshot.ts';

// What the flow needs of the world. The outer rooms implement these; the simulation brings its own.

/** The tap of the source. */
export interface Intake {
  /** Stops fetching these partitions; records already fetched may still come. */
  pause(partitions: readonly PartitionKey[]): void;
  resume(partitions: readonly PartitionKey[]): void;
  /** Commits the next offset to read of each partition that is assigned still. Rejects when the broker refuses: tried again then, or later ones. */
  commit(offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void>;
  /**
   * Whether we are certainly a member still: the last heartbeat that was answered is younger than the session. Where it is
   * not, the partitions may be another instance's already: nothing is started and nothing written until it is again.
   */
  readonly leased: boolean;
}

/** What a record means. */
export type Interpreted =
  /** `former`: the end of the order whose number the row had before. It is another order's change, at the same position. */
  | { readonly kind: 'change'; readonly change: CardChange; readonly former?: CardChange }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  /** It cannot be read or mapped: it becomes a dead letter. */
  | {
      readonly kind: 'unusable';
      readonly fault: Fault;
      /** No row of its table can be mapped: a column is missing. */
      readonly everyRow?: boolean;
    };

/** Decoding and mapping. Synchronous but for the first record of a schema. Waits (and does not reject) while the registry is down. */
export interface Interpreter {
  interpret(record: SourceRecord, signal: AbortSignal): Interpreted | Promise<Interpreted>;
}

/** One attempt at the platform. Never rejects: whatever happens is an {@link Answer}. */
export interface Delivery {
  /** `mayGo` is asked when all is ready and the first byte is about to go: where it says no, nothing goes, and the answer is `unsent`. */
  deliver(request: CardRequest, signal: AbortSignal, mayGo: () => boolean, trace?: Trace): Promise<Answer>;
}

/** Why a record became a dead letter: a closed label set. */
export const deadLetterReasons = ['undecodable', 'unmappable', 'rejected', 'retries-exhausted'] as const;

/** One of {@link deadLetterReasons}. */
export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** A record that is given up, with the story of its attempts. */
export interface DeadLetter {
  readonly record: SourceRecord;
  readonly reason: DeadLetterReason;
  readonly fault: Fault;
  /** Null when no request was made of it. */
  readonly attempts: Attempts | null;
}

/** The story of a delivery's attempts. */
export interface Attempts {
  readonly count: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly request: CardRequest;
  readonly lastAnswer: Answer;
}

/** The dead-letter topic. */
export interface DeadLetters {
  /** Resolves only when the broker has it; tries until then, or rejects when the signal is aborted. */
  publish(letter: DeadLetter, signal: AbortSignal): Promise<void>;
}

/** A delivery that outlived its quick repetitions: its offset is accounted for, and it is tried again on the long schedule. */
export interface Owed {
  /** Byte for byte, for a dead letter. */
  readonly record: SourceRecord;
  /** To be repeated as it is: the same id, the same body. */
  readonly request: CardRequest;
  /** How often the change was sent under another command before. */
  readonly heals: number;
  readonly attempts: number;
  /** Failed attempts that count towards giving up, on the quick schedule and the long one. */
  readonly failures: number;
  /** All its pauses between attempts so far, without those of an outage: giving up is decided by it. */
  readonly waitedMs: DurationMs;
  readonly firstAttemptAt: Instant;
  readonly lastAttemptAt: Instant;
  readonly dueAt: Instant;
}

/** What happened to an order: the journal tells it to people. */
export const journalEvents = [
  'sent',
  'updated',
  'ended',
  'healed',
  'skipped',
  'superseded',
  'parked',
  'retried',
  'rejected',
  'dead-lettered',
  'redriven',
] as const;

/** One of {@link journalEvents}. */
export type JournalEvent = (typeof journalEvents)[number];

/** One event of an order, with what is known of it afterwards: the latest entry of an order is all there is to know. */
export interface JournalEntry {
  /** The source's partition; the journal's has the same number. */
  readonly partition: PartitionKey;
  readonly order: MerchantBizNo;
  readonly event: JournalEvent;
  /** Of the change it happened to. */
  readonly position: Position;
  readonly at: Instant;
  readonly requestId: string | null;
  readonly command: Command | null;
  /** Attempts made of the change so far. */
  readonly attempts: number;
  /** A skip's reason, the last answer's result code; no payload. */
  readonly detail: string | null;
  readonly state: OrderState;
  readonly owed: Owed | null;
}

/** The journal's topic does not take an entry for its size, not even without the value of the pending delivery's record. */
export class EntryTooLarge extends Error {
  constructor(bytes: number) {
    super(`an entry of ${bytes} bytes is larger than the journal's topic takes`);
    this.name = 'EntryTooLarge';
  }
}

/** The order's events in Kafka. */
export interface Journal {
  /**
   * Resolves when all in-sync replicas have it; tries until then, or rejects when the signal is aborted. The entries of a
   * partition are written in the order of the calls. Rejects with {@link EntryTooLarge} where a pending delivery makes the
   * entry larger than the topic takes.
   */
  append(entry: JournalEntry, signal: AbortSignal): Promise<void>;
  /** Forgets an order: a tombstone. Like {@link append}. */
  forget(partition: PartitionKey, order: MerchantBizNo, signal: AbortSignal): Promise<void>;
}

/** An order as the journal has it, and when its last change was handled; null: it was forgotten. */
export interface Remembered {
  readonly order: MerchantBizNo;
  readonly known: { readonly state: OrderState; readonly owed: Owed | null; readonly at: Instant } | null;
}

/** How far a source partition was read by the group, and where it ends, both after it was assigned. */
export interface PartitionEnds {
  /** The next offset to read: the commit, or where there is none the first record. */
  readonly begin: Offset;
  /** The offset behind the last record. */
  readonly end: Offset;
}

/** Takes in what the journal remembers of a partition that was assigned. Both are synchronous and must not throw. */
export interface Restoration {
  /** In the journal's order: a later one of the same order replaces the earlier. */
  remember(partition: PartitionKey, remembered: Remembered): void;
  /** All was told: its deliveries may begin. */
  restored(partition: PartitionKey, ends: PartitionEnds): void;
}

/** Where a change ended: conservation counts these. */
export const outcomes = ['delivered', 'skipped', 'superseded', 'dead-lettered'] as const;

/** One of {@link outcomes}. */
export type Outcome = (typeof outcomes)[number];

/** Why deliveries were held back: a closed label set. `refused`: the platform said that there are too many, which lowers the limit. */
export const limitCauses = ['refused', 'retry-after', 'requests-per-second'] as const;

/** One attempt, for the metrics. */
export interface AttemptReport {
  readonly request: CardRequest;
  readonly answer: Answer;
  readonly verdict: Verdict;
  readonly durationMs: DurationMs;
  readonly trace?: Trace | undefined;
}

/** Counts what happens. Called on the hot path: it must be cheap and must not throw. */
export interface Meter {
  /** Records came from a topic. */
  received(topic: string, records: number): void;
  /** A record was accounted for. */
  settled(outcome: Outcome): void;
  skipped(reason: SkipReason): void;
  attempted(report: AttemptReport): void;
  /** A card was accepted: how long after its bizDate, and how long after its record was appended. */
  accepted(sinceBizDate: DurationMs, sinceAppend: DurationMs): void;
  retried(cause: RetryCause): void;
  limited(cause: (typeof limitCauses)[number]): void;
  /** A delivery is owed from now on, and its offset accounted for. */
  parked(owed: Owed): void;
  healed(request: CardRequest): void;
  deadLettered(letter: DeadLetter): void;
  committed(ok: boolean): void;
  rebalanced(): void;
  /** An order's changes came from two partitions: their order is not certain. */
  strayed(request: CardChange): void;
  /** There are more orders than `flow.ordersMax`: the state of one was dropped from memory. */
  evicted(): void;
  /** Intake stopped because of the platform or our credentials, or went on (null). */
  degraded(fault: Fault | null): void;
  /** The records of a topic are held back, since the mapping fits nearly none of them, or go on (null). */
  topicHeld(fault: Fault | null): void;
}

/** One assigned partition, as the gauges show it. */
export interface PartitionSnapshot {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to commit: all below are accounted for; null before the first record. */
  readonly frontier: Offset | null;
  readonly highest: Offset | null;
  readonly unsettled: number;
  /** When the oldest unsettled record was appended. */
  readonly oldestUnsettledAt: Instant | null;
  /** Since when records wait and no commit moved; null while nothing waits. */
  readonly uncommittedSince: Instant | null;
  /** The same on the monotonic clock. */
  readonly uncommittedFrom: MonotonicMs | null;
  /** The broker's end of the partition, as of the last fetch. */
  readonly highWatermark: Offset | null;
  readonly paused: boolean;
  /** What the journal remembers of it is known. */
  readonly restored: boolean;
  /** Records received since it was assigned. */
  readonly received: number;
  /** Owed deliveries that came from the journal. Received + recalled = settled + parked + unsettled, always. */
  readonly recalled: number;
  readonly settled: Readonly<Record<Outcome, number>>;
  /** Owed deliveries. */
  readonly parked: number;
}

/** The flow as it stands, for gauges and health. */
export interface FlowSnapshot {
  readonly partitions: readonly PartitionSnapshot[];
  /** Records received and not yet started. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly limits: LimitSnapshot;
  /** Orders that wait for the next attempt of a failed delivery. */
  readonly waiting: number;
  /** Orders whose delivery is owed: it waits in the journal. */
  readonly parked: number;
  readonly lanes: number;
  /** Orders whose state is remembered. */
  readonly orders: number;
  readonly breaker: 'closed' | 'open' | 'probing';
  readonly degraded: Fault | null;
}
