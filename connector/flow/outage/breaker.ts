import { type DurationMs, type MonotonicMs, monotonic } from '../../kernel/time.ts';
import type { MerchantBizNo } from '../../order/change.ts';

/** When the breaker opens, and how often it probes. */
export interface BreakerOptions {
  /** How many of the last deliveries are looked at. */
  readonly window: number;
  /** The share of them that must have failed for reasons of the platform. */
  readonly ratio: number;
  readonly probeIntervalMs: DurationMs;
}

/** What a delivery says of the platform: `answered` also when it refused the order. */
export type Health =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly order: MerchantBizNo; readonly unreachable: boolean; readonly text: string }
  /** It refuses us, not the order. */
  | { readonly kind: 'halted'; readonly text: string };

/** Why the breaker is open. */
export interface Outage {
  readonly kind: 'credentials' | 'platform';
  readonly text: string;
  readonly since: MonotonicMs;
}

/** Fewer orders than this may all be poison: that is no outage. */
export const distinctOrdersMin = 5;
// No payload makes a connection fail, so a short streak tells: one delivery and its two first repetitions.
const unreachableStreak = 3;

/**
 * Tells an outage (most deliveries fail, or we are refused) from an order's own failure.
 *
 * - `closed`: all deliveries may start. Opens at a halt, at a streak of unreachable answers, or when the recent deliveries of enough orders failed.
 * - `open`: none may start until the next probe is due.
 * - `probing`: one delivery is under way; it closes the breaker, or opens it again.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #state: 'closed' | 'open' | 'probing' = 'closed';
  #outage: Outage | null = null;
  #probeAt: MonotonicMs = monotonic(0);
  /** The last deliveries: the order that failed, or null for an answer. */
  #recent: (MerchantBizNo | null)[] = [];
  #streak = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): 'closed' | 'open' | 'probing' {
    return this.#state;
  }

  get outage(): Outage | null {
    return this.#outage;
  }

  /** When the next probe may start; only while open. */
  get probeAt(): MonotonicMs | null {
    return this.#state === 'open' ? this.#probeAt : null;
  }

  /** May a delivery start? While open, a `true` makes the caller's delivery the probe. */
  admit(now: MonotonicMs): 'delivery' | 'probe' | 'no' {
    if (this.#state === 'closed') return 'delivery';
    if (this.#state === 'probing' || now < this.#probeAt) return 'no';
    this.#state = 'probing';
    return 'probe';
  }

  /** The probe came to nothing (its change needed no request): the next delivery may probe at once. */
  release(): void {
    if (this.#state === 'probing') this.#state = 'open';
  }

  /** Takes in what a delivery told. While not closed, only the probe's word counts: the others started before. */
  report(health: Health, wasProbe: boolean, now: MonotonicMs): void {
    if (this.#state !== 'closed' && !wasProbe) return;
    if (health.kind === 'answered') this.#answered(wasProbe);
    else if (wasProbe) this.#open(health, now);
    else if (health.kind === 'halted' || this.#tellsOutage(health)) this.#open(health, now);
  }

  #answered(wasProbe: boolean): void {
    this.#streak = 0;
    this.#remember(null);
    if (!wasProbe) return;
    this.#state = 'closed';
    this.#outage = null;
    this.#recent = [];
  }

  #tellsOutage(health: { readonly order: MerchantBizNo; readonly unreachable: boolean }): boolean {
    this.#streak = health.unreachable ? this.#streak + 1 : 0;
    this.#remember(health.order);
    if (this.#streak >= unreachableStreak) return true;
    const failed = this.#recent.filter(order => order !== null);
    const { ratio, window } = this.#options;
    return failed.length >= this.#recent.length * ratio && new Set(failed).size >= Math.min(distinctOrdersMin, window);
  }

  #remember(failed: MerchantBizNo | null): void {
    this.#recent.push(failed);
    if (this.#recent.length > this.#options.window) this.#recent.shift();
  }

  #open(health: { readonly kind: 'failed' | 'halted'; readonly text: string }, now: MonotonicMs): void {
    this.#state = 'open';
    this.#probeAt = monotonic(now + this.#options.probeIntervalMs);
    const kind = health.kind === 'halted' ? 'credentials' : 'platform';
    this.#outage = { kind, text: health.text, since: this.#outage?.since ?? now };
  }
}
