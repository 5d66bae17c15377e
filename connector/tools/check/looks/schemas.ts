import avro from 'avsc';
import { fieldNamesOf } from '../../../avro/annotated-type.ts';
import { columnKindsOf } from '../../../avro/column-kind.ts';
import type { ColumnKind } from '../../../kernel/row-change.ts';
import { type ColumnProblem, checkTable, type TableFit } from '../../../mapping/check-table.ts';
import type { SchemaLookup } from '../../../registry/registry.ts';
import type { SubjectReader } from '../../../registry/subjects.ts';
import type { Settings } from '../../../settings/settings.ts';
import { rowTypeOf, subjectOf, tableNameIn } from '../../../source/table-schema.ts';
import { type Found, failed, type Looked, skipped, warning, well } from '../finding.ts';
import type { SeenTopic } from './rows.ts';

/** Whether the registry answers as one. */
export async function lookAtRegistry(
  subjects: Pick<SubjectReader, 'latest'>,
  url: string,
  topic: string,
  signal: AbortSignal,
): Promise<Looked<true>> {
  const [id, title] = ['registry', 'the registry answers'] as const;
  const latest = await subjects.latest(subjectOf(topic), signal);
  if (latest.kind !== 'silent') return { found: [well(id, title, url)], value: true };
  const remedy = 'check registry.url (with its path, e.g. /apis/ccompat/v7 of Apicurio) and its credentials';
  return { found: [failed(id, title, latest.problem, remedy)], value: null };
}

/** A table as the schema of its topic has it. */
export interface SeenTable {
  readonly topic: string;
  /** `schema.table` or `database.table`. */
  readonly table: string;
  readonly columns: ReadonlyMap<string, ColumnKind>;
  /** Columns that may be null, have a DEFAULT, and were null in none of the rows that were read. */
  readonly neverNull: readonly string[];
}

/** The table in the schema of a topic's newest record, else of its subject's latest version. */
export async function lookAtSchema(
  topic: string,
  { subjects, schemas }: { readonly subjects: Pick<SubjectReader, 'latest'>; readonly schemas: SchemaLookup },
  rows: SeenTopic | null,
  signal: AbortSignal,
): Promise<Looked<SeenTable>> {
  const [id, title] = ['schema', 'the schema of the rows'] as const;
  const latest = await subjects.latest(subjectOf(topic), signal);
  const schemaId = rows?.schemaId ?? (latest.kind === 'found' ? latest.id : null);
  if (schemaId === null) {
    const detail = `${topic}: no schema yet: no record, and the registry has no subject ${subjectOf(topic)}`;
    return { found: [skipped(id, title, detail)], value: null };
  }
  const resolved = await schemas.resolve(schemaId, signal);
  if (resolved.kind === 'refused') {
    return { found: [failed(id, title, `${topic}: ${resolved.fault.detail}`, resolved.fault.remedy)], value: null };
  }
  const row = rowTypeOf(resolved.type);
  if (row === null) {
    const detail = `${topic}: schema ${schemaId} is no Debezium envelope (op, before, after, source)`;
    const remedy = 'set value.converter to Avro, and remove the transform ExtractNewRecordState';
    return { found: [failed(id, title, detail, remedy)], value: null };
  }
  const columns = columnKindsOf(row);
  const table = rows?.changes[0]?.change.table ?? tableNameIn(topic);
  const version = latest.kind === 'found' && latest.id === schemaId ? ` (version ${latest.version}, the latest)` : '';
  const detail = `${topic}: ${table} with ${columns.size} columns, schema id ${schemaId}${version}`;
  const neverNull = nullableWithDefault(row).filter(
    name => !(rows?.changes ?? []).some(({ change }) => change.after?.[name] === null),
  );
  return { found: [well(id, title, detail)], value: { topic, table, columns, neverNull } };
}

/**
 * Converters write a column that may be null as a union. The first branch is that of the field's default (Avro specification,
 * "Complex Types"): where it is not null, the column has a DEFAULT.
 */
function nullableWithDefault(row: avro.types.RecordType): readonly string[] {
  const names = fieldNamesOf(row);
  return row.fields.flatMap(({ type }, at) => {
    const isUnion = type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType;
    const [first, ...others] = isUnion ? type.types.map(({ typeName }) => typeName) : [];
    return first !== undefined && first !== 'null' && others.includes('null') ? [names[at] ?? ''] : [];
  });
}

const titles = {
  missing: 'columns of the mapping are there',
  guarded: 'columns of the mapping are there',
  type: 'columns have the right types',
} as const;

/** Whether the table has the columns that its mappings use, in types that their expressions take. */
export function lookAtColumns(
  { topic, table, columns, neverNull }: SeenTable,
  mapping: Settings['mapping'],
): Looked<TableFit> {
  const { documents, ...options } = mapping;
  const fit = checkTable(documents, options, table, columns);
  if (fit.mappings.length === 0) {
    const root = documents.flatMap(tablesOf).find(name => table.startsWith(`${name}_`));
    const remedy =
      root === undefined
        ? `write a mapping with table: ${table}, or take ${topic} out of kafka.topics`
        : `is it a partition of ${root}? Set publish.via.partition.root=true in the Debezium connector, so that it comes as ${root}; or name it too in the mapping's table`;
    const detail = `${topic}: no mapping is for the table ${table}: its changes are skipped`;
    return { found: [failed('schema.mapped', 'the table has a mapping', detail, remedy)], value: fit };
  }
  const ids = { missing: 'schema.columns', guarded: 'schema.columns', type: 'schema.types' } as const;
  const without = (id: string) => !fit.problems.some(({ kind }) => ids[kind] === id);
  const inMappings = `${table}: ${fit.columns.size} columns, used by ${fit.mappings.length} mapping${fit.mappings.length === 1 ? '' : 's'}`;
  const found = fit.problems.map(problem => columnFinding(ids[problem.kind], problem));
  if (without('schema.columns')) found.unshift(well('schema.columns', titles.missing, inMappings));
  if (without('schema.types')) found.push(well('schema.types', titles.type, inMappings));
  found.push(
    ...nullFinding(
      topic,
      neverNull.filter(name => fit.columns.has(name)),
    ),
  );
  return { found, value: fit };
}

/** The tables that a mapping names. */
function tablesOf({ content }: Settings['mapping']['documents'][number]): readonly string[] {
  const { table }: { readonly table?: unknown } = Object(content);
  return [table].flat().filter(name => typeof name === 'string');
}

/** Whether null comes as null: where a column was null in a row, the converter is set to leave it. */
function nullFinding(topic: string, columns: readonly string[]): readonly Found[] {
  if (columns.length === 0) return [];
  const detail = `${topic}: ${columns.join(', ')} may be null and ${columns.length === 1 ? 'has' : 'have'} a DEFAULT: unless it is told otherwise, the converter writes the DEFAULT in place of null`;
  const remedy =
    "value.converter.ignore.default.for.nullables=true with Confluent's converter; Apicurio's cannot: drop the DEFAULT in the database, or use Confluent's (docs/connect-postgresql.md)";
  return [warning('schema.defaults', 'null stays null', detail, remedy)];
}

function columnFinding(id: string, { kind, file, path, problem, hint }: ColumnProblem): Found {
  const detail = `${file}: ${path}: ${problem}`;
  if (kind === 'guarded') return warning(id, titles[kind], detail, hint ?? 'the expression copes; is it a slip?');
  const mend = kind === 'missing' ? 'correct the expression, or add the column to the table' : 'correct the expression';
  return failed(id, titles[kind], detail, hint ?? mend);
}
