import { instant } from '../../../connector/kernel/time.ts';
import type { CardChange } from '../../../connector/order/change.ts';
import { type Decision, decide, type Policy } from '../../../connector/order/decide.ts';
import type { OrderEvent } from '../../../connector/order/event.ts';
import { evolve, initialState } from '../../../connector/order/state.ts';
import { aPolicy, dawn } from '../../support/builders.ts';

/** Given what happened to an order, when a change comes, then this is decided. */
export function given(...events: readonly OrderEvent[]) {
  const state = events.reduce(evolve, initialState);
  return {
    when: (change: CardChange, policy: Partial<Policy> = {}) => {
      const decision = decide(state, change, aPolicy(policy));
      return { decision, brief: briefOf(decision) };
    },
  };
}

/** A decision in a word: the command, or why not. */
function briefOf(decision: Decision): string {
  return decision.kind === 'skip' ? decision.reason : decision.request.command;
}

const handled = ({ position, source }: CardChange) => ({ position, source });

/** The platform took the change as a new card, at {@link dawn} where nothing else is said. */
export function sent(change: CardChange, at = dawn): OrderEvent {
  const { bizDate, card } = change;
  return { kind: 'card-sent', ...handled(change), bizDate, hash: card.hash, endDate: card.endDate, at };
}

export function updated(change: CardChange, at = dawn): OrderEvent {
  return { ...sent(change, at), kind: 'card-updated' } as OrderEvent;
}

export function ended(change: CardChange): OrderEvent {
  return { kind: 'card-ended', ...handled(change), bizDate: change.bizDate, hash: change.card.hash };
}

export function skipped(change: CardChange): OrderEvent {
  return { kind: 'change-skipped', ...handled(change), reason: 'unchanged' };
}

export function deadLettered(change: CardChange): OrderEvent {
  return { kind: 'delivery-dead-lettered', ...handled(change) };
}

export function unconfirmed(change: CardChange): OrderEvent {
  const { bizDate, card } = change;
  return {
    kind: 'delivery-unconfirmed',
    count: 1,
    ...handled(change),
    bizDate,
    ends: card.ends,
    endDate: card.endDate,
  };
}

/** So many hours after {@link dawn}. */
export function hours(count: number) {
  return instant(dawn + count * 3_600_000);
}
