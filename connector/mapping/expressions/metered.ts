import type { ASTNode } from '@marcbachmann/cel-js';
import { type Budget, depthMax, joinedWeight, stepsPerError, tooDeep, weightOf } from '../budget.ts';
import { compileRe2 } from '../linear-pattern.ts';
import { kindOf, nodeText, Refusal, refuse } from './refusal.ts';

/** Something of an expression that compiles as CEL, but may not stand in a mapping. */
export interface ExpressionProblem {
  readonly problem: string;
  readonly hint?: string;
  /** Where it stands: the index of its first character. */
  readonly start: number;
}

type Handle = (first: unknown, second: unknown, third: unknown, fourth: unknown) => unknown;
type Evaluate = (runner: unknown, node: unknown, context: unknown) => unknown;

// The parts of the CEL library's checked nodes that are used here; its own types show only what its parser gives.
// `handle` takes (left, right, node, runner) of operators, (items, …) of comprehensions, (values, …) of calls: values come first.
interface CheckedNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
  readonly input: string;
  readonly checkedType?: CheckedType;
  readonly meta: { readonly alternate?: CheckedNode; readonly macro?: Evaluated } & Evaluated;
  handle: Handle;
}

// What the library takes at the first evaluation of a node, unless it is replaced before.
interface Evaluated {
  evaluate: Evaluate;
  /** Of a macro: it stands in a comprehension. */
  isRepeated?: boolean;
}

interface CheckedType {
  readonly kind: string;
  readonly unwrappedType: CheckedType;
  readonly name: string;
  readonly valueType?: CheckedType;
}

interface Comprehension {
  readonly iterable: CheckedNode;
  readonly init: CheckedNode;
  readonly step: CheckedNode;
}

/**
 * Makes a checked expression count what it does in a budget, before it does it: items of comprehensions, characters and items that
 * operators and functions go through, errors that are survived. What runs once for a change and does not grow what it is given is not
 * counted. `matches` gets RE2's engine. Returns what may not stand in a mapping.
 */
export function meter(ast: ASTNode, budget: Budget): ExpressionProblem | null {
  try {
    meterNode(ast as unknown as CheckedNode, budget, false);
    return null;
  } catch (error) {
    if (error instanceof Unfit) return error.found;
    throw error;
  }
}

class Unfit extends Error {
  readonly found: ExpressionProblem;

  constructor(node: CheckedNode, problem: string, hint?: string) {
    super(problem);
    this.found = { problem, start: node.start, ...(hint !== undefined && { hint }) };
  }
}

function meterNode(checked: CheckedNode, budget: Budget, isRepeated: boolean): void {
  // A macro of the library stands for other nodes.
  const node = checked.meta.alternate ?? checked;
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
  else if ((op === 'call' || op === 'rcall') && typeof node.handle === 'function') meterCall(node, budget);
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', 'in', '<', '<=', '>', '>=']);

function calledIn({ args }: CheckedNode): string {
  return (args as readonly [string])[0];
}

function stepOf({ op, args }: CheckedNode): CheckedNode | null {
  return op === 'comprehension' ? (args as Comprehension).step : null;
}

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
  const { meta } = checked.meta.alternate ?? checked;
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
  if (isEquality || node.op === 'in') refuseNeverEqual(node, left, right);
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

// By CEL's types: values of two kinds are never equal.
const kindsOfTypes: Readonly<Record<string, string>> = {
  bool: 'true or false',
  int: 'a number',
  uint: 'a number',
  double: 'a number',
  string: 'text',
  bytes: 'bytes',
  'google.protobuf.Timestamp': 'a timestamp',
};

function refuseNeverEqual(node: CheckedNode, left: CheckedNode, right: CheckedNode): void {
  const kind = kindOfType(left.checkedType);
  const type = right.checkedType?.unwrappedType;
  const otherKind = kindOfType(node.op === 'in' ? (type?.kind === 'list' ? type.valueType : undefined) : type);
  if (kind === undefined || otherKind === undefined || kind === otherKind) return;
  const text = `${nodeText(node)}: ${kind} is never equal to ${otherKind}`;
  const isBoolean = kind === kindsOfTypes.bool || otherKind === kindsOfTypes.bool;
  throw new Unfit(node, text, isBoolean ? 'compare with true or false' : 'convert one of the two');
}

function kindOfType(type: CheckedType | undefined): string | undefined {
  return type === undefined ? undefined : kindsOfTypes[type.unwrappedType.name];
}

/** Functions that look for one text in another. */
const searches: ReadonlySet<string> = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);
const stepsOfZoneClock = 500;
const durationCharactersMax = 100;

function meterCall(node: CheckedNode, budget: Budget): void {
  const name = calledIn(node);
  const { handle } = node;
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
  const [, , [pattern]] = node.args as readonly [string, CheckedNode, readonly CheckedNode[]];
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw new Unfit(pattern ?? node, 'the pattern of matches must be a text, not an expression', 'write it in quotes');
  }
  const compiled = compileRe2(pattern.args);
  if (typeof compiled === 'string') {
    throw new Unfit(
      pattern,
      `the pattern of matches is not one of RE2: ${compiled}`,
      'see github.com/google/re2/wiki/Syntax',
    );
  }
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

function countNodes(checked: CheckedNode): number {
  const node = checked.meta.alternate ?? checked;
  return partsOf(node.args).reduce((count, part) => count + countNodes(part), 1);
}

/** The nodes among a node's arguments, and in lists of them; of a comprehension its parts. */
function partsOf(args: unknown): readonly CheckedNode[] {
  if (Array.isArray(args)) return args.flatMap(partsOf);
  if (isNode(args)) return [args];
  if (typeof args !== 'object' || args === null || !('iterable' in args)) return [];
  const { iterable, init, step } = args as Comprehension;
  return [iterable, init, step];
}

function isNode(value: unknown): value is CheckedNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
