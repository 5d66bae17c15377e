import { type Instant, instant } from '../../connector/kernel/time.ts';
import type { Answer } from '../../connector/order/answer.ts';
import type { MerchantBizNo } from '../../connector/order/change.ts';
import type { CardRequest } from '../../connector/order/decide.ts';
import { aCard, anAnswer, anHttpAnswer, dawn, silence } from '../support/builders.ts';
import type { SeededRandom } from '../support/flow-world.ts';
import { versionOf } from './database.ts';
import type { Plan } from './plan.ts';

/** An order's card, as the platform has it. */
export interface PlatformCard {
  readonly hidden: boolean;
  readonly endDate: Instant | null;
  /** What its change says, under whatever mapping. */
  readonly text: string;
  readonly bizDate: Instant;
  /** The place of the change it shows in the database's commit order. */
  readonly n: number;
  /** When a request took effect last. */
  readonly takenAt: Instant;
}

/** Where the platform tells what it saw that must not be. */
export type Report = (broken: string) => void;

/** The platform: cards by the API's rules, one answer for one requestId, and the plan's faults. */
export class SimulatedPlatform {
  /** Requests that failed by chance, not by the plan's poison or outage, by change. */
  readonly unlucky = new Set<string>();
  /** Orders whose hidden card a SEND made again that took effect late: nobody can know of that. */
  readonly revived = new Set<MerchantBizNo>();
  /** The last UPDATE of an order that its hidden card ignored, by its change's place in the commit order. */
  readonly ignored = new Map<MerchantBizNo, number>();
  readonly #plan: Plan;
  readonly #random: SeededRandom;
  readonly #report: Report;
  readonly #cards = new Map<MerchantBizNo, PlatformCard>();
  readonly #answers = new Map<string, { readonly body: string; readonly answer: Answer }>();
  readonly #latest = new Map<MerchantBizNo, number>();
  #late: { readonly at: Instant; readonly request: CardRequest }[] = [];

  constructor(plan: Plan, random: SeededRandom, report: Report) {
    this.#plan = plan;
    this.#random = random;
    this.#report = report;
    for (const order of plan.carded) {
      const { hash: text } = aCard({ order, text: 'before' });
      const card = { hidden: false, endDate: null, text, bizDate: instant(dawn - 100), n: 0, takenAt: dawn };
      this.#cards.set(order, card);
    }
  }

  card(order: MerchantBizNo): PlatformCard | undefined {
    return this.#cards.get(order);
  }

  /** Takes a request in, or not, and answers it, or not. */
  receive(request: CardRequest, now: Instant): Answer {
    this.settle(now);
    switch (this.#plan.poison.get(request.change.merchantBizNo)) {
      case 'rejects':
        return anAnswer('PARAM_ILLEGAL');
      case 'fails':
        return anAnswer('UNKNOWN_EXCEPTION');
      case 'times-out':
        return silence('timeout');
      case 'refuses-us':
        return anHttpAnswer(403);
    }
    return this.#outage(now) ?? this.#misfortune(request, now) ?? this.#serve(request, now, false);
  }

  /** What was with a slow platform takes effect. */
  settle(now: Instant): void {
    const due = this.#late.filter(({ at }) => at <= now);
    if (due.length === 0) return;
    this.#late = this.#late.filter(({ at }) => at > now);
    for (const { request } of due.sort((one, other) => one.at - other.at)) this.#serve(request, now, true);
  }

  /** Is nothing more to take effect? */
  get isSettled(): boolean {
    return this.#late.length === 0;
  }

