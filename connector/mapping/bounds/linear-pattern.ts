import { RE2JS } from 're2js';
import { stepsPerCharacter } from './budget.ts';

// Patterns that take time linear in the text. V8's own engine backtracks: `^(a+)+$` takes 2^n steps for n characters.

/** A pattern whose test takes time linear in the text. */
export interface LinearPattern {
  /** Whether it matches a part of the text. */
  test(text: string): boolean;
  /** Steps that a text takes, for a budget. */
  stepsFor(text: string): number;
}

/** Compiles a pattern of RE2, as CEL defines `matches`; a text says what RE2 does not take. */
export function compileRe2(pattern: string): LinearPattern | string {
  try {
    const compiled = RE2JS.compile(pattern);
    const stepsPerTextCharacter = stepsPerCharacter * (1 + pattern.length * stepsPerPatternCharacter);
    return {
      test: text => compiled.test(text),
      stepsFor: text => 10 + text.length * stepsPerTextCharacter,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// As Kubernetes' CEL cost limits have it.
const stepsPerPatternCharacter = 0.25;

/**
 * A pattern of JSON Schema (ECMA-262, flag u) for ajv. What provably takes linear time is left to V8, which is twenty times as fast; any
 * other pattern runs in RE2. Throws where RE2 does not take it: for backreferences and assertions there is no linear engine.
 */
export function schemaPattern(pattern: string): { test(text: string): boolean } {
  const native = new RegExp(pattern, 'u');
  // A bar in a class or behind a backslash leaves parts that are not plain.
  if (pattern.split('|').every(isPlain)) return native;
  const linear = compileRe2(RE2JS.translateRegExp(pattern));
  if (typeof linear === 'string') throw new Error(`pattern ${pattern} is not one of RE2: ${linear}`);
  return linear;
}

const atom = /\\[dDwWsS]|\\[^\p{L}\p{N}]|\[\^?(?:\\.|[^\]\\])*\]|[^\\[\](){}|?*+^$]/u.source;
const plain = new RegExp(`^\\^(?:(?:${atom})(?:\\{[0-9]{1,2}\\}|[?+*])?)*\\$?$`, 'u');
const choicesMax = 4;

/**
 * Whether a pattern is anchored at its beginning and is a plain row of characters and classes, of which at most one repeats without
 * end and at most four are optional. V8 then tries 2^4 ways for each length of the one repetition.
 */
function isPlain(pattern: string): boolean {
  if (pattern.length > 1_000 || !plain.test(pattern)) return false;
  const bare = pattern.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/gu, 'x');
  const count = (quantifier: RegExp) => (bare.match(quantifier) ?? []).length;
  return count(/[+*]/g) <= 1 && count(/\?/g) <= choicesMax;
}
