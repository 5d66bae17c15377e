import { type Clock, type DurationMs, type Instant, monotonic, type Random } from '../../kernel/time.ts';
import { describeAnswer } from '../../order/answer.ts';
import type { CardRequest } from '../../order/decide.ts';
import type { OrderEvent } from '../../order/event.ts';
import type { Accounts } from '../accounts.ts';
import type { Parking } from '../parked/parking.ts';
import type { DeadLetterReason, DeadLetters, JournalEvent, Meter } from '../ports.ts';
import { giveUp } from './give-up.ts';
import { detachRecord, type Entry, type Lane, mustSettleFirst } from './lane.ts';
import { acceptedEvent, type Carried, resultCodeOf } from './lane-worker.ts';
import type { Lanes } from './lanes.ts';
import { nextDelay, trafficDelay } from './retry-schedule.ts';

/**
 * Whose fault a failed delivery may be: in an outage, or where there is too much traffic, not the order's. `unproven`: it was refused by
 * a result code that is not known, and no other order was served since its first such refusal.
 */
export type Blame = 'order' | 'outage' | 'traffic' | 'unproven';

/** How often again, and whether the newest change wins. */
export interface FollowUpOptions {
  readonly retryDelaysMs: readonly DurationMs[];
  /** A change is given up when its pauses between attempts, without those of outages, would add up to more. */
  readonly giveUpAfterMs: DurationMs;
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
  readonly parking: Parking;
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

