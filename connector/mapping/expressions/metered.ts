import { type Budget, isLarge, joinedWeight, stepsPerError, tooDeep, weightOf } from '../bounds/budget.ts';
import { depthMax } from '../bounds/limits.ts';
import { compileRe2 } from '../bounds/linear-pattern.ts';
import {
  type CheckedNode,
  type Comprehension,
  calledIn,
  countNodes,
  meantBy,
  partsOf,
  stepOf,
} from './checked-node.ts';
import { kindOf, nodeText, Refusal, refuse } from './refusal.ts';
import { patternOf } from './unfit.ts';

/**
 * Makes a checked expression count what it does in a budget, before it does it: items of comprehensions, characters and items that
 * operators and functions go through, errors that are survived. What runs once for a change and does not grow what it is given is not
 * counted. `matches` gets RE2's engine.
 */
export function meter(root: CheckedNode, budget: Budget): void {
  meterNode(root, budget, false);
}

function meterNode(checked: CheckedNode, budget: Budget, isRepeated: boolean): void {
  const node = meantBy(checked);
  const { macro } = node.meta;
  if (isRepeated && macro !== undefined) macro.isRepeated = true;
  for (const part of partsOf(node.args)) meterNode(part, budget, isRepeated || part === stepOf(node));
  const { op } = node;
  if (op === 'comprehension') meterComprehension(node, budget);
  else if (op === '+') meterSum(node, budget);
  else if (comparisons.has(op)) meterComparison(node, budget);
  else if (op === '||' || op === '&&') meterSurvived((node.args as readonly CheckedNode[])[0], budget);
  else if (op === 'rcall' && calledIn(node) === 'matches') giveRe2(node, budget);
  // Helpers are macros without a handle, and count for themselves.
  else if ((op === 'call' || op === 'rcall') && typeof node.handle === 'function') meterCall(node, budget, isRepeated);
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', 'in', '<', '<=', '>', '>=']);

function meterComprehension(node: CheckedNode, budget: Budget): void {
  const { step } = node.args as Comprehension;
  const stepsOfItem = 1 + countNodes(step);
  const { handle } = node;
  node.handle = (items, ...rest) => {
    budget.spend(sizeOf(items) * stepsOfItem);
    return handle(items, ...rest);
  };
  meterSurvived(step, budget);
}

// The library evaluates such a node with a net under it.
function meterSurvived(checked: CheckedNode | undefined, budget: Budget): void {
  if (checked === undefined) return;
  const { meta } = meantBy(checked);
  const evaluated = meta.macro ?? meta;
  const { evaluate } = evaluated;
  evaluated.evaluate = (...given) => {
    try {
      return evaluate(...given);
    } catch (error) {
      if (budget.exceeded() === null) budget.spend(stepsPerError);
      throw error;
    }
  };
}

function meterSum(node: CheckedNode, budget: Budget): void {
  const { handle } = node;
  node.handle = (left, right, ...rest) => {
    if (typeof left === 'string' || typeof left === 'object') budget.spend(weightOf(left) + weightOf(right));
    return handle(left, right, ...rest);
  };
}

function meterComparison(node: CheckedNode, budget: Budget): void {
  const [left, right] = node.args as readonly [CheckedNode, CheckedNode];
  const isEquality = node.op === '==' || node.op === '!=';
  const isShort = [left, right].some(({ op, args }) => op === 'value' && typeof args !== 'bigint');
  // The usual case, `row.kind == "bill"`, takes the same time for every row.
  if (isEquality && isShort) return;
  const { handle } = node;
  node.handle = (one, other, ...rest) => {
    if (node.op === 'in') budget.spend(sizeOf(other) * (1 + deepWeightOf(one, budget)));
    else if (typeof one === 'string' || typeof one === 'object') {
      budget.spend(Math.min(deepWeightOf(one, budget), deepWeightOf(other, budget)));
    } else if (isEquality && isBooleanWithNumber(one, other)) {
      refuse(`${nodeText(node)}: true or false is never equal to a number; compare with true or false`);
    }
    return handle(one, other, ...rest);
  };
}

function isBooleanWithNumber(one: unknown, other: unknown): boolean {
  return typeof one === 'boolean' ? isNumber(other) : typeof other === 'boolean' && isNumber(one);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** Functions that look for one text in another. */
const searches: ReadonlySet<string> = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);
/** Functions that may cost too much though they are called once. */
const alwaysMetered: ReadonlySet<string> = new Set([...searches, 'join', 'duration', 'json']);
const stepsOfZoneClock = 500;
const durationCharactersMax = 100;

function meterCall(node: CheckedNode, budget: Budget, isRepeated: boolean): void {
  const name = calledIn(node);
  const { handle } = node;
  if (!isRepeated && !alwaysMetered.has(name)) {
    node.handle = (...given) => {
      const result = handle(...given);
      if (isLarge(result)) budget.spend(weightOf(result));
      return result;
    };
    return;
  }
  node.handle = (values, ...rest) => {
    const list = values as readonly unknown[];
    budget.spend(1 + costOf(name, list));
    // The library's pattern for spans backtracks.
    if (name === 'duration' && typeof list[0] === 'string' && list[0].length > durationCharactersMax) {
      refuse(`${nodeText(node)}: the span of time is longer than ${durationCharactersMax} characters`);
    }
    const result = handle(values, ...rest);
    if (name === 'json') deepWeightOf(result, budget);
    else budget.spend(weightOf(result));
    return result;
  };
}

function costOf(name: string, values: readonly unknown[]): number {
  const [first, second] = values;
  if (first instanceof Date && second !== undefined) return stepsOfZoneClock;
  if (searches.has(name)) return (1 + weightOf(first)) * (1 + weightOf(second));
  if (name === 'join') return joinedWeight(first, second);
  let weight = 0;
  for (const value of values) weight += weightOf(value);
  return weight;
}

function giveRe2(node: CheckedNode, budget: Budget): void {
  const compiled = compileRe2(patternOf(node) ?? '');
  // findUnfit has found what does not compile.
  if (typeof compiled === 'string') return;
  node.handle = values => {
    const [text] = values as readonly unknown[];
    if (typeof text !== 'string') return refuse(`${nodeText(node)}: matches takes text, but is given ${kindOf(text)}`);
    budget.spend(compiled.stepsFor(text));
    return compiled.test(text);
  };
}

/** Items of a list, members of a map; 0 of anything else. */
function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** Steps to compare a value with all that it holds. They are counted while it is walked, for a list may hold one list many times. */
function deepWeightOf(value: unknown, budget: Budget, depth = 0): number {
  if (typeof value !== 'object' || value === null || value instanceof Date) return weightOf(value);
  if (value instanceof Uint8Array) return weightOf(value);
  if (depth === depthMax) throw new Refusal(tooDeep);
  let weight = 1;
  for (const member of membersOf(value)) {
    budget.spend(1);
    weight += 1 + deepWeightOf(member, budget, depth + 1);
  }
  return weight;
}

function membersOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  return value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
}
