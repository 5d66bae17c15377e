import avro from 'avsc';

/** Where Debezium's converters register the schema of a topic's values (TopicNameStrategy). */
export function subjectOf(topic: string): string {
  return `${topic}-value`;
}

/** The table that a topic's name tells of, as Debezium names topics: `schema.table` or `database.table`. */
export function tableNameIn(topic: string): string {
  return topic.split('.').slice(-2).join('.');
}

/** The type of a row in the schema of an envelope, which is that of `after`; null where it is none. */
export function rowTypeOf(envelope: avro.Type): avro.types.RecordType | null {
  if (!(envelope instanceof avro.types.RecordType)) return null;
  const names = new Set(envelope.fields.map(({ name }) => name));
  const after = envelope.fields.find(({ name }) => name === 'after')?.type;
  if (after === undefined || !names.has('op') || !names.has('source')) return null;
  const isUnion = after instanceof avro.types.UnwrappedUnionType || after instanceof avro.types.WrappedUnionType;
  const branches = isUnion ? after.types : [after];
  return branches.find(branch => branch instanceof avro.types.RecordType) ?? null;
}
