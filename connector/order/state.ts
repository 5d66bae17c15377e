import { unreachable } from '../kernel/assert.ts';
import type { Position } from '../kernel/position.ts';
import type { SourcePosition } from '../kernel/row-change.ts';
import { type DurationMs, type Instant, instant } from '../kernel/time.ts';
import type { DeliveryUnconfirmed, OrderEvent } from './event.ts';
import { isOlder, lastOf } from './source-position.ts';

/** Whether the order has a card is not known: nothing was delivered, or the outcome of what was sent is not known. */
export interface Unknown {
  readonly kind: 'unknown';
  /** The last change that was handled, even if it came to nothing; null before the first. */
  readonly through: Position | null;
  readonly source: SourcePosition | null;
  /** The highest bizDate that was sent: the platform may have it. Null when nothing was sent. */
  readonly bizDate: Instant | null;
  /** The card may be over by an end status that was sent. */
  readonly mayBeEnded: boolean;
  /** From then on the card may be over by an endDate that was sent. */
  readonly mayExpireAt: Instant | null;
}

/** What an order's card shows. */
interface Shown {
  /** The last change that was handled, delivered or not: at or below it a record is a duplicate. */
  readonly through: Position;
  readonly source: SourcePosition;
  /** The bizDate the platform has, or may have: the next one must be higher. */
  readonly bizDate: Instant;
  /** Of the card as accepted last; null while it may show another one that was sent later. */
  readonly hash: string | null;
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
export const initialState: Unknown = {
  kind: 'unknown',
  through: null,
  source: null,
  bizDate: null,
  mayBeEnded: false,
  mayExpireAt: null,
};

/** A card without an endDate expires this long after it was created (API document, "endDate"): 24 hours. */
export const defaultCardLifeMs: DurationMs = 24 * 60 * 60 * 1000;

/** The state after an event. */
export function evolve(state: OrderState, event: OrderEvent): OrderState {
  // What was parked is delivered late: the order may have gone through more meanwhile.
  const through = furthest(event.position, state.through);
  const source = furthestSource(state, event, through);
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
      return { ...state, through, source };
    case 'delivery-unconfirmed':
      return doubted(state, event, through, source);
    default:
      return unreachable(event);
  }
}

/** Positions compare within a partition; from another one comes what is handled now. */
function furthest(position: Position, known: Position | null): Position {
  const isBehind =
    known !== null &&
    known.partition === position.partition &&
    known.topic === position.topic &&
    known.offset > position.offset;
  return isBehind ? known : position;
}

/**
 * A record behind the last one of its partition is not later, even where the two positions in the log do not compare; but for one
 * of a recreated topic, which is provably later.
 */
function furthestSource({ through: known, source }: OrderState, event: OrderEvent, through: Position): SourcePosition {
  const isBehind = through === known && event.position !== known && event.position.offset < known.offset;
  return isBehind && source !== null && !isOlder(source, event.source) ? source : lastOf(event.source, source);
}

/**
 * The platform may have what was sent: the next bizDate must outdo it, and "unchanged" cannot be told any more. After an
 * end status, or with none known to be live, it is not even known whether there is a card.
 */
function doubted(state: OrderState, event: DeliveryUnconfirmed, through: Position, source: SourcePosition): OrderState {
  const bizDate = instant(Math.max(event.bizDate, state.bizDate === null ? 0 : state.bizDate + event.count));
  if (state.kind === 'live' && !event.ends) {
    return { ...state, through, source, bizDate, hash: null, expires: earliest(state.expires, event.endDate) };
  }
  const before = state.kind === 'unknown' ? state : { ...initialState, mayBeEnded: state.kind === 'ended' };
  const mayExpireAt = event.endDate === null ? before.mayExpireAt : earliest(event.endDate, before.mayExpireAt);
  return { kind: 'unknown', through, source, bizDate, mayBeEnded: event.ends || before.mayBeEnded, mayExpireAt };
}

function earliest(one: Instant, other: Instant | null): Instant {
  return other !== null && other < one ? other : one;
}

/** When the order's card is over, by what is known of it; its last change was handled at `at`, however old it was. */
export function overAt(state: OrderState, at: Instant): Instant {
  switch (state.kind) {
    case 'live':
      return instant(Math.max(state.expires, at));
    case 'ended':
      return at;
    case 'unknown':
      return instant(at + defaultCardLifeMs);
  }
}

/** An UPDATE does not make a card anew; of one we have not seen made, or took for expired, it is only known that it lives now. */
function expiryOf(state: OrderState, at: Instant): Instant {
  return state.kind === 'live' && state.expires > at ? state.expires : instant(at + defaultCardLifeMs);
}
