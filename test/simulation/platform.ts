import { type Instant, instant } from '../../connector/kernel/time.ts';
import type { Answer } from '../../connector/order/answer.ts';
import type { MerchantBizNo } from '../../connector/order/change.ts';
import type { CardRequest } from '../../connector/order/decide.ts';
import { aCard, anAnswer, anHttpAnswer, dawn, silence } from '../support/builders.ts';
import type { SeededRandom } from '../support/flow-world.ts';
import type { Plan } from './plan.ts';

/** An order's card, as the platform has it. */
export interface PlatformCard {
  readonly live: boolean;
  readonly hash: string;
  readonly bizDate: Instant;
  /** The database's place of the change it shows. */
  readonly lsn: bigint;
  /** When a request took effect last. */
  readonly takenAt: Instant;
}

/** Where the platform tells what it saw that must not be. */
export type Report = (broken: string) => void;

/** The platform: cards by the API's rules, one answer for one requestId, and the plan's faults. */
export class SimulatedPlatform {
  /** Requests that failed by chance, not by the plan's poison or outage, by change. */
  readonly unlucky = new Set<string>();
  readonly #plan: Plan;
  readonly #random: SeededRandom;
  readonly #report: Report;
  readonly #cards = new Map<MerchantBizNo, PlatformCard>();
  readonly #answers = new Map<string, { readonly body: string; readonly answer: Answer }>();
  readonly #latest = new Map<MerchantBizNo, bigint>();

  constructor(plan: Plan, random: SeededRandom, report: Report) {
    this.#plan = plan;
    this.#random = random;
    this.#report = report;
    for (const order of plan.carded) {
      this.#cards.set(order, {
        live: true,
        hash: aCard({ order, text: 'before' }).hash,
        bizDate: instant(dawn - 100),
        lsn: 0n,
        takenAt: dawn,
      });
    }
  }

  card(order: MerchantBizNo): PlatformCard | undefined {
    return this.#cards.get(order);
  }

  /** Takes a request in, or not, and answers it, or not. */
  receive(request: CardRequest, now: Instant): Answer {
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
    return this.#outage(now) ?? this.#misfortune(request, now) ?? this.#serve(request, now);
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
    if (now >= this.#plan.calmFrom || !this.#random.chance(this.#plan.faultRate)) return null;
    const { topic, partition, offset } = request.change.position;
    this.unlucky.add(`${topic}/${partition}@${offset}`);
    // Whether a request that gets no answer took effect, nobody knows.
    if (this.#random.chance(0.5)) this.#serve(request, now);
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

  #serve(request: CardRequest, now: Instant): Answer {
    const known = this.#answers.get(request.requestId);
    if (known !== undefined) {
      if (known.body !== request.body) this.#report('one requestId came with two bodies');
      return known.answer;
    }
    const answer = anAnswer(this.#rule(request, now));
    // "One unique result" for the same request (API document): whether that goes for refusals too, it does not say.
    if (answer.result?.code === 'SUCCESS' || this.#plan.remembersRefusals)
      this.#answers.set(request.requestId, { body: request.body, answer });
    return answer;
  }

  /** The API document's rules of SEND, UPDATE and bizDate. */
  #rule(request: CardRequest, now: Instant): string {
    const { change, command, bizDate } = request;
    const card = this.#cards.get(change.merchantBizNo);
    const lsn = change.source.kind === 'lsn' ? change.source.lsn : 0n;
    if (command === 'SEND' && card?.live) return 'UN_SUPPORT_BUSINESS';
    if (command === 'UPDATE') {
      if (card === undefined) return 'ORDER_NOT_FOUND';
      // Both are answered with success, without effect.
      if (!card.live) return 'SUCCESS';
      if (bizDate <= card.bizDate) {
        if (lsn > card.lsn) this.#report(`a newer change (${lsn} after ${card.lsn}) came with a bizDate no higher`);
        return 'SUCCESS';
      }
    }
    const latest = this.#latest.get(change.merchantBizNo) ?? 0n;
    if (lsn < latest) this.#report(`the card went back: ${lsn} after ${latest}`);
    this.#latest.set(change.merchantBizNo, lsn);
    const { ends, endDate, hash } = change.card;
    this.#cards.set(change.merchantBizNo, {
      live: !ends && (endDate === null || endDate > now),
      hash,
      bizDate,
      lsn,
      takenAt: now,
    });
    return 'SUCCESS';
  }
}
