import { Fault } from '../kernel/fault.ts';
import type { Clock, DurationMs, Random } from '../kernel/time.ts';
import { describeAnswer } from '../order/answer.ts';
import type { Accounts } from './accounts.ts';
import { detachRecord, type Entry, type Lane } from './lane.ts';
import { acceptedEvent, type Carried } from './lane-worker.ts';
import type { Lanes } from './lanes.ts';
import type { DeadLetter, DeadLetterReason, DeadLetters, Meter } from './ports.ts';
import { nextDelay } from './retry-schedule.ts';

/** What following up needs of the world. */
export interface FollowUpParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly deadLetters: DeadLetters;
  readonly meter: Meter;
  readonly accounts: Accounts;
  readonly lanes: Lanes;
  /** A lane became ready by itself. */
  readonly pump: () => void;
  readonly fail: (error: unknown) => void;
}

// An order that alone makes the platform refuse us, while others are served, is poison itself (a firewall that dislikes its text).
const haltsMax = 3;

/** What follows from an attempt: the change is settled, tried again later, or given up; its lane is ready again, or waits. */
export class FollowUp {
  readonly #retryDelaysMs: readonly DurationMs[];
  readonly #parts: FollowUpParts;

  constructor(retryDelaysMs: readonly DurationMs[], parts: FollowUpParts) {
    this.#retryDelaysMs = retryDelaysMs;
    this.#parts = parts;
  }

  /** `outage`: the breaker was not closed when the answer came, so a failure tells nothing of the order. */
  async follow(lane: Lane, entry: Entry, carried: Carried, outage: boolean): Promise<void> {
    const { accounts, meter, lanes } = this.#parts;
    const { verdict } = carried;
    switch (verdict.kind) {
      case 'accepted':
        this.#accept(lane, entry, carried);
        break;
      case 'nothing-to-end':
        accounts.skip(lane.shift(), 'ended');
        lanes.makeReady(lane);
        break;
      case 'retry':
        meter.retried(verdict.cause);
        await this.#again(lane, entry, carried, verdict.afterMs, outage);
        break;
      case 'halt':
        if (!outage && ++entry.halts >= haltsMax) await this.#again(lane, entry, carried, null, false);
        else lanes.makeReady(lane);
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
    this.#parts.accounts.uncount(head);
    const before = lane.wake;
    this.#wait(lane, this.#retryDelaysMs[0] ?? 0);
    before?.abort();
  }

  #accept(lane: Lane, entry: Entry, carried: Carried): void {
    const { accounts, meter, clock, lanes } = this.#parts;
    const now = clock.now();
    accounts.remember(entry, acceptedEvent(carried.request, now));
    meter.accepted(now - entry.change.bizDate, now - entry.record.timestamp);
    accounts.settle(lane.shift(), 'delivered');
    lanes.makeReady(lane);
  }

  /** The same request again, later: as often as the schedule says; an outage does not count. */
  async #again(lane: Lane, entry: Entry, carried: Carried, afterMs: DurationMs | null, outage: boolean): Promise<void> {
    const delays = this.#retryDelaysMs;
    if (!outage) entry.failures++;
    // The end of the outage wakes it, whatever its delay.
    const delay = outage ? Math.max(0, ...delays) : nextDelay(delays, entry.failures, afterMs, this.#parts.random);
    if (delay === null) {
      const detail = `${entry.attempts} attempts; the last: ${describeAnswer(carried.answer)}`;
      return this.#giveUp(lane, entry, carried, 'retries-exhausted', detail);
    }
    detachRecord(entry);
    this.#parts.accounts.uncount(entry);
    this.#wait(lane, delay);
  }

  #wait(lane: Lane, delay: DurationMs): void {
    const { lanes, accounts, clock, pump, fail } = this.#parts;
    const signal = lanes.makeWaiting(lane);
    clock
      .sleep(delay, signal)
      .then(() => {
        // Another wait took this one's place, or is over already.
        if (lane.state !== 'waiting' || lane.wake?.signal !== signal) return;
        if (lane.head) accounts.count(lane.head);
        lanes.makeReady(lane);
        pump();
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
