import { Fault } from '../kernel/fault.ts';
import { type Clock, type DurationMs, instant, type Random } from '../kernel/time.ts';
import { describeAnswer } from '../order/answer.ts';
import type { Accounts } from './accounts.ts';
import { detachRecord, type Entry, type Lane } from './lane.ts';
import { acceptedEvent, type Carried } from './lane-worker.ts';
import type { Lanes } from './lanes.ts';
import type { DeadLetter, DeadLetterReason, DeadLetters, Meter } from './ports.ts';
import { nextDelay } from './retry-schedule.ts';

/** How often again, and whether the newest change wins. */
export interface FollowUpOptions {
  readonly retryDelaysMs: readonly DurationMs[];
  readonly conflate: boolean;
}

/** What following up needs of the world. */
export interface FollowUpParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly deadLetters: DeadLetters;
  readonly meter: Meter;
  readonly accounts: Accounts;
  readonly lanes: Lanes;
  /** A lane became ready by itself. */
  readonly onReady: () => void;
  readonly fail: (error: unknown) => void;
}

/** An order that alone makes the platform refuse us, while others are served, is poison itself (a firewall that dislikes its text). */
export const haltsMax = 3;

/** What follows from an attempt: the change is settled, tried again later, or given up; its lane is ready again, or waits. */
export class FollowUp {
  readonly #options: FollowUpOptions;
  readonly #parts: FollowUpParts;

  constructor(options: FollowUpOptions, parts: FollowUpParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** `outage`: the breaker was not closed when the answer came, so a failure tells nothing of the order. */
  async follow(lane: Lane, entry: Entry, carried: Carried, outage: boolean): Promise<void> {
    const { accounts, meter, lanes } = this.#parts;
    const { verdict } = carried;
    // Whatever came of it; also what was not healed for that reason.
    if (entry.partition.revoked) return this.#forget(lane);
    switch (verdict.kind) {
      case 'accepted':
        this.#accept(lane, entry, carried);
        break;
      case 'nothing-to-end':
        // There is no card: all the same to the order whether this change hid it.
        accounts.remember(entry, acceptedEvent(carried.request, this.#parts.clock.now()));
        accounts.skip(lane.shift(), 'ended');
        lanes.makeReady(lane);
        break;
      case 'retry':
        meter.retried(verdict.cause);
        await this.#again(lane, entry, carried, verdict.afterMs, outage);
        break;
      case 'halt':
        if (!outage && ++lane.halts >= haltsMax) {
          await this.#again(lane, entry, carried, null, false);
        } else {
          this.#newestWins(lane);
          lanes.makeReady(lane);
        }
        break;
      case 'reject':
        await this.#giveUp(lane, entry, carried, 'rejected', describeAnswer(carried.answer));
        break;
    }
  }

  /** A newer change took the place of the one that waits: it waits as after a first failure, not for minutes. */
  hasten(lane: Lane): void {
    const { head } = lane;
    if (head === undefined || head.attempts > 0) return;
    const { accounts, clock } = this.#parts;
    // Never later than it would have been: an order that changes all the time is delivered all the same.
    if (lane.wakeAt !== null && lane.wakeAt <= clock.now() + this.#firstDelay) {
      setAside(head, accounts);
      return;
    }
    const before = lane.wake;
    this.#wait(lane, this.#firstDelay);
    before?.abort();
  }

  get #firstDelay(): DurationMs {
    return this.#options.retryDelaysMs[0] ?? 0;
  }

  /** The partition was taken away: the change is its new owner's, and is accounted for there. */
  #forget(lane: Lane): void {
    this.#parts.accounts.uncount(lane.shift());
    this.#parts.lanes.makeReady(lane);
  }

  #accept(lane: Lane, entry: Entry, carried: Carried): void {
    const { accounts, meter, clock, lanes } = this.#parts;
    const now = clock.now();
    accounts.remember(entry, acceptedEvent(carried.request, now));
    meter.accepted(now - entry.change.bizDate, now - entry.record.timestamp);
    accounts.settle(lane.shift(), 'delivered');
    lane.halts = 0;
    lanes.makeReady(lane);
  }

