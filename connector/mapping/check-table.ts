import { didYouMean } from '../kernel/did-you-mean.ts';
import type { ColumnKind } from '../kernel/row-change.ts';
import { compileDocuments } from './compile.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { openEnvironment } from './expressions/expression.ts';
import type { MappingDocument, MappingOptions, MappingProblem } from './mapping.ts';

/** What a table has for its mappings. */
export interface TableFit {
  /** The mappings of the table, in their order. */
  readonly mappings: readonly MappingOfTable[];
  /** The columns that their expressions use. */
  readonly columns: ReadonlySet<string>;
  readonly problems: readonly ColumnProblem[];
}

/** A mapping of the table. */
export interface MappingOfTable {
  readonly file: string;
  readonly template: string;
  /** A deleted row ends its card: the row before it is needed. */
  readonly endsOnDelete: boolean;
}

/** An expression and a column that do not go together. */
export interface ColumnProblem extends MappingProblem {
  /** `missing`: there is no such column. `guarded`: nor is there, but the expression copes. `type`: the expression cannot take its values. */
  readonly kind: 'missing' | 'guarded' | 'type';
}

/** Whether a table has the columns that its mappings use, and of types that their expressions can take. Of mappings that compile. */
export function checkTable(
  documents: readonly MappingDocument[],
  options: MappingOptions,
  table: string,
  columns: ReadonlyMap<string, ColumnKind>,
): TableFit {
  const mappings = compileDocuments(documents, options, openEnvironment(), []).filter(({ tables }) =>
    tables.includes(table),
  );
  const files = new Set(mappings.map(({ file }) => file));
  const absent = mappings.flatMap(mapping => absentIn(mapping, columns));
  // Of a column that is not there nothing more is to be said.
  const typed = openEnvironment(
    undefined,
    new Map([...absent.map(({ column }) => [column, 'any'] as const), ...columns]),
  );
  const found: MappingProblem[] = [];
  compileDocuments(
    documents.filter(({ file }) => files.has(file)),
    options,
    typed,
    found,
  );
  return {
    mappings: mappings.map(({ file, template, onDelete }) => ({
      file,
      template: template.code,
      endsOnDelete: onDelete !== null,
    })),
    columns: new Set(
      mappings.flatMap(({ columns: used }) => [...used.values()].flatMap(one => [...one.columns.keys()])),
    ),
    problems: [
      ...absent.map(({ column: _, ...problem }) => problem),
      ...found.filter(problem => !takesMap(mappings, problem)).map(problem => ({ ...problem, kind: 'type' as const })),
    ],
  };
}

function absentIn(mapping: CompiledMapping, columns: ReadonlyMap<string, ColumnKind>) {
  return [...mapping.columns].flatMap(([path, used]) =>
    [...used.columns].flatMap(([column, { guarded }]): readonly (ColumnProblem & { readonly column: string })[] => {
      if (columns.has(column)) return [];
      const hint = didYouMean(column, columns.keys());
      const problem = `the table has no column "${column}"`;
      const kind = guarded ? 'guarded' : 'missing';
      return [{ file: mapping.file, path, problem, ...(hint !== undefined && { hint }), kind, column }];
    }),
  );
}

/** Such an expression takes the row for a map, which a row of given columns is not. */
function takesMap(mappings: readonly CompiledMapping[], { file, path }: MappingProblem): boolean {
  return mappings.some(mapping => mapping.file === file && mapping.columns.get(path)?.asMap === true);
}
