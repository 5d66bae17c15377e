import type { Fault } from '../../kernel/fault.ts';
import type { Clock, MonotonicMs } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import { isTrafficLimit } from '../../order/verdict.ts';
import type { Blame } from '../lane/follow-up.ts';
import type { Entry, Lane } from '../lane/lane.ts';
import type { Carried } from '../lane/lane-worker.ts';
import type { Lanes } from '../lane/lanes.ts';
import type { Breaker } from '../outage/breaker.ts';
import { type OutageOptions, Outages } from '../outage/outages.ts';
import { DueTimer } from '../parked/due-timer.ts';
import type { limitCauses, Meter } from '../ports.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import type { LimitSnapshot } from './limit-snapshot.ts';
import { TokenBucket } from './token-bucket.ts';

/** How many deliveries may start. */
export interface AdmissionOptions extends OutageOptions {
  readonly inFlightMax: number;
  /** Of this instance; null: as many as are answered. */
  readonly requestsPerSecond: number | null;
}

/** What admission works with. */
export interface AdmissionParts {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly lanes: Lanes;
  /** Aborted when nothing is to be started any more. */
  readonly stopping: AbortSignal;
  /** What may start is to be started. */
  readonly onReady: () => void;
  readonly fail: (error: unknown) => void;
}

/** A delivery that was let in. */
export interface Started {
  readonly at: MonotonicMs;
  readonly probe: boolean;
  /** Attempts made of its change before. */
  readonly attempts: number;
}

type LimitCause = (typeof limitCauses)[number];

/**
 * Lets deliveries start: as many at once as the platform bears (which it tells by refusing), as many a second as the settings
 * say, none before the time that it asks for (`Retry-After`), and none while the breaker is open but its probe.
 */
export class Admission {
  readonly breaker: Breaker;
  readonly #parts: AdmissionParts;
  readonly #outages: Outages;
  readonly #limit: InFlightLimit;
  readonly #bucket: TokenBucket | null;
  readonly #requestsPerSecond: number | null;
  readonly #timer: DueTimer;
  #inFlight = 0;
  /** What the next delivery waits for, since it was asked for last. */
  #waitsFor: LimitCause | null = null;
  /** The order that was answered 503 last, with no answer of another kind since. */
  #unavailableTo: MerchantBizNo | null = null;

  constructor(options: AdmissionOptions, parts: AdmissionParts) {
    const { inFlightMax, requestsPerSecond } = options;
    this.#parts = parts;
    this.#outages = new Outages(options, { ...parts, onProbe: parts.onReady });
    this.breaker = this.#outages.breaker;
    this.#limit = new InFlightLimit(inFlightMax);
    this.#bucket = requestsPerSecond === null ? null : new TokenBucket(requestsPerSecond);
    this.#requestsPerSecond = requestsPerSecond;
    this.#timer = new DueTimer({ ...parts, ring: parts.onReady });
  }

  /** Requests with the platform. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Why nothing is delivered, while the breaker is open. */
  get degraded(): Fault | null {
    return this.#outages.degraded;
  }

  get limits(): LimitSnapshot {
    return {
      inFlight: this.#limit.value,
      requestsPerSecond: this.#requestsPerSecond,
      tokens: this.#bucket?.tokensAt(this.#parts.clock.monotonic()) ?? null,
    };
  }

  /** May a delivery start? Where that is a matter of time, `onReady` is called when it has come; else when one has ended. */
  ask(): 'delivery' | 'probe' | 'no' {
    if (this.#inFlight >= this.#limit.value) return 'no';
    const now = this.#parts.clock.monotonic();
    const held = this.#limit.heldUntil(now);
    const until = held ?? this.#bucket?.nextAt(now) ?? null;
    if (until !== null) {
      this.#wait(until, held === null ? 'requests-per-second' : 'retry-after');
      return 'no';
    }
    this.#waitsFor = null;
    return this.breaker.admit(now);
  }

  /** A probe was let in, and its lane needed no request: the next delivery may probe. */
  release(): void {
    this.breaker.release();
  }

  /** A delivery that was let in starts. */
  begin(entry: Entry, probe: boolean): Started {
    const now = this.#parts.clock.monotonic();
    this.#inFlight++;
    this.#bucket?.take(now, 1);
    return { at: now, probe, attempts: entry.attempts };
  }

  /** It has ended: takes in what its answer tells of the platform. */
  end(lane: Lane, entry: Entry, carried: Carried, started: Started): Blame {
    const wereInFlight = this.#inFlight--;
    // A heal is a request more; where the partition was taken away in between, there was none.
    this.#bucket?.take(this.#parts.clock.monotonic(), entry.attempts - started.attempts - 1);
    const outage = this.breaker.state !== 'closed';
    this.#outages.report(lane, carried, started.probe);
    const congested = this.#heed(lane.order, carried, started, wereInFlight);
    if (outage) return 'outage';
    return congested ? 'traffic' : 'order';
  }

  /** Was it refused for the traffic? Then less is sent. */
  #heed(order: MerchantBizNo, { answer, verdict }: Carried, { at: startedAt }: Started, inFlight: number): boolean {
    if (verdict.kind === 'not-ours' || answer.kind === 'unanswered') return false;
    if (!isTrafficLimit(answer) && !this.#isOverloaded(order, answer.httpStatus)) {
      // A failure of another kind tells nothing of the traffic.
      if (verdict.kind !== 'retry' && verdict.kind !== 'halt') this.#limit.served();
      return false;
    }
    const { clock, meter } = this.#parts;
    this.#limit.refused({ now: clock.monotonic(), startedAt, inFlight, retryAfterMs: answer.retryAfterMs });
    meter.limited('refused');
    return true;
  }

  /**
   * "Too many requests" speaks of us. A 503 may be all that one order's payload gets, and no order may hold up the others:
   * it counts only when another order got one just before.
   */
  #isOverloaded(order: MerchantBizNo, httpStatus: number): boolean {
    const before = this.#unavailableTo;
    this.#unavailableTo = httpStatus === 503 ? order : null;
    return httpStatus === 503 && before !== null && before !== order;
  }

  #wait(until: MonotonicMs, cause: LimitCause): void {
    if (this.#waitsFor !== cause) this.#parts.meter.limited(cause);
    this.#waitsFor = cause;
    this.#timer.set(until);
  }
}
