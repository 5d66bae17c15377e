import type avro from 'avsc';
import { columnKindsOf } from './avro/column-kind.ts';
import { schemaIdOf } from './avro/wire-format.ts';
import { Fault } from './kernel/fault.ts';
import type { SourceRecord } from './kernel/record.ts';
import { type ColumnProblem, checkTable } from './mapping/check-table.ts';
import type { MappingDocument, MappingOptions } from './mapping/mapping.ts';
import { mappingProblemLine } from './mapping-of.ts';
import type { SchemaLookup } from './registry/registry.ts';
import type { SubjectReader } from './registry/subjects.ts';
import { rowTypeOf, subjectOf, tableNameIn } from './source/table-schema.ts';

/** What checking columns works with. */
export interface ColumnCheckParts {
  readonly mapping: MappingOptions & { readonly documents: readonly MappingDocument[] };
  readonly schemas: SchemaLookup;
  readonly subjects: Pick<SubjectReader, 'latest'>;
  /** A mapping and its table do not go together: once for each table and schema. */
  readonly onMisfit: (fault: Fault) => void;
}

/** Compares tables, as the schemas of their topics have them, with the columns that the mapping uses. */
export interface ColumnCheck {
  /**
   * The latest schema of each topic; those that are not registered yet are left to {@link everyRowFails}. `onMissing` is told of
   * those whose table lacks a column. Waits for the registry; rejects only when the signal is aborted, with its reason.
   */
  atStart(
    topics: readonly string[],
    signal: AbortSignal,
    onMissing: (topic: string, fault: Fault) => void,
  ): Promise<void>;
  /** Of a record whose row could not be mapped: does its table lack a column that the mapping uses? */
  everyRowFails(record: SourceRecord, table: string): boolean;
}

/** Opens the check. It costs nothing for records that can be mapped. */
export function openColumnCheck({ mapping, schemas, subjects, onMisfit }: ColumnCheckParts): ColumnCheck {
  const { documents, ...options } = mapping;
  const checked = new WeakMap<avro.Type, Map<string, Fault | null>>();

  /** What is missing, or null; that types do not go together is told, but rows may be mapped all the same. */
  function missingIn(type: avro.Type, topic: string, table: string): Fault | null {
    const ofType = checked.get(type) ?? new Map<string, Fault | null>();
    checked.set(type, ofType);
    const known = ofType.get(table);
    if (known !== undefined) return known;
    const row = rowTypeOf(type);
    const problems = row === null ? [] : checkTable(documents, options, table, columnKindsOf(row)).problems;
    const told = problems.filter(({ kind }) => kind !== 'guarded');
    if (told.length > 0) onMisfit(faultOf(topic, told));
    const missing = told.filter(({ kind }) => kind === 'missing');
    const fault = missing.length > 0 ? faultOf(topic, missing) : null;
    ofType.set(table, fault);
    return fault;
  }

  return {
    async atStart(topics, signal, onMissing) {
      for (const topic of topics) {
        const latest = await subjects.latest(subjectOf(topic), signal);
        if (latest.kind !== 'found') continue;
        const resolved = await schemas.resolve(latest.id, signal);
        if (resolved.kind === 'refused') continue;
        const missing = missingIn(resolved.type, topic, tableNameIn(topic));
        if (missing !== null) onMissing(topic, missing);
      }
    },
    everyRowFails({ topic, value }, table) {
      const id = value && schemaIdOf(value);
      const schema = id === null ? undefined : schemas.typeOf(id);
      return schema?.kind === 'type' && missingIn(schema.type, topic, table) !== null;
    },
  };
}

function faultOf(topic: string, problems: readonly ColumnProblem[]): Fault {
  return new Fault('MAPPING_FITS_NOTHING', { detail: `${topic}: ${problems.map(mappingProblemLine).join('; ')}` });
}
