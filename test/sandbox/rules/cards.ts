import { type Result, resultOf } from '../gateway/result-codes.ts';
import type { Languages, SyncRequest } from './sync-request.ts';

/*
 * The life of a notification, by the API document's "command", "bizDate" and "endDate".
 *
 * none ──SEND──► live ──UPDATE, newer──► live
 *                live ──UPDATE, newer, to an end status──► ended
 *                live ──endDate comes──► expired
 * ended, expired ──SEND──► live: a new notification, whatever its bizDate
 *
 * Everything here is decided on plain values, with the time as an argument.
 */

const historyMax = 50;
const lifeMs = 24 * 60 * 60 * 1000;

/** `live`: the customer sees it. `ended`: an end status hid it. `expired`: its endDate has come. */
export type CardState = 'live' | 'ended' | 'expired';

/** One notification: what the customer was shown last, and how it came to that. Times are epoch ms. */
export interface Card {
  readonly merchantBizNo: string;
  readonly userId: string | null;
  readonly openId: string | null;
  readonly template: string;
  readonly orderStatus: string;
  readonly bizDate: number;
  readonly endDate: number;
  /** Its status is one of the template's ends. */
  readonly ended: boolean;
  /** Of the last request that took effect. */
  readonly command: 'SEND' | 'UPDATE';
  readonly languages: Languages;
  /** Cents. */
  readonly amount: number | null;
  readonly amountCurrency: string | null;
  /** Cents. */
  readonly payAmount: number | null;
  readonly payAmountCurrency: string | null;
  readonly merchantOrderDetailUrl: string | null;
  readonly tinyAppId: string | null;
  readonly tradeNo: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What this notification went through, oldest first, the last 50. */
  readonly history: readonly CardStep[];
}

/** A status a card took on, and when. */
export interface CardStep {
  readonly orderStatus: string;
  readonly bizDate: number;
  readonly at: number;
}

/** What a request does to the order's card. */
export type Ruling =
  | { readonly kind: 'applied'; readonly outcome: 'created' | 'updated' | 'ended'; readonly card: Card }
  /** Answered with success, without effect. */
  | { readonly kind: 'unchanged'; readonly outcome: 'outdated' | 'ignored' }
  | { readonly kind: 'refused'; readonly result: Result };

/** Rules on a valid request: `card` is the order's last notification, `ends` whether the request's status is an end of its template. */
export function ruleOn(card: Card | null, request: SyncRequest, ends: boolean, now: number): Ruling {
  const valid = card !== null && cardState(card, now) === 'live';
  if (request.body.command === 'SEND') {
    if (valid) return { kind: 'refused', result: resultOf('UN_SUPPORT_BUSINESS', 'a valid notification exists') };
    return applied('created', null, request, ends, now);
  }
  if (card === null) return { kind: 'refused', result: resultOf('ORDER_NOT_FOUND') };
  if (!valid) return { kind: 'unchanged', outcome: 'ignored' };
  if (request.body.bizDate <= card.bizDate) return { kind: 'unchanged', outcome: 'outdated' };
  return applied('updated', card, request, ends, now);
}

/** Where a card is in its life at `now`. */
export function cardState(card: Card, now: number): CardState {
  if (card.ended) return 'ended';
  return now >= card.endDate ? 'expired' : 'live';
}

function applied(
  outcome: 'created' | 'updated',
  before: Card | null,
  { body, languages }: SyncRequest,
  ended: boolean,
  now: number,
): Ruling {
  const info = body.syncDataInfo;
  const step: CardStep = { orderStatus: body.orderStatus, bizDate: body.bizDate, at: now };
  const card: Card = {
    merchantBizNo: body.merchantBizNo,
    userId: body.userId ?? null,
    openId: body.openId ?? null,
    template: body.productTemplateCode,
    orderStatus: body.orderStatus,
    bizDate: body.bizDate,
    endDate: body.endDate ?? before?.endDate ?? now + lifeMs,
    ended,
    command: body.command,
    languages,
    amount: info.amount ?? null,
    amountCurrency: info.amountCurrency ?? null,
    payAmount: info.payAmount ?? null,
    payAmountCurrency: info.payAmountCurrency ?? null,
    merchantOrderDetailUrl: info.merchantOrderDetailUrl ?? null,
    tinyAppId: info.tinyAppId ?? null,
    tradeNo: info.tradeNo ?? null,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    history: [...(before?.history ?? []), step].slice(-historyMax),
  };
  return { kind: 'applied', outcome: ended ? 'ended' : outcome, card };
}
