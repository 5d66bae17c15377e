import type { ParkedTimes } from '../../../connector/flow/parked/parked.ts';
import type { Owed, Remembered } from '../../../connector/flow/ports.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { CardChange } from '../../../connector/order/change.ts';
import { decide } from '../../../connector/order/decide.ts';
import type { OrderEvent } from '../../../connector/order/event.ts';
import { evolve, initialState, type OrderState } from '../../../connector/order/state.ts';
import { aChange, aPolicy, aRecord, type ChangeParts, dawn } from '../../support/builders.ts';
import { sinceStart } from '../../support/flow-world.ts';

/** A delivery that is owed: the change's own request, tried five times so far, due `dueMs` after {@link dawn}. */
export function anOwed(
  parts: ChangeParts & { readonly dueMs?: number; readonly state?: OrderState; readonly tried?: Partial<Owed> } = {},
): Owed {
  const { dueMs = 0, state = initialState, tried = {}, ...given } = parts;
  const change = aChange(given);
  const decision = decide(state, change, aPolicy());
  if (decision.kind === 'skip') throw new Error(`nothing is owed of it: ${decision.reason}`);
  return {
    record: aRecord(change.position),
    request: decision.request,
    heals: 0,
    attempts: 5,
    failures: 4,
    firstAttemptAt: dawn,
    lastAttemptAt: dawn,
    dueAt: instant(dawn + dueMs),
    ...tried,
  };
}

/** Its times on the monotonic clock of a {@link SteppedClock} that was never set. */
export function timesOf({ dueAt, firstAttemptAt }: Owed): ParkedTimes {
  return { dueAt: sinceStart(dueAt - dawn), firstTriedAt: sinceStart(firstAttemptAt - dawn) };
}

/** What the journal remembers of an order after this happened to its change. */
export function remembered(event: (change: CardChange) => OrderEvent, parts: ChangeParts = {}): Remembered {
  const change = aChange(parts);
  return { order: change.merchantBizNo, known: { state: evolve(initialState, event(change)), owed: null, at: dawn } };
}