  /**
   * `blame`: in an outage (the breaker was not closed when the answer came) a failure tells nothing of the order. Nor does one
   * for the traffic, which is ours: it uses up none of the order's attempts, and only the sum of its pauses ends it.
   */
  async follow(lane: Lane, entry: Entry, carried: Carried, blame: Blame): Promise<void> {
    const { accounts, meter, lanes } = this.#parts;
    const { verdict } = carried;
    // Whatever came of it; also what was not healed for that reason.
    if (entry.partition.revoked) return this.#forget(lane);
    switch (verdict.kind) {
      case 'accepted':
        await this.#accept(lane, entry, carried);
        break;
      case 'no-card':
        if (verdict.unsettled && this.#asksAgainSoon(lane, entry)) {
          meter.retried('unknown-outcome');
          break;
        }
        accounts.remember(entry, withoutCard(carried.request, this.#parts.clock.now()));
        await accounts.leaveOut(entry, 'ended');
        lane.shift();
        lanes.makeReady(lane);
        break;
      case 'not-ours':
        // It may be ours again: then it is sent, or healed, from the start.
        lanes.makeReady(lane);
        break;
      case 'retry':
        meter.retried(verdict.cause);
        await this.#again(lane, entry, carried, verdict.afterMs, blame);
        break;
      case 'halt':
        if (blame !== 'outage' && ++lane.halts >= haltsMax) {
          await this.#again(lane, entry, carried, null, 'order');
        } else {
          this.#newestWins(lane);
          lanes.makeReady(lane);
        }
        break;
      case 'reject':
        // In an outage, or while no order is served, that may be about us.
        if (verdict.unexplained && blame !== 'order') {
          meter.retried('unexplained-refusal');
          await this.#again(lane, entry, carried, null, blame);
          break;
        }
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
    if (lane.wakeAt !== null && lane.wakeAt <= clock.monotonic() + this.#firstDelay) {
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

  async #accept(lane: Lane, entry: Entry, carried: Carried): Promise<void> {
    const { accounts, meter, clock, lanes } = this.#parts;
    const { request } = carried;
    const now = clock.now();
    accounts.accept(entry, request);
    // What is only sent again says nothing of how long changes take.
    if (entry.change.replays === undefined) meter.accepted(now - entry.change.bizDate, now - entry.record.timestamp);
    lane.halts = 0;
    const event = acceptanceOf(entry, request);
    await accounts.conclude(entry, { event, request, detail: resultCodeOf(carried.answer) }, 'delivered');
    lane.shift();
    lanes.makeReady(lane);
  }

  /** The same request again, later: as often as the schedule says; an outage does not count, nor a refusal for the traffic. */
  async #again(lane: Lane, entry: Entry, carried: Carried, afterMs: DurationMs | null, blame: Blame): Promise<void> {
    const { retryDelaysMs: delays, giveUpAfterMs } = this.#options;
    const { parking, lanes, random } = this.#parts;
    // The end of the outage wakes it, whatever its delay.
    const tillOutageEnds = Math.max(0, ...delays);
    const outage = blame === 'outage';
    if (this.#newestWins(lane)) return this.#wait(lane, outage ? tillOutageEnds : this.#firstDelay);
    if (outage) return this.#wait(lane, tillOutageEnds);
    const delay =
      blame === 'traffic'
        ? trafficDelay(this.#firstDelay, ++entry.refusals, afterMs, random)
        : nextDelay(delays, ++entry.failures, afterMs, random);
    if (delay === null || entry.waitedMs + delay > giveUpAfterMs) {
      const detail = `${entry.attempts} attempts; the last: ${describeAnswer(carried.answer)}`;
      return this.#giveUp(lane, entry, carried, reasonOf(carried), detail);
    }
    entry.waitedMs += delay;
    const isFull = parking.isFullFor(entry);
    // Throttling is no reason to give up: then it waits in memory, and the source is paused before too many do.
    if (!parking.isFor(entry, delay) || (isFull && blame === 'traffic')) return this.#wait(lane, delay);
    if (isFull) {
      const detail = `as many orders are parked as may be (flow.parkedMax); the last: ${describeAnswer(carried.answer)}`;
      return this.#giveUp(lane, entry, carried, reasonOf(carried), detail);
    }
    if (!(await parking.park(lane, entry, carried, delay))) {
      const detail =
        'it cannot wait for its next attempt: its journal entry is larger than max.message.bytes of the topic';
      return this.#giveUp(lane, entry, carried, 'retries-exhausted', detail);
    }
    lanes.makeReady(lane);
  }

  /**
   * Asks for a card to end once more after a pause, while the schedule's pauses are too short to be parked for: a SEND that timed
   * out takes effect soon or never. Such an end is never a dead letter, for nothing is to be done about it.
   */
  #asksAgainSoon(lane: Lane, entry: Entry): boolean {
    const { retryDelaysMs, giveUpAfterMs } = this.#options;
    const { parking, random } = this.#parts;
    const delay = nextDelay(retryDelaysMs, entry.failures + 1, null, random);
    if (delay === null || entry.waitedMs + delay > giveUpAfterMs || parking.isFor(entry, delay)) return false;
    entry.failures++;
    entry.waitedMs += delay;
    this.#wait(lane, this.#newestWins(lane) ? this.#firstDelay : delay);
    return true;
  }

  /** Leaves out the head that came to nothing where a newer change came while it was with the platform. */
  #newestWins(lane: Lane): boolean {
    const { newer, head } = lane;
    if (!this.#options.conflate || newer === null || (head && mustSettleFirst(head, newer.change))) return false;
    this.#parts.accounts.supersede(lane.shift(), newer);
    return true;
  }

  #wait(lane: Lane, delay: DurationMs): void {
    const { lanes, accounts, clock, onReady, fail } = this.#parts;
    const signal = lanes.makeWaiting(lane, monotonic(clock.monotonic() + delay));
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
    await giveUp(entry, carried, reason, detail, this.#parts);
    lane.shift();
    this.#parts.lanes.makeReady(lane);
  }
}

function reasonOf({ verdict }: Carried): DeadLetterReason {
  return verdict.kind === 'reject' ? 'rejected' : 'retries-exhausted';
}

/** To an order without a card it is all the same whether its end hid one. */
function withoutCard(request: CardRequest, now: Instant): OrderEvent {
  const { card, position, source } = request.change;
  if (card.ends) return acceptedEvent(request, now);
  return { kind: 'change-skipped', reason: 'ended', position, source };
}

/** What the journal calls an accepted request. */
function acceptanceOf({ pending, change }: Entry, { command }: CardRequest): JournalEvent {
  if (change.card.ends) return 'ended';
  if (pending !== null && pending.heals > 0) return 'healed';
  return command === 'SEND' ? 'sent' : 'updated';
}

/** What waits keeps neither the source from being read nor its fetch answer in memory. */
function setAside(entry: Entry, accounts: Accounts): void {
  if (!entry.counted) return;
  detachRecord(entry);
  accounts.uncount(entry);
}
