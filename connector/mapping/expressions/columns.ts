import type { ASTNode } from '@marcbachmann/cel-js';

/** The columns that an expression uses. */
export interface ColumnsUsed {
  /** By name: whether the expression copes with a row that has no such column. */
  readonly columns: ReadonlyMap<string, { readonly guarded: boolean }>;
  /** It takes the row for a map, not only a column of it. */
  readonly asMap: boolean;
}

/** Reads the columns off an expression: `row.name` and `row["name"]`; `has`, `default` and `"name" in row` guard one. */
export function columnsIn(ast: ASTNode): ColumnsUsed {
  const needed = new Set<string>();
  const guarded = new Set<string>();
  let asMap = false;
  walk(ast, false);
  const columns = new Map([...needed, ...guarded].map(name => [name, { guarded: guarded.has(name) }] as const));
  return { columns, asMap };

  function walk(node: ASTNode, isGuarded: boolean): void {
    const column = columnOf(node);
    if (column !== null) {
      (isGuarded ? guarded : needed).add(column);
      return;
    }
    if (isRow(node)) asMap = true;
    if (node.op === 'in' && isRow(node.args[1]) && isText(node.args[0])) guarded.add(String(node.args[0].args));
    if (node.op === 'call' && node.args[0] === 'has') for (const part of node.args[1]) walk(part, true);
    else if (node.op === 'call' && node.args[0] === 'default') {
      // Only what comes last must be there.
      for (const [index, part] of node.args[1].entries()) walk(part, isGuarded || index < node.args[1].length - 1);
    } else for (const part of partsOf(node.args)) walk(part, isGuarded);
  }
}

function columnOf(node: ASTNode): string | null {
  if (node.op === '.' && isRow(node.args[0])) return node.args[1];
  return node.op === '[]' && isRow(node.args[0]) && isText(node.args[1]) ? String(node.args[1].args) : null;
}

function isRow(node: ASTNode): boolean {
  return node.op === 'id' && node.args === 'row';
}

function isText(node: ASTNode): boolean {
  return node.op === 'value' && typeof node.args === 'string';
}

/** The nodes among a node's arguments, and in its lists of them. */
function partsOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(partsOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
