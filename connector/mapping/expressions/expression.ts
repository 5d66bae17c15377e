import { TypeError as CelTypeError, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { didYouMean } from '../../kernel/did-you-mean.ts';
import type { ColumnKind } from '../../kernel/row-change.ts';
import { Budget } from '../bounds/budget.ts';
import type { MappingLimits } from '../bounds/limits.ts';
import { addHelper, signatureOf } from '../helpers/helper.ts';
import { timestamp } from '../helpers/params.ts';
import { helpers } from '../helpers/table.ts';
import { checkedNode } from './checked-node.ts';
import { type ColumnsUsed, columnsIn } from './columns.ts';
import { meter } from './metered.ts';
import type { Place } from './places.ts';
import type { Source } from './scope.ts';
import { findUnfit } from './unfit.ts';

/** What expressions are compiled in: the names that they may use, and the budget in which they count what they do. */
export interface ExpressionEnvironment {
  readonly cel: Environment;
  readonly budget: Budget;
}

/**
 * An environment with the helpers, and the variables `row` and `op`. With `columns` the row has these and no others, each of its
 * type or null; without, it may have any.
 */
export function openEnvironment(
  limits?: MappingLimits,
  columns?: ReadonlyMap<string, ColumnKind>,
): ExpressionEnvironment {
  const cel = new Environment({ homogeneousAggregateLiterals: false });
  const budget = new Budget(limits);
  for (const added of helpers) addHelper(cel, added, budget);
  cel
    .registerVariable('row', columns === undefined ? anyRow : { ...described, schema: schemaOf(columns) })
    .registerVariable('op', 'string', { description: 'create, update, delete, or read (a snapshot)' });
  return { cel, budget };
}

const described = { description: 'The row after the change; of a delete, before it' };
const anyRow = { ...described, type: 'map<string, dyn>' };

// What may also be null is dyn<T> to the CEL library. What is in lists and records is not told.
const celTypes: Readonly<Record<ColumnKind, string>> = {
  text: 'dyn<string>',
  integer: 'dyn<int>',
  float: 'dyn<double>',
  truth: 'dyn<bool>',
  moment: `dyn<${timestamp}>`,
  bytes: 'dyn<bytes>',
  any: 'dyn',
};

function schemaOf(columns: ReadonlyMap<string, ColumnKind>): Record<string, string> {
  return Object.fromEntries([...columns].map(([name, kind]) => [name, celTypes[kind]]));
}

/** An expression ready to run, or why it cannot. */
export type Compiled =
  | { readonly kind: 'compiled'; readonly source: Source; readonly columns: ColumnsUsed }
  | { readonly kind: 'problem'; readonly problem: string; readonly hint?: string };

/** Parses an expression and checks its types; `names` are the variables that it may use, for hints. */
export function compileExpression(
  { cel, budget }: ExpressionEnvironment,
  text: string,
  path: string,
  place: Place,
  names: readonly string[],
): Compiled {
  try {
    const parsed = cel.parse(text);
    const checked = parsed.check();
    if (!checked.valid) return explainCheck(checked.error, names);
    const type = rootType(checked.type ?? 'dyn');
    if (type !== 'dyn' && place.types.length > 0 && !place.types.includes(type)) {
      const found = type === timestamp ? 'a timestamp' : `'${type}'`;
      return { kind: 'problem', problem: `must be ${place.expects}, but is ${found}`, hint: place.hint };
    }
    const root = checkedNode(parsed.ast);
    const unfit = findUnfit(root);
    if (unfit !== null) return { ...unfit, kind: 'problem', problem: `${unfit.problem}${atCharacter(unfit.start)}` };
    meter(root, budget);
    // A word in a text counts too: then the expression is only evaluated more often than needed.
    const usesLanguage = /\blanguage\b/.test(text);
    const source: Source = { path, usesLanguage, evaluate: scope => parsed(scope) as unknown };
    return { kind: 'compiled', source, columns: columnsIn(parsed.ast) };
  } catch (error) {
    return explainCheck(error, names);
  }
}

// `dyn<int>` → int, `list<string>` → list
function rootType(type: string): string {
  const inner = /^dyn<(.+)>$/.exec(type)?.[1] ?? type;
  return inner.split('<')[0] ?? inner;
}

function explainCheck(error: unknown, names: readonly string[]): Compiled {
  const known = error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError;
  if (!known) return { kind: 'problem', problem: error instanceof Error ? error.message : String(error) };
  const hint = hintFor(error, names);
  return { kind: 'problem', problem: summaryOf(error), ...(hint === undefined ? {} : { hint }) };
}

function summaryOf(error: ParseError | CelTypeError | EvaluationError): string {
  return `${error.summary}${error.range === undefined ? '' : atCharacter(error.range.start)}`;
}

const atCharacter = (index: number) => ` (at character ${index + 1})`;

function hintFor(error: ParseError | CelTypeError | EvaluationError, names: readonly string[]): string | undefined {
  const variable = /^Unknown variable: (.+)$/.exec(error.summary)?.[1];
  if (variable === 'language') return 'language is known under languages only';
  if (variable !== undefined) {
    return (
      didYouMean(variable, names) ??
      `variables are ${names.join(', ')}; a column is row.${variable}; text stands in quotes: "'${variable}'"`
    );
  }
  const called = /^found no matching overload for '(\w+)\(/.exec(error.summary)?.[1];
  if (called === undefined) return undefined;
  const own = helpers.find(helper => helper.name === called);
  return own === undefined
    ? didYouMean(
        called,
        helpers.map(helper => helper.name),
      )
    : `it is called so: ${signatureOf(own)}`;
}
