import {
  type DeadLetter,
  type DeadLetters,
  type Delivery,
  EntryTooLarge,
  type Intake,
  type Journal,
  type JournalEntry,
  type Meter,
  type Outcome,
} from '../../connector/flow/ports.ts';
import type { Offset, PartitionKey } from '../../connector/kernel/position.ts';
import {
  type Clock,
  type DurationMs,
  type Instant,
  instant,
  type MonotonicMs,
  monotonic,
  type Random,
} from '../../connector/kernel/time.ts';
import type { Answer } from '../../connector/order/answer.ts';
import type { CardChange, MerchantBizNo } from '../../connector/order/change.ts';
import type { CardRequest } from '../../connector/order/decide.ts';
import { anAnswer, dawn, silence } from './builders.ts';

// The world as the flow sees it, without chance and without time of its own: a clock that moves when told to, a seeded
// random, and ports that note what they are asked.

/** Chance from a seed (xorshift32): the same seed, the same numbers. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds are spread, and zero would stay zero.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 0 || 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
}

interface Sleeper {
  readonly at: MonotonicMs;
  readonly tie: number;
  readonly wake: () => void;
}

// Another number than the wall clock's, so that one is not taken for the other.
const steppedStart: MonotonicMs = monotonic(10_000);

/** On {@link SteppedClock}'s monotonic clock: so long after its start, when its wall clock says `dawn`. */
export function sinceStart(ms: DurationMs): MonotonicMs {
  return monotonic(steppedStart + ms);
}

/** A clock that stands still until it is stepped to its earliest sleeper. Its wall clock can be set by itself. */
export class SteppedClock implements Clock {
  readonly #ties: Random;
  readonly #sleepers = new Set<Sleeper>();
  #now: MonotonicMs = steppedStart;
  #wallOffset: DurationMs = 0;

  /** `ties` decides who wakes first of those that wake at the same moment. */
  constructor(ties: Random = { next: () => 0 }) {
    this.#ties = ties;
  }