  /** The same request again, later: as often as the schedule says; an outage does not count. */
  async #again(lane: Lane, entry: Entry, carried: Carried, afterMs: DurationMs | null, outage: boolean): Promise<void> {
    const delays = this.#options.retryDelaysMs;
    // The end of the outage wakes it, whatever its delay.
    const tillOutageEnds = Math.max(0, ...delays);
    if (this.#newestWins(lane)) return this.#wait(lane, outage ? tillOutageEnds : this.#firstDelay);
    if (!outage) entry.failures++;
    const delay = outage ? tillOutageEnds : nextDelay(delays, entry.failures, afterMs, this.#parts.random);
    if (delay === null) {
      const detail = `${entry.attempts} attempts; the last: ${describeAnswer(carried.answer)}`;
      return this.#giveUp(lane, entry, carried, 'retries-exhausted', detail);
    }
    this.#wait(lane, delay);
  }

  /** Leaves out the head that came to nothing where a newer change came while it was with the platform. */
  #newestWins(lane: Lane): boolean {
    const { newer } = lane;
    if (!this.#options.conflate || newer === null) return false;
    this.#parts.accounts.supersede(lane.shift(), newer);
    return true;
  }

  #wait(lane: Lane, delay: DurationMs): void {
    const { lanes, accounts, clock, onReady, fail } = this.#parts;
    const signal = lanes.makeWaiting(lane, instant(clock.now() + delay));
    if (lane.head) setAside(lane.head, accounts);
    clock
      .sleep(delay, signal)
      .then(() => {
        // Another wait took this one's place, or is over already.
        if (lane.state !== 'waiting' || lane.wake?.signal !== signal) return;
        if (lane.head) accounts.count(lane.head);
        lanes.makeReady(lane);
        onReady();
      })
      .catch(fail);
  }

  async #giveUp(lane: Lane, entry: Entry, carried: Carried, reason: DeadLetterReason, detail: string): Promise<void> {
    const { deadLetters, meter, accounts, lanes } = this.#parts;
    const { position, source } = entry.change;
    const letter = this.#letterOf(entry, carried, reason, detail);
    // A revoked partition's record is its new owner's to give up.
    if (await publishedUnlessRevoked(deadLetters, letter, entry.partition.signal)) {
      meter.deadLettered(letter);
      if (reason === 'retries-exhausted') accounts.doubt(entry);
      accounts.remember(entry, { kind: 'delivery-dead-lettered', position, source });
      accounts.settle(entry, 'dead-lettered');
    }
    accounts.uncount(lane.shift());
    lanes.makeReady(lane);
  }

  #letterOf(entry: Entry, carried: Carried, reason: DeadLetterReason, detail: string): DeadLetter {
    const now = this.#parts.clock.now();
    const code = reason === 'rejected' ? 'CARD_REJECTED' : 'RETRIES_EXHAUSTED';
    return {
      record: entry.record,
      reason,
      fault: new Fault(code, { detail, at: entry.change.position }),
      attempts: {
        count: entry.attempts,
        firstAt: entry.firstAttemptAt ?? now,
        lastAt: entry.lastAttemptAt ?? now,
        request: carried.request,
        lastAnswer: carried.answer,
      },
    };
  }
}

/** What waits keeps neither the source from being read nor its fetch answer in memory. */
function setAside(entry: Entry, accounts: Accounts): void {
  if (!entry.counted) return;
  detachRecord(entry);
  accounts.uncount(entry);
}

/** True once the broker has it; false when its partition was taken away meanwhile. */
export async function publishedUnlessRevoked(
  deadLetters: DeadLetters,
  letter: DeadLetter,
  revocation: AbortSignal,
): Promise<boolean> {
  try {
    await deadLetters.publish(letter, revocation);
    return true;
  } catch (error) {
    if (revocation.aborted) return false;
    throw error;
  }
}
