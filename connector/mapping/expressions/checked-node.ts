import type { ASTNode } from '@marcbachmann/cel-js';

/** A node's operation on values. */
export type Handle = (first: unknown, second: unknown, third: unknown, fourth: unknown) => unknown;
/** A node's evaluation. */
export type Evaluate = (runner: unknown, node: unknown, context: unknown) => unknown;

// The parts of the CEL library's checked nodes that are used here; its own types show only what its parser gives.
// `handle` takes (left, right, node, runner) of operators, (items, …) of comprehensions, (values, …) of calls: values come first.
/** A node after its types are checked. */
export interface CheckedNode {
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

/** A type of the CEL library. */
export interface CheckedType {
  readonly kind: string;
  readonly unwrappedType: CheckedType;
  readonly name: string;
  readonly valueType?: CheckedType;
}

/** The arguments of a comprehension. */
export interface Comprehension {
  readonly iterable: CheckedNode;
  readonly init: CheckedNode;
  readonly step: CheckedNode;
}

/** A checked expression's root. */
export function checkedNode(ast: ASTNode): CheckedNode {
  return ast as unknown as CheckedNode;
}

/** What a node stands for: a macro of the library stands for other nodes. */
export function meantBy(node: CheckedNode): CheckedNode {
  return node.meta.alternate ?? node;
}

/** What a comprehension does for each item; null of other nodes. */
export function stepOf({ op, args }: CheckedNode): CheckedNode | null {
  return op === 'comprehension' ? (args as Comprehension).step : null;
}

/** The function that a call names. */
export function calledIn({ args }: CheckedNode): string {
  return (args as readonly [string])[0];
}

/** Nodes of an expression. */
export function countNodes(checked: CheckedNode): number {
  return partsOf(meantBy(checked).args).reduce((count, part) => count + countNodes(part), 1);
}

/** The nodes among a node's arguments, and in lists of them; of a comprehension its parts. */
export function partsOf(args: unknown): readonly CheckedNode[] {
  if (Array.isArray(args)) return args.flatMap(partsOf);
  if (isNode(args)) return [args];
  if (typeof args !== 'object' || args === null || !('iterable' in args)) return [];
  const { iterable, init, step } = args as Comprehension;
  return [iterable, init, step];
}

function isNode(value: unknown): value is CheckedNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
