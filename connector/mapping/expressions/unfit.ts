import { compileRe2 } from '../bounds/linear-pattern.ts';
import { type CheckedNode, type CheckedType, calledIn, meantBy, partsOf } from './checked-node.ts';
import { nodeText } from './refusal.ts';

/** Something of an expression that compiles as CEL, but may not stand in a mapping. */
export interface ExpressionProblem {
  readonly problem: string;
  readonly hint?: string;
  /** Where it stands: the index of its first character. */
  readonly start: number;
}

/**
 * Finds what compiles as CEL, but may not stand in a mapping: a comparison of types that are never equal, which would be false for every
 * row; and a pattern of `matches` that is no text of RE2, so that its cost could not be told. Null where there is nothing.
 */
export function findUnfit(node: CheckedNode): ExpressionProblem | null {
  try {
    checkNode(node);
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

function checkNode(checked: CheckedNode): void {
  const node = meantBy(checked);
  for (const part of partsOf(node.args)) checkNode(part);
  if (node.op === '==' || node.op === '!=' || node.op === 'in') checkEquality(node);
  if (node.op === 'rcall' && calledIn(node) === 'matches') checkPattern(node);
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

function checkEquality(node: CheckedNode): void {
  const [left, right] = node.args as readonly [CheckedNode, CheckedNode];
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

function checkPattern(node: CheckedNode): void {
  const pattern = patternOf(node);
  if (pattern === null) {
    throw new Unfit(node, 'the pattern of matches must be a text, not an expression', 'write it in quotes');
  }
  const compiled = compileRe2(pattern);
  if (typeof compiled !== 'string') return;
  const problem = `the pattern of matches is not one of RE2: ${compiled}`;
  throw new Unfit(node, problem, 'see github.com/google/re2/wiki/Syntax');
}

/** The pattern of a call of `matches`; null where it is no text. */
export function patternOf(node: CheckedNode): string | null {
  const [, , [pattern]] = node.args as readonly [string, CheckedNode, readonly CheckedNode[]];
  return pattern?.op === 'value' && typeof pattern.args === 'string' ? pattern.args : null;
}
