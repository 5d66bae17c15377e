import type { Clock, DurationMs, Random } from '../kernel/time.ts';
import { type Decision, type DeliverDecision, decide, type Policy } from '../order/decide.ts';
import type { RequestIdForm } from '../order/request-id.ts';
import type { Accounts } from './accounts.ts';
import { FollowUp } from './lane/follow-up.ts';
import type { Entry, Lane } from './lane/lane.ts';
import { type Carried, type CarryParts, carry } from './lane/lane-worker.ts';
import type { Lanes } from './lane/lanes.ts';
import { leaveOut } from './lane/leave-out.ts';
import { Admission, type AdmissionOptions, type Started } from './limit/admission.ts';
import type { OrderBook } from './memory/order-book.ts';
import { distinctOrdersMin } from './outage/breaker.ts';
import { DueTimer } from './parked/due-timer.ts';
import type { ParkedOrders } from './parked/parked.ts';
import { Parking } from './parked/parking.ts';
import type { DeadLetters, Delivery, Journal, Meter } from './ports.ts';

/** What the dispatcher is told by the settings. */
export interface DispatchOptions extends AdmissionOptions {
  readonly waitingMax: number;
  readonly parkedMax: number;
  readonly conflate: boolean;
  readonly retryDelaysMs: readonly DurationMs[];
  /** A wait of at least this long is spent in the journal. */
  readonly parkFromMs: DurationMs;
  /** A change is given up when its pauses between attempts, without those of outages, would add up to more. */
  readonly giveUpAfterMs: DurationMs;
  readonly requestIdForm: RequestIdForm;
  /** What answers mean. */
  readonly verdicts: CarryParts['verdicts'];
}

/** What it works with. */
export interface DispatchParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly delivery: Delivery;
  readonly deadLetters: DeadLetters;
  readonly journal: Journal;
  readonly meter: Meter;
  readonly book: OrderBook;
  readonly lanes: Lanes;
  readonly parked: ParkedOrders;
  readonly accounts: Accounts;
  /** Is it certain that the partitions are ours? */
  readonly isLeased: () => boolean;
  /** Something changed that may pause or resume the source. */
  readonly regulate: () => void;
  /** Our own mistake: the process must end. */
  readonly fail: (error: unknown) => void;
}

