import { formatPosition, type Position } from '../kernel/position.ts';
import type { SourcePosition } from '../kernel/row-change.ts';
import type { Instant } from '../kernel/time.ts';
import { instant } from '../kernel/time.ts';
import { type CardChange, type Command, isCopy } from './change.ts';
import type { SkipReason } from './event.ts';
import { type RequestIdForm, requestId } from './request-id.ts';
import { isBeyond, isOlder, isSamePlace } from './source-position.ts';
import { defaultCardLifeMs, type OrderState } from './state.ts';

/** One request to the platform: its body is serialised once, and the bytes signed are the bytes sent. */
export interface CardRequest {
  readonly requestId: string;
  readonly command: Command;
  /** As sent: never lower than the one before. */
  readonly bizDate: Instant;
  /** The JSON text of the whole request. */
  readonly body: string;
  readonly change: CardChange;
}

/** What is still known of orders whose state was dropped: of all of a partition together. */
export interface Dropped {
  /** The last position of those that were forgotten, for their cards were over. Null: none was. */
  readonly forgotten: SourcePosition | null;
  /** The last position and the highest bizDate of those that were evicted, for there are too many. Null: none was. */
  readonly evicted: { readonly source: SourcePosition; readonly bizDate: Instant | null } | null;
}

/** No order's state was dropped. */
export const nothingDropped: Dropped = { forgotten: null, evicted: null };

/** What a decision depends on in addition to the order's state and the change. */
export interface Policy {
  readonly now: Instant;
  readonly requestIdForm: RequestIdForm;
  /** The change was there when its partition was assigned: whoever read it before may have sent it, and what followed it. */
  readonly mayBeRepeat: boolean;
  /** Of the change's partition. */
  readonly dropped: Dropped;
}

/** Deliver this request. */
export interface DeliverDecision {
  readonly kind: 'deliver';
  readonly request: CardRequest;
  /** There is a card, or there may be one: "no such order" may then be an answer from the platform's memory. */
  readonly cardExpected: boolean;
  /** Where there is no card, one may be made. */
  readonly makesCard: boolean;
  /** The last change of a card that is known to be there, or null. */
  readonly after: Position | null;
  /** An earlier request of unknown outcome may take effect yet: "no such order" is not the last word. */
  readonly unsettled: boolean;
}

/** Deliver, or leave the change out. */
export type Decision = DeliverDecision | { readonly kind: 'skip'; readonly reason: SkipReason };

// A card so close to its end is taken for expired: an UPDATE of an expired card is ignored in silence (API document,
// "UPDATE"), whereas a SEND of a live one is answered UN_SUPPORT_BUSINESS and healed.
const expiryMarginMs = 60_000;

/** What an order is owed for a change. Pure: the same arguments give the same request, byte for byte. */
export function decide(state: OrderState, change: CardChange, policy: Policy): Decision {
  const reason = reasonToSkip(state, change, policy);
  if (reason !== null) return { kind: 'skip', reason };
  return {
    kind: 'deliver',
    request: requestFor(change, commandFor(state, change, policy), bizDateAfter(state, change, policy), policy),
    cardExpected: state.kind === 'live' || policy.mayBeRepeat,
    makesCard: !change.card.ends,
    after: state.kind === 'live' ? state.through : null,
    unsettled: state.kind === 'unknown' && state.bizDate !== null,
  };
}

/** The request of the same change under the other command: another deterministic requestId, the same card. */
export function healedRequest(request: CardRequest, command: Command, policy: Policy): CardRequest {
  return requestFor(request.change, command, request.bizDate, policy);
}

/**
 * The request of the same change under the command that was tried first, after the other one was refused: an UPDATE may have
 * been answered ORDER_NOT_FOUND in a former life, before the card was made, and the platform remembers that answer by its
 * requestId. So the id names the card's last change (`after`), or what else sets it apart.
 */
export function againRequest(
  request: CardRequest,
  command: Command,
  policy: Policy,
  after: Position | string | null,
): CardRequest {
  const again = after === null || typeof after === 'string' ? (after ?? '') : formatPosition(after);
  return requestFor(request.change, command, request.bizDate, policy, again);
}

function reasonToSkip(state: OrderState, change: CardChange, policy: Policy): SkipReason | null {
  const { card } = change;
  if (isDuplicate(state, change)) return 'duplicate';
  if (isStale(state, change) || isOfForgotten(state, change, policy.dropped)) return 'stale';
  if (isAgain(state, change)) {
    if (state.kind === 'ended') return 'ended';
    if (isOver(state, change, policy.now)) return 'expired';
  }
  if (isShown(state, change, policy.now) && change.replays === undefined) return 'unchanged';
  if (card.ends && !mayBeShowing(state, change, policy)) return 'ended';
  if (isExpired(state, change, policy.now)) return 'expired';
  return null;
}

/** The card would be over on arrival. One that shows now is told even that. */
export function isExpired(state: OrderState, change: CardChange, now: Instant): boolean {
  return !change.card.ends && expiredBefore(change, now) && !isLiveNow(state, now);
}

/** It was put back to be sent again, and has been gone through. (One that has not, a dead letter say, stands for the change itself.) */
function isAgain({ source }: OrderState, change: CardChange): boolean {
  return change.replays !== undefined && (source === null || !isOlder(source, change.source));
}

/** What is only sent again makes no card anew that is over: 24 hours after it was made, or, where that is not certain, after the change. */
function isOver(state: OrderState, { card, bizDate }: CardChange, now: Instant): boolean {
  if (card.ends || card.endDate !== null || isLiveNow(state, now)) return false;
  return (state.kind === 'live' && state.hash !== null) || bizDate + defaultCardLifeMs <= now;
}

