import { didYouMean } from '../kernel/did-you-mean.ts';
import { compileMapping } from './compile-mapping.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { type ExpressionEnvironment, openEnvironment } from './expressions/expression.ts';
import { mapChange } from './map-change.ts';
import type { Mapping, MappingDocument, MappingOptions, MappingProblem } from './mapping.ts';
import { readDocument } from './read-document.ts';
import { compileTemplate, type Template } from './template.ts';

/** Mappings ready to use, or all problems of all files. */
export type CompiledMappings =
  | { readonly kind: 'compiled'; readonly mapping: Mapping }
  | { readonly kind: 'problems'; readonly problems: readonly MappingProblem[] };

/**
 * Compiles mapping files (`schemas/json/mapping.schema.json`): their shape, every expression and its types, statuses and required members by
 * the template's schema. Of the mappings of one table the order of `documents` decides. Of two schemas for one template the last counts.
 */
export function compileMappings(documents: readonly MappingDocument[], options: MappingOptions): CompiledMappings {
  const problems: MappingProblem[] = [];
  if (documents.length === 0) {
    problems.push({
      file: '',
      path: '',
      problem: 'there is no mapping file',
      hint: 'see mapping.files in the settings',
    });
  }
  const environment = openEnvironment(options.limits);
  const compiled = compileDocuments(documents, options, environment, problems);
  const byTable = groupByTable(compiled, problems);
  if (problems.length > 0) return { kind: 'problems', problems };
  const mapping: Mapping = {
    mapChange: change =>
      mapChange(byTable.get(change.table) ?? [], change, options.languageBusinessInfo, environment.budget),
    earlierColumns: earlierColumnsOf(compiled),
    templates: [...new Set(compiled.map(one => one.template.code))],
  };
  return { kind: 'compiled', mapping };
}

/** A `let` may be part of the order number: its columns count too. Without an end status no card is ended. */
function earlierColumnsOf(mappings: readonly CompiledMapping[]): Mapping['earlierColumns'] {
  const ending = mappings.filter(({ onDelete }) => onDelete !== null);
  if (ending.length === 0) return null;
  const used = ending.flatMap(({ columns }) =>
    [...columns].filter(([path]) => path === 'merchantBizNo' || path.startsWith('let.')).map(([, one]) => one),
  );
  return used.some(({ asMap }) => asMap) ? 'all' : new Set(used.flatMap(({ columns }) => [...columns.keys()]));
}

/** Compiles each file on its own, with the variables of `root`; adds what is wrong to `problems`. */
export function compileDocuments(
  documents: readonly MappingDocument[],
  options: MappingOptions,
  root: ExpressionEnvironment,
  problems: MappingProblem[],
): readonly CompiledMapping[] {
  const templates = templateShelf(options, problems);
  return documents.flatMap(document => {
    const read = readDocument(document);
    if (read.kind === 'problems') {
      problems.push(...read.problems);
      return [];
    }
    const template = templates(read.mapping.template, document.file);
    if (template === null) return [];
    const mapping = compileMapping(document.file, read.mapping, template, root, problems);
    return mapping === null ? [] : [mapping];
  });
}

// Each template is compiled once, and only where a mapping names it.
function templateShelf(options: MappingOptions, problems: MappingProblem[]) {
  const schemas = new Map(options.templates.map(template => [template.template, template]));
  const compiled = new Map<string, Template | null>();
  return (code: string, file: string): Template | null => {
    const known = compiled.get(code);
    if (known !== undefined) return known;
    const schema = schemas.get(code);
    if (schema === undefined) {
      const near = didYouMean(code, schemas.keys());
      const hint = near ?? `write its JSON Schema as ${code}.schema.json and name it in mapping.templateFiles`;
      problems.push({ file, path: 'template', problem: 'there is no schema of this template', hint });
      return null;
    }
    const template = compileTemplate(schema);
    if (typeof template === 'string') problems.push({ file: schema.file, path: '', problem: template });
    compiled.set(code, typeof template === 'string' ? null : template);
    return compiled.get(code) ?? null;
  };
}

function groupByTable(compiled: readonly CompiledMapping[], problems: MappingProblem[]) {
  const byTable = new Map<string, CompiledMapping[]>();
  for (const mapping of compiled) {
    for (const table of mapping.tables) {
      const others = byTable.get(table) ?? [];
      const taker = others.find(other => other.when === null);
      if (taker !== undefined) {
        const problem = `is never asked for ${table}: ${taker.file} takes all its rows`;
        problems.push({ file: mapping.file, path: 'table', problem, hint: `give ${taker.file} a when` });
      }
      byTable.set(table, [...others, mapping]);
    }
  }
  return byTable;
}
