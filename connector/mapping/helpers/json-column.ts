import { refuse } from '../expressions/refusal.ts';

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const;

/**
 * Reads JSON text into CEL's values: integers are exact (64 bits), every other number is its own text (`12.50` → `"12.50"`),
 * as a decimal column is, so that amounts never go through a float.
 */
export function readJson(text: string): unknown {
  try {
    const value = withIntegers(JSON.parse(text));
    return value === notExact ? JSON.parse(text, fromSource as (key: string, value: unknown) => unknown) : value;
  } catch (error) {
    if (error instanceof SyntaxError) refuse('the text is not JSON');
    throw error;
  }
}

const notExact = Symbol('a number that needs its text');

/** Turns numbers into bigints, in place; answers `notExact` when one of them is no safe integer. */
function withIntegers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : notExact;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (typeof member !== 'number' && (typeof member !== 'object' || member === null)) continue;
    const exact = withIntegers(member);
    if (exact === notExact) return notExact;
    if (exact !== member) members[name] = exact;
  }
  return asCelMap(value);
}

// The text of a number: "JSON.parse source text access", in Node since version 21.
function fromSource(_name: string, value: unknown, context: { readonly source: string }): unknown {
  if (typeof value !== 'number') return typeof value === 'object' && value !== null ? asCelMap(value) : value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  if (!/^-?\d+$/.test(context.source)) return context.source;
  const integer = BigInt(context.source);
  return integer >= int64.min && integer <= int64.max ? integer : context.source;
}

/** An object as CEL can take it: the CEL library tells what an object is by its `constructor`, which a member of that name hides. */
export function asCelMap<T extends object>(value: T): T | ReadonlyMap<string, unknown> {
  return Object.hasOwn(value, 'constructor') ? new Map<string, unknown>(Object.entries(value)) : value;
}