/** Starts deliveries: at most one for each order, in all as many as {@link Admission} lets in. */
export class Dispatcher {
  readonly lanes: Lanes;
  readonly admission: Admission;
  readonly parking: Parking;
  readonly #options: DispatchOptions;
  readonly #parts: DispatchParts & CarryParts;
  readonly #accounts: Accounts;
  readonly #followUp: FollowUp;
  readonly #dueTimer: DueTimer;
  /** No delivery starts any more. */
  readonly #stopping = new AbortController();
  /** Requests in flight are given up. */
  readonly #abandoning = new AbortController();
  /** Lanes between the start of a request and the end of what follows from its answer, or whose head is being noted as left out. */
  #running = 0;
  #held = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: DispatchOptions, parts: DispatchParts) {
    this.#options = options;
    this.#parts = { ...parts, verdicts: options.verdicts };
    this.#accounts = parts.accounts;
    this.lanes = parts.lanes;
    this.parking = new Parking(options, parts);
    const goOn = () => this.#startAndRegulate();
    const stopping = this.#stopping.signal;
    this.#followUp = new FollowUp(options, { ...parts, parking: this.parking, onReady: goOn });
    this.admission = new Admission(options, { ...parts, stopping, onReady: goOn });
    this.#dueTimer = new DueTimer({ ...parts, stopping, ring: goOn });
  }

  get inFlightMax(): number {
    return this.#options.inFlightMax;
  }

  /** Fetch no more: there is an outage and enough orders to probe it with, or too many orders wait. */
  get wantsPause(): boolean {
    // With fewer orders to probe with, all may be poison: another one is fetched to tell.
    const enoughToProbe = this.admission.breaker.state !== 'closed' && this.lanes.ready >= distinctOrdersMin;
    return enoughToProbe || this.lanes.waiting >= this.#options.waitingMax;
  }

  /** While held no delivery starts: the group is being rebalanced. */
  set held(held: boolean) {
    this.#held = held;
  }

  /** Takes a change into its order's lane; {@link pump} starts it. */
  enqueue(entry: Entry): void {
    const { lane, isNew } = this.lanes.of(entry.change.merchantBizNo);
    const pushed = lane.push(entry, this.#options.conflate);
    if (pushed.kind === 'stale') this.#accounts.skip(entry, 'stale');
    if (pushed.kind === 'superseded') {
      for (const older of pushed.older) this.#accounts.supersede(older, entry, lane.ahead);
    }
    if (isNew) this.lanes.makeReady(lane);
    else if (lane.state === 'waiting' && this.admission.breaker.state === 'closed') this.#followUp.hasten(lane);
  }

  /**
   * Drops what waits of revoked partitions: their changes are their new owner's. They must not stay in the lanes, for when
   * a partition comes back its changes are read again, and would be taken for repetitions of those that are dropped.
   */
  forgetRevoked(): void {
    for (const entry of this.lanes.removeRevoked()) this.#accounts.uncount(entry);
    this.#parts.parked.forgetRevoked();
  }

  /** Starts what may start. */
  pump(): void {
    if (this.#held || this.#stopping.signal.aborted || !this.#parts.isLeased()) return;
    if (this.admission.breaker.state === 'closed') this.parking.release();
    // Nothing else is there to probe with.
    else if (this.lanes.size === 0) this.parking.release(1);
    // What is overdue goes with the next that pumps.
    this.#dueTimer.set(this.#parts.parked.nextAt);
    // While the journal cannot be written, little more is sent than may be in flight: all of it may be sent again.
    while (this.lanes.ready > 0 && this.#accounts.unwritten < this.#options.inFlightMax) {
      const admission = this.admission.ask();
      if (admission === 'no') return;
      const lane = this.lanes.takeReady();
      const started = lane !== undefined && this.#advance(lane, admission === 'probe');
      if (!started && admission === 'probe') this.admission.release();
    }
  }

  /** Resolves when no request is in flight, and all that followed from them is done and written. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>(resolve => this.#whenIdle.push(resolve));
    await this.#accounts.written();
  }

  /** Starts nothing any more; resolves when nothing is running. */
  async finish(): Promise<void> {
    this.stop();
    await this.idle();
    // Also what failed meanwhile and waits again: no timer is left behind.
    this.lanes.wakeAll();
  }

  /** Starts nothing any more. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Gives up the requests in flight: their outcome stays unknown, and their offsets uncommitted. */
  abandon(): void {
    this.#abandoning.abort();
  }

  /** Works the lane off until it needs the platform (true) or is empty (false). */
  #advance(lane: Lane, probe: boolean): boolean {
    for (let entry = lane.head; entry !== undefined; entry = lane.head) {
      const policy = this.#policyFor(entry);
      const decision = this.#decide(lane, entry, policy);
      if (decision.kind === 'deliver') {
        this.#start(lane, entry, decision, policy, probe);
        return true;
      }
      const noted = leaveOut(entry, decision.reason, this.#parts);
      if (noted !== null) {
        this.#waitForNote(lane, noted);
        return false;
      }
      lane.shift();
    }
    this.lanes.drop(lane);
    return false;
  }

  /** The lane's head is left out, and stays where it is until the journal has that. */
  #waitForNote(lane: Lane, noted: Promise<unknown>): void {
    lane.state = 'running';
    this.#running++;
    noted
      .then(() => {
        lane.shift();
        this.lanes.makeReady(lane);
        this.#ran();
      })
      .catch(this.#parts.fail);
  }

  #decide(lane: Lane, entry: Entry, policy: Policy): Decision {
    if (entry.parked) return this.parking.decide(entry);
    if (this.parking.holds(entry.change)) {
      const decision = decide(this.#parts.book.get(lane.order), entry.change, policy);
      return decision.kind === 'skip' ? decision : { kind: 'skip', reason: 'stale' };
    }
    this.parking.supersede(entry, policy);
    this.#accounts.inherit(entry);
    if (entry.attempts === 0 && this.#accounts.hasStrayed(entry)) this.#parts.meter.strayed(entry.change);
    return decide(this.#parts.book.get(lane.order), entry.change, policy);
  }

  #start(lane: Lane, entry: Entry, decision: DeliverDecision, policy: Policy, probe: boolean): void {
    lane.state = 'running';
    this.#running++;
    const started = this.admission.begin(entry, probe);
    // From now on it may be sent, though it may still have to wait: what is noted meanwhile says so.
    entry.pending ??= { request: decision.request, heals: 0 };
    const send = () => carry(entry, decision, policy, this.#parts, this.#abandoning.signal);
    const carried = entry.noted === null ? send() : entry.noted.then(send);
    carried.then(carried => this.#conclude(lane, entry, carried, started)).catch(this.#parts.fail);
  }

  async #conclude(lane: Lane, entry: Entry, carried: Carried, started: Started): Promise<void> {
    const blame = this.admission.end(lane, entry, carried, started);
    const followed = this.#abandoning.signal.aborted ? null : this.#followUp.follow(lane, entry, carried, blame);
    // A dead letter may take long to be written: the place in flight is free at once.
    this.#startAndRegulate();
    await followed;
    this.#ran();
  }

  #ran(): void {
    this.#running--;
    if (this.#running === 0) for (const idle of this.#whenIdle.splice(0)) idle();
    this.#startAndRegulate();
  }

  #startAndRegulate(): void {
    this.pump();
    this.#parts.regulate();
  }

  #policyFor({ record, partition }: Entry): Policy {
    const { requestIdForm } = this.#options;
    const dropped = this.#parts.book.dropped(partition.key);
    const mayBeRepeat = partition.repeatsBelow !== null && record.offset < partition.repeatsBelow;
    return { now: this.#parts.clock.now(), requestIdForm, mayBeRepeat, dropped };
  }
}
