import { isFinal, type Result, resultOf } from '../gateway/result-codes.ts';
import { type Card, ruleOn } from './cards.ts';
import { readSyncRequest } from './sync-request.ts';
import type { Templates } from './templates.ts';

/** What came of a request that the gateway let through. */
export type Outcome =
  | 'created'
  | 'updated'
  | 'ended'
  /** Success without effect: the card is as new or newer. */
  | 'outdated'
  /** Success without effect: the card is no longer valid. */
  | 'ignored'
  /** A request answered before: the same answer again, without effect. */
  | 'repeat'
  /** The requestId of another body. */
  | 'conflict'
  | 'refused';

/** An answer, and what the request did. */
export interface Reception {
  readonly result: Result;
  readonly outcome: Outcome;
}

/** Limits of what is remembered; at a limit the oldest is forgotten. */
export interface PlatformLimits {
  readonly cardsMax: number;
  readonly requestIdsMax: number;
}

interface KnownRequest {
  readonly digest: string;
  /** Null until a final answer has been given. */
  readonly result: Result | null;
}

/** All cards and the answers given: the API behind the gateway. Requests of one order are taken in the order they come. */
export class Platform {
  readonly #templates: Templates;
  readonly #limits: PlatformLimits;
  /** By merchantBizNo, the one changed last at the end. */
  readonly #cards = new Map<string, Card>();
  readonly #requests = new Map<string, KnownRequest>();

  constructor(templates: Templates, limits: PlatformLimits) {
    this.#templates = templates;
    this.#limits = limits;
  }

  /** Answers a request. `json` is the parsed body, `digest` one of its bytes, `now` epoch ms. */
  receive(json: unknown, digest: string, now: number): Reception {
    const id = requestIdOf(json);
    if (id === null) return this.#decide(json, now);
    if (this.isConflict(id, digest)) {
      return { result: resultOf('PARAM_ILLEGAL', 'requestId was used with another body'), outcome: 'conflict' };
    }
    const given = this.#requests.get(id)?.result ?? null;
    if (given !== null) return { result: given, outcome: 'repeat' };
    const reception = this.#decide(json, now);
    this.keepAnswer(id, digest, reception.result);
    return reception;
  }

  /**
   * Notes a request's answer, so that its repetition gets the same one: a final one only.
   * Another answer, or none (null), leaves the request open, but its id is taken from then on.
   */
  keepAnswer(requestId: string, digest: string, result: Result | null): void {
    const known = this.#requests.get(requestId);
    if (known !== undefined && (known.digest !== digest || known.result !== null)) return;
    this.#requests.set(requestId, { digest, result: result !== null && isFinal(result) ? result : null });
    forgetOldest(this.#requests, this.#limits.requestIdsMax);
  }

  /** True if the id came with another body before. */
  isConflict(requestId: string, digest: string): boolean {
    const known = this.#requests.get(requestId);
    return known !== undefined && known.digest !== digest;
  }

  /** The order's last notification. */
  card(merchantBizNo: string): Card | null {
    return this.#cards.get(merchantBizNo) ?? null;
  }

  /** All cards, the one changed last first. */
  cards(): readonly Card[] {
    return [...this.#cards.values()].reverse();
  }

  get cardCount(): number {
    return this.#cards.size;
  }

  /** Forgets all cards and answers. */
  reset(): void {
    this.#cards.clear();
    this.#requests.clear();
  }

  #decide(json: unknown, now: number): Reception {
    const read = readSyncRequest(json);
    if (read.kind === 'refused') return { result: read.result, outcome: 'refused' };
    const { body } = read.request;
    const refusal = this.#templates.check(read.request);
    if (refusal !== null) return { result: refusal, outcome: 'refused' };
    const ends = this.#templates.isEnd(body.productTemplateCode, body.orderStatus);
    const ruling = ruleOn(this.card(body.merchantBizNo), read.request, ends, now);
    if (ruling.kind === 'refused') return { result: ruling.result, outcome: 'refused' };
    if (ruling.kind === 'applied') this.#keepCard(ruling.card);
    return { result: resultOf('SUCCESS'), outcome: ruling.outcome };
  }

  #keepCard(card: Card): void {
    this.#cards.delete(card.merchantBizNo); // A Map keeps the place of a key it has.
    this.#cards.set(card.merchantBizNo, card);
    forgetOldest(this.#cards, this.#limits.cardsMax);
  }
}

/** The requestId of a parsed body, valid or not; null where there is none. */
export function requestIdOf(json: unknown): string | null {
  const id = typeof json === 'object' && json !== null && 'requestId' in json ? json.requestId : null;
  return typeof id === 'string' && id !== '' ? id : null;
}

function forgetOldest<V>(map: Map<string, V>, max: number): void {
  if (map.size <= max) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
