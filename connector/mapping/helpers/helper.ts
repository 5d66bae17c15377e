import type { ASTNode, Environment, TypeDeclaration } from '@marcbachmann/cel-js';
import { type Budget, BudgetExceeded, isLarge, stepsPerError, weightOf } from '../bounds/budget.ts';
import { isMissingMember, kindOf, nodeText, Refusal } from '../expressions/refusal.ts';

/** CEL's names of the types that helpers take and give. */
export type CelType = 'string' | 'int' | 'bool' | 'list' | 'list<string>' | 'map' | 'google.protobuf.Timestamp' | 'dyn';

/** One argument of a helper. */
export interface Param<T> {
  readonly name: string;
  /** Static types that may stand here; `dyn` always may. */
  readonly accepts: readonly CelType[];
  /** In words, e.g. `decimal text or a whole number`. */
  readonly expects: string;
  /** May be left out at the end of a call. */
  readonly optional?: boolean;
  /** The argument in its form, or undefined where it is none. Null never comes here. */
  read(value: unknown): T | undefined;
  /** Checks an argument that is a literal, at start; throws a {@link Refusal}. */
  verify?(literal: T): void;
}

/** What the documentation says of a helper. */
export interface HelperText {
  readonly name: string;
  readonly does: string;
  /** An expression, the row it is for, and what it gives; a test evaluates it. */
  readonly example: { readonly expression: string; readonly row: string; readonly gives: string };
}

/** A function for expressions. Given null for any argument it gives null, as SQL does. */
export interface Helper extends HelperText {
  readonly params: readonly Param<unknown>[];
  readonly returns: CelType;
  /** `function`: `run` is given all arguments. `first-present`: gives the first argument that is neither null nor missing. */
  readonly kind: 'function' | 'first-present';
  run(values: readonly unknown[], budget: Budget): unknown;
  /** Steps of one call in a comprehension, besides those of the characters and items that go in and out. Default 1. */
  readonly steps?: number;
}

type Values<P extends readonly Param<unknown>[]> = { [K in keyof P]: P[K] extends Param<infer T> ? T : never };

/** Declares a helper whose `run` is given its arguments in the forms of `params`. */
export function helper<const P extends readonly Param<unknown>[]>(
  text: HelperText,
  params: P,
  returns: CelType,
  run: (...values: Values<P>) => unknown,
): Helper {
  // `call` has read each value by its param, so they have the types that `run` asks for.
  return { ...text, params, returns, kind: 'function', run: values => run(...(values as Values<P>)) };
}

/** `name(first, second[, third])`. */
export function signatureOf(of: Helper): string {
  const names = of.params.map((param, index) => {
    const comma = index === 0 ? '' : ', ';
    return param.optional === true ? `[${comma}${param.name}]` : comma + param.name;
  });
  return `${of.name}(${names.join('')})`;
}

// The CEL library's own types are `any` here; these are the parts of its macro contract (README, "Custom macros") that are used.
interface Checker {
  check(node: ASTNode, context: unknown): TypeDeclaration;
  getType(name: string): TypeDeclaration;
  createError(code: string, text: string, node: ASTNode): Error;
}
interface Runner {
  run(node: ASTNode, context: unknown): unknown;
}
interface Macro {
  /** Set where the call stands in a comprehension (`expressions/metered.ts`). */
  readonly isRepeated?: boolean;
}

/**
 * Adds a helper to an environment, once for each number of arguments that it takes. As a macro, because then literal arguments are
 * checked at start, null passes through, and no overload is looked up at run time. Its type is `dyn<T>`: T or null.
 */
export function addHelper(environment: Environment, added: Helper, budget: Budget): void {
  const least = added.params.filter(param => param.optional !== true).length;
  for (let count = least; count <= added.params.length; count++) {
    const signature = `${added.name}(${Array(count).fill('ast').join(', ')}): dyn`;
    environment.registerFunction(signature, ({ ast, args }: { ast: ASTNode; args: readonly ASTNode[] }) => ({
      async: false,
      typeCheck: (checker: Checker, _macro: unknown, context: unknown) => checkCall(added, args, checker, context),
      evaluate:
        added.kind === 'function'
          ? (runner: Runner, { isRepeated }: Macro, context: unknown) =>
              call(added, ast, args, isRepeated === true, runner, context, budget)
          : (runner: Runner, _macro: unknown, context: unknown) => firstPresent(args, runner, context, budget),
    }));
  }
}

function checkCall(of: Helper, args: readonly ASTNode[], checker: Checker, context: unknown) {
  for (const [index, param] of of.params.entries()) {
    const node = args[index];
    if (node === undefined) break;
    const type = checker.check(node, context).unwrappedType;
    const fits = type.kind === 'dyn' || type.name === 'null' || param.accepts.some(name => name === type.type);
    if (!fits && !param.accepts.includes('dyn')) {
      const text = `${signatureOf(of)}: ${param.name} must be ${param.expects}, but is '${type.name}'`;
      throw checker.createError('helper_argument', text, node);
    }
    if (node.op === 'value' && node.args !== null) verifyLiteral(of, param, node, checker);
  }
  return checker.getType(of.returns === 'dyn' ? 'dyn' : `dyn<${of.returns}>`);
}

function verifyLiteral(of: Helper, param: Param<unknown>, node: ASTNode, checker: Checker): void {
  try {
    const literal = param.read(node.args);
    if (literal !== undefined) param.verify?.(literal);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw checker.createError('helper_argument', `${signatureOf(of)}: ${param.name}: ${error.message}`, node);
  }
}

function call(
  of: Helper,
  ast: ASTNode,
  args: readonly ASTNode[],
  isRepeated: boolean,
  runner: Runner,
  context: unknown,
  budget: Budget,
): unknown {
  const values: unknown[] = [];
  for (let index = 0; index < args.length; index++) {
    const node = args[index];
    const param = of.params[index];
    if (node === undefined || param === undefined) break;
    const value = runner.run(node, context);
    if (value === null) return null;
    const read = param.read(value);
    if (read === undefined) {
      throw new Refusal(`${nodeText(ast)}: ${param.name} must be ${param.expects}, but is ${kindOf(value)}`);
    }
    values.push(read);
  }
  try {
    if (isRepeated) budget.spend(values.reduce<number>((steps, value) => steps + weightOf(value), of.steps ?? 1));
    const result = of.run(values, budget);
    if (isRepeated || isLarge(result)) budget.spend(weightOf(result));
    return result;
  } catch (error) {
    throw error instanceof Refusal && !(error instanceof BudgetExceeded)
      ? new Refusal(`${nodeText(ast)}: ${error.message}`)
      : error;
  }
}

function firstPresent(args: readonly ASTNode[], runner: Runner, context: unknown, budget: Budget): unknown {
  for (const [index, node] of args.entries()) {
    try {
      const value = runner.run(node, context);
      if (value !== null) return value;
    } catch (error) {
      if (index === args.length - 1 || !isMissingMember(error)) throw error;
      budget.spend(stepsPerError);
    }
  }
  return null;
}