  now(): Instant {
    return instant(dawn + (this.#now - steppedStart) + this.#wallOffset);
  }

  monotonic(): MonotonicMs {
    return this.#now;
  }

  /** Sets the wall clock so much ahead of (or, below 0, behind) where it started; the monotonic clock and sleepers go on. */
  setWallClock(offset: DurationMs): void {
    this.#wallOffset = offset;
  }

  sleep(duration: DurationMs, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise(resolve => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: monotonic(this.#now + Math.max(0, duration)), tie: this.#ties.next(), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** How many sleep: a stopped world has none. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets all promises run that can. */
  async runDry(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve));
  }

  /** Wakes the earliest sleeper, if it is due by `until`, and lets promises run dry; false when there was none. */
  async step(until: MonotonicMs = monotonic(Number.POSITIVE_INFINITY)): Promise<boolean> {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (first === undefined || sleeper.at < first.at || (sleeper.at === first.at && sleeper.tie < first.tie)) {
        first = sleeper;
      }
    }
    if (first === undefined || first.at > until) return false;
    this.#now = monotonic(Math.max(this.#now, first.at));
    first.wake();
    await this.runDry();
    return true;
  }

  /** Lets so much time pass. */
  async pass(duration: DurationMs): Promise<void> {
    const until = monotonic(this.#now + duration);
    await this.runDry();
    while (await this.step(until));
    this.#now = until;
  }
}

/** Notes what is paused and committed. */
export class RecordingIntake implements Intake {
  readonly paused = new Set<PartitionKey>();
  readonly commits: ReadonlyMap<PartitionKey, Offset>[] = [];
  /** The broker refuses to commit. */
  refuses = false;
  leased = true;

  pause(partitions: readonly PartitionKey[]): void {
    for (const key of partitions) this.paused.add(key);
  }

  resume(partitions: readonly PartitionKey[]): void {
    for (const key of partitions) this.paused.delete(key);
  }

  async commit(offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void> {
    if (this.refuses) throw new Error('the broker refuses');
    this.commits.push(offsets);
  }

  /** The last committed offset of a partition. */
  committed(key: PartitionKey): Offset | undefined {
    return this.commits.findLast(offsets => offsets.has(key))?.get(key);
  }
}

/** Answers as scripted, and notes every request. */
export class ScriptedDelivery implements Delivery {
  readonly requests: CardRequest[] = [];
  /** With the platform now, by order. */
  readonly open = new Map<string, number>();
  latencyMs: DurationMs = 10;
  /** What is answered; `never` hangs until it is given up. `attempt` counts the requests of this change, from 1. */
  script: (request: CardRequest, attempt: number) => Answer | 'never' = () => anAnswer('SUCCESS');
  readonly #clock: Clock;
  readonly #attempts = new WeakMap<CardChange, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async deliver(request: CardRequest, signal: AbortSignal): Promise<Answer> {
    this.requests.push(request);
    const attempt = (this.#attempts.get(request.change) ?? 0) + 1;
    this.#attempts.set(request.change, attempt);
    const answer = this.script(request, attempt);
    const order = request.change.merchantBizNo;
    this.open.set(order, (this.open.get(order) ?? 0) + 1);
    await this.#clock.sleep(answer === 'never' ? Number.POSITIVE_INFINITY : this.latencyMs, signal);
    this.open.set(order, (this.open.get(order) ?? 0) - 1);
    return answer === 'never' || signal.aborted ? silence('aborted') : answer;
  }
}

/** Keeps dead letters; while `blocked`, the topic cannot be written. */
export class RecordingDeadLetters implements DeadLetters {
  readonly letters: DeadLetter[] = [];
  blocked = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async publish(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    do {
      await this.#clock.sleep(5, signal);
      if (signal.aborted) throw new Error('given up');
    } while (this.blocked);
    this.letters.push(letter);
  }
}

/** Keeps what is written of the orders; while `blocked`, the topic cannot be written. */
export class RecordingJournal implements Journal {
  readonly entries: JournalEntry[] = [];
  readonly forgotten: MerchantBizNo[] = [];
  blocked = false;
  /** The topic takes no entry with a pending delivery: they are too large for it. */
  refusesOwed = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was written: event, order and offset. */
  get lines(): readonly string[] {
    return this.entries.map(({ event, order, position }) => `${event} ${order}@${position.offset}`);
  }

  async append(entry: JournalEntry, signal: AbortSignal): Promise<void> {
    await this.#write(signal);
    if (this.refusesOwed && entry.owed !== null) throw new EntryTooLarge(5_000_000);
    this.entries.push(entry);
  }

  async forget(_: PartitionKey, order: MerchantBizNo, signal: AbortSignal): Promise<void> {
    await this.#write(signal);
    this.forgotten.push(order);
  }

  async #write(signal: AbortSignal): Promise<void> {
    do {
      await this.#clock.sleep(2, signal);
      if (signal.aborted) throw new Error('given up');
    } while (this.blocked);
  }
}

/** Counts. */
export class RecordingMeter implements Meter {
  readonly outcomes: Record<Outcome, number> = { delivered: 0, skipped: 0, superseded: 0, 'dead-lettered': 0 };
  readonly skips: string[] = [];
  readonly retries: string[] = [];
  readonly limits: string[] = [];
  readonly degradations: (string | null)[] = [];
  readonly held: (string | null)[] = [];
  readonly commits: boolean[] = [];
  receivedRecords = 0;
  attempts = 0;
  heals = 0;
  strays = 0;
  rebalances = 0;
  acceptances = 0;
  letters = 0;
  parkings = 0;
  evictions = 0;

  /** How many records were accounted for. */
  get settledRecords(): number {
    return Object.values(this.outcomes).reduce((sum, count) => sum + count, 0);
  }

  received(_: string, records: number): void {
    this.receivedRecords += records;
  }
  settled(outcome: Outcome): void {
    this.outcomes[outcome]++;
  }
  skipped(reason: string): void {
    this.skips.push(reason);
  }
  parked(): void {
    this.parkings++;
  }
  attempted(): void {
    this.attempts++;
  }
  accepted(): void {
    this.acceptances++;
  }
  retried(cause: string): void {
    this.retries.push(cause);
  }
  limited(cause: string): void {
    this.limits.push(cause);
  }
  healed(): void {
    this.heals++;
  }
  deadLettered(): void {
    this.letters++;
  }
  committed(ok: boolean): void {
    this.commits.push(ok);
  }
  rebalanced(): void {
    this.rebalances++;
  }
  evicted(): void {
    this.evictions++;
  }
  strayed(): void {
    this.strays++;
  }
  degraded(fault: { readonly code: string } | null): void {
    this.degradations.push(fault?.code ?? null);
  }
  topicHeld(fault: { readonly code: string } | null): void {
    this.held.push(fault?.code ?? null);
  }
}