/**
 * A change is stale where it is provably older than one that was handled. The copy of a redriven or replayed change was handled
 * before: it is stale where any later record of the order was handled since, or where that is not known.
 */
function isStale({ through, source: known }: OrderState, change: CardChange): boolean {
  const { source, origin, position } = change;
  if (known === null) return false;
  if (isOlder(source, known)) return true;
  if (!isCopy(change)) return false;
  if (origin !== undefined && isSamePartition(through, position)) return through.offset > origin;
  return !isSamePlace(source, known) && !isOlder(known, source);
}

/** A repetition of a change of an order that was forgotten. Later ones of its partition were handled long ago. */
function isOfForgotten({ source }: OrderState, change: CardChange, { forgotten }: Dropped): boolean {
  return source === null && forgotten !== null && !isCopy(change) && isOlder(change.source, forgotten);
}

/** The order may be one that was evicted: it may have a card. A row that was made since then is none. */
function mayBeEvicted({ creates, source }: CardChange, { evicted }: Dropped): boolean {
  return evicted !== null && !(creates && isOlder(evicted.source, source));
}

/** This very record was handled. Not where it was provably made later: then the topic was recreated, and its offsets begin again. */
function isDuplicate({ through, source }: OrderState, { position, source: own }: CardChange): boolean {
  if (!isSamePartition(through, position) || position.offset > through.offset) return false;
  return source === null || own.kind === 'time' || !isBeyond(own, source);
}

function isSamePartition(through: Position | null, { topic, partition }: Position): through is Position {
  return through !== null && through.partition === partition && through.topic === topic;
}

/** The customer would see no difference. */
function isShown(state: OrderState, { card }: CardChange, now: Instant): boolean {
  return state.kind === 'live' && card.hash === state.hash && isLiveNow(state, now);
}

/** A card that shows now is told even that it is over. */
function isLiveNow(state: OrderState, now: Instant): boolean {
  return state.kind === 'live' && isShowing(state.expires, now);
}

function isShowing(expires: Instant, now: Instant): boolean {
  return expires - expiryMarginMs > now;
}

/** Is there perhaps a card to end? */
function mayBeShowing(state: OrderState, change: CardChange, policy: Policy): boolean {
  switch (state.kind) {
    case 'live':
      // Not known what it shows: perhaps it was made anew.
      return state.expires > policy.now || state.hash === null;
    case 'ended':
      return false;
    case 'unknown':
      // One that was there before us, or that was forgotten.
      return state.bizDate !== null || !change.creates;
  }
}

/** A card that would be over on arrival. Only a snapshot's row may be so old that the platform's own 24 hours count. */
function expiredBefore(change: CardChange, now: Instant): boolean {
  const endDate = change.card.endDate ?? (change.snapshot ? instant(change.bizDate + defaultCardLifeMs) : null);
  return endDate !== null && endDate <= now;
}

function commandFor(state: OrderState, change: CardChange, policy: Policy): Command {
  switch (state.kind) {
    case 'live':
      return isShowing(state.expires, policy.now) || change.card.ends ? 'UPDATE' : 'SEND';
    case 'ended':
      return 'SEND';
    case 'unknown':
      if (change.card.ends) return 'UPDATE';
      // An UPDATE of a hidden card would be ignored in silence; a SEND of a live one is healed.
      if (state.mayBeEnded || (state.mayExpireAt !== null && !isShowing(state.mayExpireAt, policy.now))) return 'SEND';
      // Whether it has a card, or had one that is over, was forgotten: an UPDATE is healed where there never was one.
      return change.replays !== undefined || mayBeEvicted(change, policy.dropped) ? 'UPDATE' : 'SEND';
  }
}

/** AlipayHK puts changes in sequence by bizDate: the same millisecond, or a clock that went back, must not lose the later one. */
function bizDateAfter(state: OrderState, change: CardChange, { dropped }: Policy): Instant {
  const { bizDate, replays = 0 } = change;
  const known = state.bizDate === null ? bizDate : Math.max(bizDate, state.bizDate + 1);
  if (state.kind !== 'unknown') return instant(known);
  // It is forgotten: under the bizDate it was sent with it would be ignored, and one far above could be that of a later change.
  const least = Math.max(known, bizDate + replays);
  // A copy of an order that was evicted may be of an older change than its card shows: it must not outdo that.
  const highest = !isCopy(change) && mayBeEvicted(change, dropped) ? (dropped.evicted?.bizDate ?? null) : null;
  return instant(highest === null ? least : Math.max(least, highest + 1));
}

/**
 * One id stands for one body: the platform refuses a requestId that comes with another body, or answers from its memory. So the id
 * names the commit's time (in a recreated topic the offsets come again), the card's digest (another life of the process may have
 * another mapping), and the bizDate where it is not the change's own (after a crash the same change may be sent after fewer or
 * more others of its millisecond).
 */
function requestFor(
  change: CardChange,
  command: Command,
  bizDate: Instant,
  policy: Policy,
  again?: string,
): CardRequest {
  const variants = [
    `of/${change.source.committedAt}`,
    `card/${change.card.hash}`,
    ...(bizDate === change.bizDate ? [] : [`at/${bizDate}`]),
    ...(again === undefined ? [] : [`again/${again}`]),
  ];
  const id = requestId(change.position, command, policy.requestIdForm, variants.join('/'));
  const body = `{"requestId":"${id}","command":"${command}","bizDate":${bizDate},${change.card.members}}`;
  return { requestId: id, command, bizDate, body, change };
}
