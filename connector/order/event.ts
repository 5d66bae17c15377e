import type { Position } from '../kernel/position.ts';
import type { SourcePosition } from '../kernel/row-change.ts';
import type { Instant } from '../kernel/time.ts';

/** Why a change needs no request; each is counted. The table is the metric's closed label set. */
export const skipReasons = [
  /** No mapping wants this table or row. */
  'unmapped',
  /** Not a row's change: a tombstone, heartbeat or transaction record. */
  'ignored',
  /** The table was truncated: the log does not name its rows, so no card is ended. */
  'truncated',
  /** The customer would see no difference. */
  'unchanged',
  /** The database changed the order later, and that was already handled. */
  'stale',
  /** This very record was already handled. */
  'duplicate',
  /** The card would have expired already. */
  'expired',
  /** The order has ended, or had no card to end. */
  'ended',
  /** A newer change of the order replaced it while it waited. */
  'superseded',
] as const;

/** One of {@link skipReasons}. */
export type SkipReason = (typeof skipReasons)[number];

/** What every event that handled a change says of it. */
interface Handled {
  readonly position: Position;
  readonly source: SourcePosition;
}

/** The platform accepted a SEND or an UPDATE: this is what the card now shows. */
export interface CardAccepted extends Handled {
  readonly kind: 'card-sent' | 'card-updated';
  readonly bizDate: Instant;
  readonly hash: string;
  readonly endDate: Instant | null;
  readonly at: Instant;
}

/** The platform accepted the status that hides the card. */
export interface CardEnded extends Handled {
  readonly kind: 'card-ended';
  readonly bizDate: Instant;
  readonly hash: string;
}

/** A change was left out for a recorded reason. */
export interface ChangeSkipped extends Handled {
  readonly kind: 'change-skipped';
  readonly reason: SkipReason;
}

/** A change was given up: its record lies in the dead-letter topic. */
export interface DeliveryDeadLettered extends Handled {
  readonly kind: 'delivery-dead-lettered';
}

/** A change that was sent was left (for a newer one, or given up) before its outcome was known: the card may show it. */
export interface DeliveryUnconfirmed extends Handled {
  readonly kind: 'delivery-unconfirmed';
  /** As sent, where that is known; else the change's own. */
  readonly bizDate: Instant;
  /** How many changes it stands for: each may have been sent 1 ms above the one before. */
  readonly count: number;
  /** Its status would hide the card. */
  readonly ends: boolean;
  readonly endDate: Instant | null;
}

/** What happened to an order, in the past tense. */
export type OrderEvent = CardAccepted | CardEnded | ChangeSkipped | DeliveryDeadLettered | DeliveryUnconfirmed;
