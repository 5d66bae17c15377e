import type { Offset, Position } from '../kernel/position.ts';
import type { SourcePosition } from '../kernel/row-change.ts';
import type { Instant } from '../kernel/time.ts';
import { isOlder, isSamePlace } from './source-position.ts';

declare const merchantBizNoBrand: unique symbol;

/** The merchant's order id: the key of a card, of a lane and of the journal. Never written to a log unmasked. */
export type MerchantBizNo = string & { readonly [merchantBizNoBrand]: true };

/** Marks a text as an order id. */
export function merchantBizNo(text: string): MerchantBizNo {
  return text as MerchantBizNo;
}

/** The API's two commands (contractCardSync, "command"). */
export type Command = 'SEND' | 'UPDATE';

/** What a customer is to see of an order, whole. */
export interface Card {
  /** `productTemplateCode`. */
  readonly template: string;
  /** `orderStatus`. */
  readonly status: string;
  /** The status hides the card for good. */
  readonly ends: boolean;
  /** When the card expires; null leaves it to the platform (24 h after it is created). */
  readonly endDate: Instant | null;
  /**
   * The request's members that the card decides, serialised once, without braces:
   * `"merchantBizNo":…,"orderStatus":…,"productTemplateCode":…,"syncDataInfo":…[,"endDate":…],"userId"|"openId":…[,"merchantId":…]`.
   */
  readonly members: string;
  /** A digest of `members`: equal means the customer would see no difference. */
  readonly hash: string;
}

/** A row's change as the platform is to learn of it. */
export interface CardChange {
  readonly merchantBizNo: MerchantBizNo;
  readonly card: Card;
  /** The business time of the change, as the mapping or the commit tells it. */
  readonly bizDate: Instant;
  readonly position: Position;
  readonly source: SourcePosition;
  /** Read by a snapshot: the row as it stood, not a change of it. */
  readonly snapshot: boolean;
  /** The row was made by this change (or first read by a snapshot), as far as the source tells. */
  readonly creates: boolean;
  /** It was a dead letter and was put back: it may be tried again, but never over a later change. Absent: it was not. */
  readonly redriven?: true;
  /**
   * It is no change, but the order's current state, put back to be sent again, so often by now: though the card shows it already,
   * but never over a later change, and only while its card is alive. Absent: it was not.
   */
  readonly replays?: number;
  /** Of a redriven or replayed change: the offset, in its partition, of the record that it is a copy of. Absent: not known. */
  readonly origin?: Offset;
}

/** It is a copy that was redriven or replayed: it never takes the place of a change that may be later. */
export function isCopy({ redriven, replays }: CardChange): boolean {
  return redriven === true || replays !== undefined;
}

/**
 * Whether `next`, which came behind `last`, of the same order, is to be handled after it. False where it is provably older, or the
 * same change once more: Debezium repeats changes after a restart.
 */
export function follows(next: CardChange, last: CardChange): boolean {
  return !isOlder(next.source, last.source) && (isCopy(next) || !isRepetition(next, last));
}

/** The same change once more, as far as the log tells. */
export function isRepetition(next: CardChange, last: CardChange): boolean {
  return isSamePlace(next.source, last.source) && next.card.hash === last.card.hash;
}

/** Whether `next` may be sent in the place of `waiting`, of the same order, which came before it. */
export function replaces(next: CardChange, waiting: CardChange): boolean {
  return isCopy(next) && !isCopy(waiting) ? isOlder(waiting.source, next.source) : follows(next, waiting);
}
