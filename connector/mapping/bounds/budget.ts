import { Refusal } from '../expressions/refusal.ts';
import { defaultLimits, depthMax, type MappingLimits } from './limits.ts';

/** Steps of a character that is copied, searched or compared, as Kubernetes' CEL cost limits have it. */
export const stepsPerCharacter = 0.1;

/** Steps of an error that an expression survives: a quantifier, `||`, `&&` or default() takes it away. */
export const stepsPerError = 50;

/** A bound of the whole change that is passed: nothing more is evaluated for it. */
export class BudgetExceeded extends Refusal {}

/**
 * Counts what one change costs, and refuses what passes a bound. CEL's `||`, `&&` and quantifiers hide errors, so a passed bound stays
 * in `exceeded()` until the next change begins. One budget serves all changes of a mapping, which are mapped one after another.
 */
export class Budget {
  readonly limits: MappingLimits;
  #exceeded: BudgetExceeded | null = null;
  #steps = 0;
  #characters = 0;

  constructor(limits: MappingLimits = defaultLimits) {
    this.limits = limits;
  }

  /** The bound that the change has passed; null while it has passed none. */
  exceeded(): BudgetExceeded | null {
    return this.#exceeded;
  }

  /** Begins the next change. */
  begin(): void {
    this.#exceeded = null;
    this.#steps = 0;
    this.#characters = 0;
  }

  /** Counts steps of evaluation before they are taken. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.limits.stepsMax) {
      this.#exceed(`the mapping takes more than ${this.limits.stepsMax} steps for this row (mapping.stepsMax)`);
    }
  }

  /** Counts characters that the card is to hold: a lower bound of its bytes. */
  show(characters: number): void {
    this.#characters += characters;
    if (this.#characters > this.limits.cardBytesMax) this.#exceedCard();
  }

  /** Refuses a card, serialised, that takes too many bytes. */
  checkCard(members: string): void {
    const { cardBytesMax } = this.limits;
    // A UTF-16 unit takes three bytes at most.
    if (members.length * 3 > cardBytesMax && utf8Bytes(members) > cardBytesMax) this.#exceedCard();
  }

  #exceedCard(): never {
    return this.#exceed(`the card is larger than ${this.limits.cardBytesMax} bytes (mapping.cardBytesMax)`);
  }

  // One error for all throws of a change: an expression may survive thousands of them, and a stack costs microseconds.
  #exceed(text: string): never {
    this.#exceeded ??= new BudgetExceeded(text);
    throw this.#exceeded;
  }
}

/** Text of the refusal of a value that nests too deeply. */
export const tooDeep = `nested deeper than ${depthMax} levels`;

/**
 * Whether a value is so long that it counts also where it is made once for a change. It may be given to the next `let`, and grow; what
 * is shorter costs no more than the mapping's author wrote.
 */
export function isLarge(value: unknown): boolean {
  return (typeof value === 'string' || value instanceof Uint8Array) && value.length > 1_000;
}

/** Steps to join texts. */
export function joinedWeight(texts: unknown, separator: unknown): number {
  let weight = 0;
  for (const text of Array.isArray(texts) ? texts : []) weight += 1 + weightOf(text) + weightOf(separator);
  return weight;
}

/** Steps to copy or go through a value, without what its items hold. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length * stepsPerCharacter;
  if (typeof value !== 'object') return 0;
  if (Array.isArray(value)) return value.length;
  return value instanceof Uint8Array ? value.length * stepsPerCharacter : 0;
}

/** Bytes of a well-formed text in UTF-8. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x800) bytes += unit >= 0xd800 && unit <= 0xdfff ? 1 : 2;
    else if (unit >= 0x80) bytes++;
  }
  return bytes;
}
