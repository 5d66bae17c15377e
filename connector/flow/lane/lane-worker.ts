import { type Clock, instant } from '../../kernel/time.ts';
import { type Answer, describeAnswer } from '../../order/answer.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import {
  againRequest,
  type CardRequest,
  type DeliverDecision,
  healedRequest,
  type Policy,
} from '../../order/decide.ts';
import type { OrderEvent } from '../../order/event.ts';
import type { Verdicts } from '../../order/result-codes.ts';
import type { OrderState } from '../../order/state.ts';
import { judge, type Verdict } from '../../order/verdict.ts';
import type { Health } from '../outage/breaker.ts';
import type { Delivery, Meter } from '../ports.ts';
import { doubtOf } from './doubt.ts';
import type { Entry, Pending } from './lane.ts';

/** What carrying a change needs of the world. */
export interface CarryParts {
  readonly clock: Clock;
  readonly delivery: Delivery;
  readonly meter: Meter;
  /** What answers mean. */
  readonly verdicts: Verdicts;
  /** Is it certain that the partitions are ours? */
  readonly isLeased: () => boolean;
}

/** What one attempt came to; a heal is part of it. */
export interface Carried {
  readonly request: CardRequest;
  readonly answer: Answer;
  readonly verdict:
    | Exclude<Verdict, { kind: 'heal' }>
    /** There is none, and none is to be made. `unsettled`: an earlier request may make one yet. */
    | { readonly kind: 'no-card'; readonly unsettled: boolean }
    /** The partition was, or may be, taken away before the request went out, or the heal: that is its new owner's to send. */
    | { readonly kind: 'not-ours' };
}

const unsent: Answer = { kind: 'unanswered', cause: 'unsent', text: 'not sent' };

// SEND and UPDATE once each, and the first one once again: what was refused may be answered from the platform's memory.
const healsMax = 2;

/**
 * One attempt to deliver an entry's request, healed at once where the platform knows better about SEND and UPDATE: under
 * the other command, then under the first one again, with a requestId of its own. Never rejects.
 */
export async function carry(
  entry: Entry,
  { request, cardExpected, makesCard, after, unsettled }: DeliverDecision,
  policy: Policy,
  parts: CarryParts,
  signal: AbortSignal,
): Promise<Carried> {
  const { clock, delivery, meter, verdicts, isLeased } = parts;
  const isOurs = () => !entry.partition.revoked && isLeased();
  // It may have waited for the journal.
  if (!isOurs()) {
    if (entry.attempts === 0) entry.pending = null;
    return { request, answer: unsent, verdict: { kind: 'not-ours' } };
  }
  let current: Pending = entry.pending ?? { request, heals: 0 };
  for (;;) {
    const before = entry.pending;
    const startedAt = clock.monotonic();
    entry.attempts++;
    entry.pending = current;
    // Signing and connecting take time, in which this process may have slept longer than its session.
    const { trace } = entry.record;
    const answer = await delivery.deliver(current.request, signal, isOurs, trace);
    if (isUnsent(answer)) {
      entry.attempts--;
      entry.pending = before;
      return { request: current.request, answer, verdict: { kind: 'not-ours' } };
    }
    const durationMs = clock.monotonic() - startedAt;
    const now = clock.now();
    entry.firstTriedAt ??= startedAt;
    entry.firstAttemptAt ??= instant(now - durationMs);
    entry.lastAttemptAt = now;
    const verdict = judge(answer, current.request.command, verdicts);
    meter.attempted({ request: current.request, answer, verdict, durationMs, trace });
    const attempted = { request: current.request, answer };
    if (verdict.kind !== 'heal') return { ...attempted, verdict };
    // No card, and the status would hide it: that is what the order is owed, once it is sure.
    const noCard = verdict.command === 'SEND' && !makesCard;
    if (noCard && (current.heals > 0 || !cardExpected)) {
      // Under the same requestId the platform would give the same answer, whatever it has by then.
      const next = againRequest(current.request, current.request.command, policy, `no-card/${entry.attempts}`);
      if (unsettled) entry.pending = { request: next, heals: healsMax };
      return { ...attempted, verdict: { kind: 'no-card', unsettled } };
    }
    if (!isOurs()) return { ...attempted, verdict: { kind: 'not-ours' } };
    if (current.heals === healsMax) {
      // It contradicts itself. Later it is asked from the request before, for this one's answer may be remembered.
      entry.pending = before;
      return { ...attempted, verdict: { kind: 'retry', cause: 'unknown-outcome', afterMs: null } };
    }
    const tried = noCard ? current.request.command : verdict.command;
    current =
      noCard || current.heals > 0
        ? { request: againRequest(current.request, tried, policy, after), heals: healsMax }
        : { request: healedRequest(current.request, tried, policy), heals: 1 };
    meter.healed(current.request);
  }
}

function isUnsent(answer: Answer): boolean {
  return answer.kind === 'unanswered' && answer.cause === 'unsent';
}

/** The event of an accepted request. */
export function acceptedEvent(request: CardRequest, at: number): OrderEvent {
  const { card, position, source } = request.change;
  const shown = { position, source, bizDate: request.bizDate, hash: card.hash };
  if (card.ends) return { kind: 'card-ended', ...shown };
  const kind = request.command === 'SEND' ? 'card-sent' : 'card-updated';
  return { kind, ...shown, endDate: card.endDate, at: instant(at) };
}

/**
 * The event of a request that the platform answered with success, of an order in this state. An UPDATE of what is only sent again, of
 * an order that was forgotten, it may have ignored: the card may show a later change, or be over.
 */
export function takenEvent({ kind }: OrderState, request: CardRequest, at: number): OrderEvent {
  const mayBeIgnored = request.change.replays !== undefined && kind === 'unknown' && request.command === 'UPDATE';
  return mayBeIgnored ? doubtOf(request.change, request) : acceptedEvent(request, at);
}

/** What an answer came to, in one word: for the journal. */
export function resultCodeOf(answer: Answer): string {
  if (answer.kind === 'unanswered') return answer.cause;
  return answer.result?.code ?? `HTTP ${answer.httpStatus}`;
}

/** What an attempt says of the platform itself; null: nothing, since nothing was sent. An order that is known to be refused alone (`alone`) says no more than any that fails. */
export function healthOf(order: MerchantBizNo, carried: Carried, alone: boolean): Health | null {
  const { verdict, answer } = carried;
  if (isUnsent(answer)) return null;
  switch (verdict.kind) {
    case 'retry':
      return {
        kind: 'failed',
        order,
        unreachable: answer.kind === 'unanswered' && answer.cause === 'connection',
        text: describeAnswer(answer),
      };
    case 'halt':
      return alone
        ? { kind: 'failed', order, unreachable: false, text: describeAnswer(answer) }
        : { kind: 'halted', text: describeAnswer(answer) };
    default:
      return { kind: 'answered' };
  }
}
