import avro from 'avsc';

/** Do the values of a type take no bytes? Their number is then not bounded by the bytes that there are. */
export function takesNoBytes(type: avro.Type): boolean {
  return isEmpty(type, new Map());
}

/** How many fields of a record's type take no bytes. */
export function emptyFields(type: avro.types.RecordType): number {
  const known = new Map<avro.Type, boolean>();
  return type.fields.filter(field => isEmpty(field.type, known)).length;
}

function isEmpty(type: avro.Type, known: Map<avro.Type, boolean>): boolean {
  if (type instanceof avro.types.FixedType) return type.size === 0;
  if (!(type instanceof avro.types.RecordType)) return type.typeName === 'null';
  const before = known.get(type);
  if (before !== undefined) return before;
  // A record that contains itself without a union or list has no values at all.
  known.set(type, false);
  const empty = type.fields.every(field => isEmpty(field.type, known));
  known.set(type, empty);
  return empty;
}