  #outage(now: Instant): Answer | null {
    const { outage } = this.#plan;
    if (outage === null || now < outage.from || now >= outage.to) return null;
    switch (outage.kind) {
      case 'connection':
        return silence('connection');
      case 'timeout':
        return silence('timeout');
      case 'http':
        return anHttpAnswer(503);
      case 'credentials':
        return anAnswer('INVALID_CLIENT');
    }
  }

  #misfortune(request: CardRequest, now: Instant): Answer | null {
    const { calmFrom, faultRate, lateEffectMs } = this.#plan;
    if (now >= calmFrom || !this.#random.chance(lateEffectMs > 0 ? Math.max(0.2, faultRate) : faultRate)) return null;
    const { topic, partition, offset } = request.change.position;
    this.unlucky.add(`${topic}/${partition}@${offset}`);
    if (lateEffectMs > 0 && this.#random.chance(0.5)) {
      this.#late.push({ at: instant(now + 1 + this.#random.below(lateEffectMs)), request });
      return silence('timeout');
    }
    // Whether a request that gets no answer took effect, nobody knows.
    if (this.#random.chance(0.5)) this.#serve(request, now, false);
    return this.#random.pick<Answer>([
      silence('timeout'),
      silence('connection'),
      anHttpAnswer(500),
      anHttpAnswer(200),
      anAnswer('UNKNOWN_EXCEPTION'),
      anAnswer('REQUEST_TRAFFIC_EXCEED_LIMIT', { retryAfterMs: 5 + this.#random.below(40) }),
      anAnswer('SUCCESS', { signature: 'bad' }),
    ]);
  }

  #serve(request: CardRequest, now: Instant, late: boolean): Answer {
    const known = this.#answers.get(request.requestId);
    if (known !== undefined) {
      if (known.body !== request.body) this.#report('one requestId came with two bodies');
      return known.answer;
    }
    const answer = anAnswer(this.#rule(request, now, late));
    // "One unique result" for the same request (API document): whether that goes for refusals too, it does not say.
    if (answer.result?.code === 'SUCCESS' || this.#plan.remembersRefusals)
      this.#answers.set(request.requestId, { body: request.body, answer });
    return answer;
  }

  /** The API document's rules of SEND, UPDATE and bizDate. */
  #rule(request: CardRequest, now: Instant, late: boolean): string {
    const { change, command, bizDate } = request;
    const { merchantBizNo: order, card: asked } = change;
    const card = this.#cards.get(order);
    const { n, text } = versionOf(change);
    if (command === 'SEND' && isLive(card, now)) return 'UN_SUPPORT_BUSINESS';
    if (command === 'UPDATE') {
      if (card === undefined) return 'ORDER_NOT_FOUND';
      // Both are answered with success, without effect.
      if (!isLive(card, now)) {
        this.ignored.set(order, n);
        return 'SUCCESS';
      }
      if (bizDate <= card.bizDate) {
        if (n > card.n) this.#report(`a newer change (${n} after ${card.n}) came with a bizDate no higher`);
        return 'SUCCESS';
      }
    }
    if (late && card !== undefined) this.revived.add(order);
    else this.revived.delete(order);
    this.#checkOrder(request, late);
    this.#cards.set(order, { hidden: asked.ends, endDate: asked.endDate, text, bizDate, n, takenAt: now });
    return 'SUCCESS';
  }

  #checkOrder({ change }: CardRequest, late: boolean): void {
    const { n, repeated } = versionOf(change);
    const latest = this.#latest.get(change.merchantBizNo) ?? 0;
    const mayGoBack = late || (repeated && !isProvable(this.#plan)) || mayForget(this.#plan);
    if (n < latest && !mayGoBack) this.#report(`the card went back: ${n} after ${latest}`);
    this.#latest.set(change.merchantBizNo, Math.max(latest, n));
  }
}

/** Whether the positions of the database's log tell of any two changes which was later. Else one that is repeated may be sent again. */
export function isProvable({ data: { dialect, tangled } }: Plan): boolean {
  return dialect === 'postgres' || !tangled;
}

/** Orders may be evicted. What is read again of them after a crash may be sent again: what is behind it brings the card back. */
export function mayForget({ odd }: Plan): boolean {
  return odd.has('few orders fit in memory');
}

/** Does the customer see it? */
export function isLive(card: PlatformCard | undefined, now: Instant): card is PlatformCard {
  return card !== undefined && !card.hidden && (card.endDate === null || card.endDate > now);
}
