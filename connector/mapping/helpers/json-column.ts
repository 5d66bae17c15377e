import { type Budget, tooDeep } from '../bounds/budget.ts';
import { depthMax } from '../bounds/limits.ts';
import { refuse } from '../expressions/refusal.ts';
import { plainDecimal } from './money.ts';

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const;

/**
 * Reads JSON text into CEL's values: integers are exact (64 bits), every other number is decimal text (`12.50` → `"12.50"`,
 * `1.25e3` → 1250), as a decimal column is, so that amounts never go through a float. Refuses text that is too long, nests too deeply
 * or holds more values than the budget has steps.
 */
export function readJson(text: string, budget: Budget): unknown {
  const { jsonCharactersMax } = budget.limits;
  if (text.length > jsonCharactersMax) {
    refuse(`the JSON text is longer than ${jsonCharactersMax} characters (mapping.jsonCharactersMax)`);
  }
  const found = { values: 0, isExact: true };
  const value = withIntegers(parse(text), found, budget, 0);
  if (found.isExact) return value;
  // What needs a number's own text is parsed again, by a slow way.
  budget.spend(found.values * stepsPerRevival);
  return parse(text, fromSource);
}

const stepsPerRevival = 5;

function parse(
  text: string,
  reviver?: (key: string, value: unknown, context: { readonly source: string }) => unknown,
): unknown {
  try {
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  } catch (error) {
    if (error instanceof SyntaxError) refuse('the text is not JSON');
    throw error;
  }
}

interface Found {
  values: number;
  /** Every number is a safe integer, so that its text is not needed. */
  isExact: boolean;
}

/** Turns numbers into bigints, in place; counts the values, and refuses what nests too deeply. */
function withIntegers(value: unknown, found: Found, budget: Budget, depth: number): unknown {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value);
    found.isExact = false;
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === depthMax) refuse(tooDeep);
  const members = value as Record<string, unknown>;
  const names = Object.keys(members);
  found.values += names.length;
  budget.spend(names.length);
  for (const name of names) {
    const member = members[name];
    if (typeof member !== 'number' && (typeof member !== 'object' || member === null)) continue;
    const exact = withIntegers(member, found, budget, depth + 1);
    if (exact !== member) members[name] = exact;
  }
  return asCelMap(value);
}

// The text of a number: "JSON.parse source text access", in Node since version 21.
function fromSource(_name: string, value: unknown, { source }: { readonly source: string }): unknown {
  if (typeof value !== 'number') return typeof value === 'object' && value !== null ? asCelMap(value) : value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  const digits = plainDecimal(source) ?? source;
  if (!/^-?\d+$/.test(digits)) return digits;
  const integer = BigInt(digits);
  return integer >= int64.min && integer <= int64.max ? integer : digits;
}

/** An object as CEL can take it: the CEL library tells what an object is by its `constructor`, which a member of that name hides. */
export function asCelMap<T extends object>(value: T): T | ReadonlyMap<string, unknown> {
  return Object.hasOwn(value, 'constructor') ? new Map<string, unknown>(Object.entries(value)) : value;
}
