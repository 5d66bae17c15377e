import avro from 'avsc';

/** By type, so that each record's fields are asked once, however many types contain it. */
const known = new WeakMap<avro.Type, boolean>();

/** Do the values of a type take no bytes? Their number is then not bounded by the bytes that there are. */
export function takesNoBytes(type: avro.Type): boolean {
  if (type instanceof avro.types.FixedType) return type.size === 0;
  if (!(type instanceof avro.types.RecordType)) return type.typeName === 'null';
  const before = known.get(type);
  if (before !== undefined) return before;
  // A record that contains itself without a union or list has no values at all.
  known.set(type, false);
  try {
    const isEmpty = type.fields.every(field => takesNoBytes(field.type));
    known.set(type, isEmpty);
    return isEmpty;
  } catch (error) {
    // Types that nest deeper than the stack: nothing is known of this one.
    known.delete(type);
    throw error;
  }
}

/** How many fields of a record's type take no bytes. */
export function emptyFields(type: avro.types.RecordType): number {
  return type.fields.filter(field => takesNoBytes(field.type)).length;
}
