import { type Instant, instant } from '../kernel/time.ts';
import { type Budget, tooDeep } from './bounds/budget.ts';
import { depthMax } from './bounds/limits.ts';
import { kindOf, refuse } from './expressions/refusal.ts';

/** A value as JSON has it. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * A value out of an expression as JSON, exactly: whole numbers within ±(2^53 − 1), finite floats, well-formed text, lists, and maps with
 * text as keys. Null members of a map are left out. Refuses everything else, what nests too deeply, and more than the budget's card holds:
 * what is in lists and maps is counted here, a text that stands alone by who takes it.
 */
export function toJson(value: unknown, budget: Budget): JsonValue {
  return jsonOf(value, budget, 0);
}

function jsonOf(value: unknown, budget: Budget, depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'bigint':
      return integer(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : refuse('not a finite number');
    default:
      return value === null ? null : aggregate(value, budget, depth);
  }
}

function aggregate(value: unknown, budget: Budget, depth: number): JsonValue {
  if (depth === depthMax) refuse(tooDeep);
  if (Array.isArray(value)) return value.map(member => listMember(member, budget, depth + 1));
  if (value instanceof Map) return fromEntries(value.entries(), budget, depth + 1);
  if (isPlain(value)) return fromEntries(Object.entries(value), budget, depth + 1);
  if (value instanceof Date) {
    return refuse('is a timestamp; write it with format(…, "yyyy-MM-dd HH:mm:ss", "Asia/Hong_Kong") or millis(…)');
  }
  if (value instanceof Uint8Array) return refuse('is bytes; write them with .base64() or .string()');
  // The CEL library's unsigned integers (uint) have their value as a bigint.
  const plain: unknown = typeof value === 'object' ? value?.valueOf() : undefined;
  return typeof plain === 'bigint' ? integer(plain) : refuse('cannot be written as JSON');
}

function listMember(value: unknown, budget: Budget, depth: number): JsonValue {
  budget.show(charactersOf(value));
  return value === null
    ? refuse(`a list may not hold ${kindOf(value)}; give a default(…) or filter it`)
    : jsonOf(value, budget, depth);
}

function fromEntries(entries: Iterable<[unknown, unknown]>, budget: Budget, depth: number): JsonValue {
  const members: Record<string, JsonValue> = Object.create(null);
  for (const [name, value] of entries) {
    if (typeof name !== 'string') return refuse(`a map's keys must be text, but one is ${kindOf(name)}`);
    budget.show(name.length + charactersOf(value));
    if (value !== null) members[wellFormed(name)] = jsonOf(value, budget, depth);
  }
  return members;
}

// Of what is no text two: `1,` or `{}`.
function charactersOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 2;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function integer(value: bigint): number {
  const exact = Number(value);
  return Number.isSafeInteger(exact)
    ? exact
    : refuse('the whole number is too large for JSON; write it with string(…)');
}

function wellFormed(text: string): string {
  return text.isWellFormed() ? text : refuse('the text has half of a surrogate pair');
}

/** Longest merchantBizNo, openId and merchantId: no limit is documented, so this only bounds memory. */
export const idCharactersMax = 256;

/** `when`: nothing but true and false. */
export function readTruth(value: unknown): boolean {
  return typeof value === 'boolean' ? value : refuse(`must be true or false, but is ${kindOf(value)}`);
}

/** Text, or a whole number as text; null where there is none. */
export function readText(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return value === '' ? null : wellFormed(value);
  return typeof value === 'bigint' ? String(value) : refuse(`must be text, but is ${kindOf(value)}`);
}

/** {@link readText} of what no card can do without. */
export function readStatus(value: unknown): string {
  return readText(value) ?? refuse('is null or empty');
}

/** merchantBizNo or openId: text without control characters and outer blanks, of a bounded length. */
export function readId(value: unknown): string {
  return readOptionalId(value) ?? refuse('is null or empty');
}

/** {@link readId}, or null: merchantId. */
export function readOptionalId(value: unknown): string | null {
  if (typeof value === 'string' && usualId.test(value)) return value;
  const text = readText(value);
  if (text === null) return null;
  if (text.length > idCharactersMax) refuse(`is longer than ${idCharactersMax} characters`);
  if (hasOuterBlanks(text)) refuse(`has blanks around it, ${trimHint}`);
  return controlCharacter.test(text) ? refuse('has a control character') : text;
}

/** An AlipayHK user id: 16 digits. */
export function readUserId(value: unknown): string {
  if (typeof value === 'string' && userId.test(value)) return value;
  const text = readId(value);
  return userId.test(text) ? text : refuse('is not 16 digits, as an AlipayHK user id is');
}

/** Whether a text has blanks at its beginning or end, as a char(n) column pads its values. */
export function hasOuterBlanks(text: string): boolean {
  return text.trim().length !== text.length;
}

/** What to do about outer blanks. */
export const trimHint = 'as values of a char(n) column have; add .trim()';

// Printable ASCII: what an id usually is, told at once.
const usualId = /^[!-~]{1,256}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/u;
const userId = /^[0-9]{16}$/;

/** Cents as a JSON number. */
export function readCents(value: unknown): number | null {
  if (value === null) return null;
  if (typeof value !== 'bigint') return refuse(`must be cents, a whole number, but is ${kindOf(value)}`);
  return value < 0n ? refuse('is negative') : integer(value);
}

/** HKD or CNY (API document, amountCurrency). */
export function readCurrency(value: unknown): string | null {
  const currency = readText(value);
  return currency === null || currency === 'HKD' || currency === 'CNY' ? currency : refuse('is neither HKD nor CNY');
}

// Before 1973 no order was placed: such a number is of seconds.
const momentMin = 100_000_000_000;
const momentMax = 8_640_000_000_000_000;

/** A timestamp or whole milliseconds since the epoch. */
export function readMoment(value: unknown): Instant | null {
  if (value === null) return null;
  const ms = value instanceof Date ? value.getTime() : typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (Number.isNaN(ms)) refuse(`must be a timestamp or epoch milliseconds, but is ${kindOf(value)}`);
  if (ms < momentMin || ms > momentMax) refuse('is no time of our days in epoch milliseconds; is it seconds?');
  return instant(ms);
}
