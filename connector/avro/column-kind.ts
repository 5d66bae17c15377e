import avro from 'avsc';
import type { ColumnKind, RowValue } from '../kernel/row-change.ts';
import { annotationOf, fieldNamesOf } from './annotated-type.ts';
import { conversionIn, ofBytes, ofInt, ofLong, ofRecord, ofText } from './logical-types.ts';

/** What a reader of a record's type makes of each of its fields. */
export function columnKindsOf(type: avro.types.RecordType): ReadonlyMap<string, ColumnKind> {
  const names = fieldNamesOf(type);
  return new Map(type.fields.map((field, at) => [names[at] ?? '', columnKindOf(field.type)]));
}

/** What a reader makes of the values of a type; a union with null is its other branch. */
function columnKindOf(type: avro.Type): ColumnKind {
  if (type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType) {
    const [only, ...others] = type.types.filter(({ typeName }) => typeName !== 'null');
    return only === undefined || others.length > 0 ? 'any' : columnKindOf(only);
  }
  const annotation = annotationOf(type);
  // What the conversions make is seen in what they make of one value.
  if (type instanceof avro.types.RecordType) {
    return kindIn(conversionIn(ofRecord, annotation)?.({ scale: 0n, value: Buffer.alloc(1) }), 'any');
  }
  switch (type.typeName) {
    case 'boolean':
      return 'truth';
    case 'int':
      return kindIn(conversionIn(ofInt, annotation)?.(0), 'integer');
    case 'long':
      return kindIn(conversionIn(ofLong, annotation)?.(0n), 'integer');
    case 'float':
    case 'double':
      return 'float';
    case 'string':
      return kindIn(conversionIn(ofText, annotation)?.('2026-01-01T00:00:00Z'), 'text');
    case 'enum':
      return 'text';
    case 'bytes':
    case 'fixed':
      return kindIn(conversionIn(ofBytes, annotation)?.(Buffer.alloc(16)), 'bytes');
    default:
      return 'any';
  }
}

function kindIn(made: RowValue | undefined, otherwise: ColumnKind): ColumnKind {
  if (typeof made === 'string') return 'text';
  return made instanceof Date ? 'moment' : otherwise;
}
