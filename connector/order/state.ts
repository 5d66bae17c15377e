import { unreachable } from '../kernel/assert.ts';
import type { Position } from '../kernel/position.ts';
import type { SourcePosition } from '../kernel/row-change.ts';
import { type DurationMs, type Instant, instant } from '../kernel/time.ts';
import type { OrderEvent } from './event.ts';
import { isLater } from './source-position.ts';

/** Nothing was delivered for the order, as far as is known. */
export interface Unknown {
  readonly kind: 'unknown';
  /** The last change that was handled, even if it came to nothing; null before the first. */
  readonly through: Position | null;
  readonly source: SourcePosition | null;
}

/** What an order's card shows. */
interface Shown {
  /** The last change that was handled, delivered or not: at or below it a record is a duplicate. */
  readonly through: Position;
  readonly source: SourcePosition;
  /** The bizDate the platform has: the next one must be higher. */
  readonly bizDate: Instant;
  readonly hash: string;
}

/** The order has a card that the customer sees until `expires`. */
export interface Live extends Shown {
  readonly kind: 'live';
  readonly expires: Instant;
}

/** The order's card was hidden by an end status. */
export interface Ended extends Shown {
  readonly kind: 'ended';
}

/** What is known of an order: a fold of its events with {@link evolve}. */
export type OrderState = Unknown | Live | Ended;

/** Before the first event. */
export const initialState: OrderState = { kind: 'unknown', through: null, source: null };

/** A card without an endDate expires this long after it was created (API document, "endDate"): 24 hours. */
export const defaultCardLifeMs: DurationMs = 24 * 60 * 60 * 1000;

/** The state after an event. */
export function evolve(state: OrderState, event: OrderEvent): OrderState {
  const { position: through, source } = event;
  switch (event.kind) {
    case 'card-sent':
      return {
        kind: 'live',
        through,
        source,
        bizDate: event.bizDate,
        hash: event.hash,
        expires: event.endDate ?? instant(event.at + defaultCardLifeMs),
      };
    case 'card-updated':
      return {
        kind: 'live',
        through,
        source,
        bizDate: event.bizDate,
        hash: event.hash,
        expires: event.endDate ?? expiryOf(state, event.at),
      };
    case 'card-ended':
      return { kind: 'ended', through, source, bizDate: event.bizDate, hash: event.hash };
    case 'change-skipped':
    case 'delivery-dead-lettered':
      // A stale change is behind what was handled already: the source's position never falls.
      return {
        ...state,
        through,
        source: state.source === null || isLater(source, state.source) ? source : state.source,
      };
    default:
      return unreachable(event);
  }
}

/** An UPDATE does not make a card anew; of one we have not seen made, it is only known that it lives now. */
function expiryOf(state: OrderState, at: Instant): Instant {
  return state.kind === 'live' ? state.expires : instant(at + defaultCardLifeMs);
}
