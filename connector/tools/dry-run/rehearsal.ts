import { doubtOf } from '../../flow/lane/doubt.ts';
import { acceptedEvent } from '../../flow/lane/lane-worker.ts';
import type { Owed } from '../../flow/ports.ts';
import type { ReadEntry } from '../../journal/entry.ts';
import type { Instant } from '../../kernel/time.ts';
import { type CardChange, follows, type MerchantBizNo } from '../../order/change.ts';
import { type Decision, decide, nothingDropped, type Policy } from '../../order/decide.ts';
import { evolve, initialState, type OrderState } from '../../order/state.ts';
import type { Fate } from './trial.ts';

/** What a rehearsal depends on beside the changes. */
export interface RehearsalOptions extends Pick<Policy, 'requestIdForm'> {
  /** The latest word of the journal about an order; null: none, or the journal is not asked. */
  readonly entryOf: (order: MerchantBizNo) => ReadEntry | null;
  /** Whether the journal's word counts, and the time is now. Else each change comes by itself, at its own time. */
  readonly asOf: Instant | null;
}

/**
 * Plays changes through, one after the other, as if the platform accepted all that is sent: what the connector would decide for each,
 * were it to come now; and beside it what it would have sent, had it begun with these changes.
 */
export class Rehearsal {
  readonly #options: RehearsalOptions;
  /** As the journal has them. */
  readonly #known = new Map<MerchantBizNo, { state: OrderState; owed: Owed | null }>();
  /** As they would be without anything before. */
  readonly #alone = new Map<MerchantBizNo, OrderState>();

  constructor(options: RehearsalOptions) {
    this.#options = options;
  }

  /** The next change; those of one order in their order. */
  play(change: CardChange): Fate {
    const { asOf } = this.#options;
    const alone = this.#playAlone(change);
    const decided = asOf === null ? alone : this.#playKnown(change, asOf);
    switch (decided.kind) {
      case 'owed':
        return decided;
      case 'deliver':
        return { kind: 'request', request: decided.request };
      case 'skip':
        return { ...decided, kind: 'skipped', alone: alone.kind === 'deliver' ? alone.request : null };
    }
  }

  /** Each at its own time: what has expired since was not over then. */
  #playAlone(change: CardChange): Decision {
    const at = change.source.committedAt;
    const state = this.#alone.get(change.merchantBizNo) ?? initialState;
    const decision = decide(state, change, this.#policyAt(at));
    this.#alone.set(change.merchantBizNo, after(state, change, decision, at));
    return decision;
  }

  #playKnown(change: CardChange, now: Instant): Decision | Extract<Fate, { kind: 'owed' }> {
    const order = change.merchantBizNo;
    const known = this.#known.get(order) ?? this.#remembered(order);
    this.#known.set(order, known);
    const { owed } = known;
    if (owed !== null && isSame(owed, change)) {
      return { kind: 'owed', request: owed.request, dueAt: owed.dueAt, attempts: owed.attempts };
    }
    if (owed !== null && follows(change, owed.request.change)) {
      known.owed = null;
      known.state = superseded(known.state, owed);
    }
    const decision = decide(known.state, change, this.#policyAt(now));
    known.state = after(known.state, change, decision, now);
    return decision;
  }

  #remembered(order: MerchantBizNo): { state: OrderState; owed: Owed | null } {
    const { state = initialState, owed = null } = this.#options.entryOf(order) ?? {};
    return { state, owed };
  }

  #policyAt(now: Instant): Policy {
    const { requestIdForm } = this.#options;
    return { now, requestIdForm, mayBeRepeat: false, dropped: nothingDropped };
  }
}

function isSame({ record }: Owed, { position }: CardChange): boolean {
  return (
    record.offset === position.offset && record.partition === position.partition && record.topic === position.topic
  );
}

/** A newer change takes the place of what is owed, and over what may have been sent of it (flow/accounts.ts, `supersede`). */
function superseded(state: OrderState, { request }: Owed): OrderState {
  const { position, source } = request.change;
  const left = evolve(state, { kind: 'change-skipped', reason: 'superseded', position, source });
  return evolve(left, doubtOf(request.change, request));
}

/** The state when the platform has accepted what is sent (flow/dispatcher.ts for what is not). */
function after(state: OrderState, change: CardChange, decision: Decision, at: Instant): OrderState {
  if (decision.kind === 'deliver') return evolve(state, acceptedEvent(decision.request, at));
  const { reason } = decision;
  if (state.kind === 'unknown' || reason === 'duplicate' || reason === 'stale') return state;
  return evolve(state, { kind: 'change-skipped', reason, position: change.position, source: change.source });
}
