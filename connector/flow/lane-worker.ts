import { type Clock, instant } from '../kernel/time.ts';
import { type Answer, describeAnswer } from '../order/answer.ts';
import type { MerchantBizNo } from '../order/change.ts';
import { type CardRequest, healedRequest, type Policy } from '../order/decide.ts';
import type { OrderEvent } from '../order/event.ts';
import { judge, type Verdict } from '../order/verdict.ts';
import type { Health } from './breaker.ts';
import type { Entry } from './lane.ts';
import type { Delivery, Meter } from './ports.ts';

/** What carrying a change needs of the world. */
export interface CarryParts {
  readonly clock: Clock;
  readonly delivery: Delivery;
  readonly meter: Meter;
}

/** What one attempt came to; a heal is part of it. */
export interface Carried {
  readonly request: CardRequest;
  readonly answer: Answer;
  readonly verdict:
    | Exclude<Verdict, { kind: 'heal' }>
    | { readonly kind: 'nothing-to-end' }
    /** The partition was taken away before the heal: that is its new owner's to send. */
    | { readonly kind: 'not-ours' };
}

/** One attempt to deliver an entry's request, healed at once where the platform knows better about SEND and UPDATE. Never rejects. */
export async function carry(
  entry: Entry,
  request: CardRequest,
  policy: Policy,
  parts: CarryParts,
  signal: AbortSignal,
): Promise<Carried> {
  const { clock, delivery, meter } = parts;
  let current = entry.pending ?? { request, healed: false };
  for (;;) {
    const startedAt = clock.now();
    entry.firstAttemptAt ??= startedAt;
    entry.attempts++;
    entry.pending = current;
    const answer = await delivery.deliver(current.request, signal);
    const now = clock.now();
    entry.lastAttemptAt = now;
    const verdict = judge(answer, current.request.command, current.healed);
    meter.attempted({ request: current.request, answer, verdict, durationMs: now - startedAt });
    if (verdict.kind !== 'heal') return { request: current.request, answer, verdict };
    // No card, and the status would hide it: that is what the order is owed.
    if (verdict.command === 'SEND' && entry.change.card.ends) {
      return { request: current.request, answer, verdict: { kind: 'nothing-to-end' } };
    }
    if (entry.partition.revoked) return { request: current.request, answer, verdict: { kind: 'not-ours' } };
    current = { request: healedRequest(current.request, verdict.command, policy), healed: true };
    meter.healed(current.request);
  }
}

/** The event of an accepted request. */
export function acceptedEvent(request: CardRequest, at: number): OrderEvent {
  const { card, position, source } = request.change;
  const shown = { position, source, bizDate: request.bizDate, hash: card.hash };
  if (card.ends) return { kind: 'card-ended', ...shown };
  const kind = request.command === 'SEND' ? 'card-sent' : 'card-updated';
  return { kind, ...shown, endDate: card.endDate, at: instant(at) };
}

/** What an attempt says of the platform itself. An order that is known to be refused alone (`alone`) says no more than any that fails. */
export function healthOf(order: MerchantBizNo, carried: Carried, alone: boolean): Health {
  const { verdict, answer } = carried;
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
