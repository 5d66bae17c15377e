import avro from 'avsc';

/** What a schema says of a value beyond its Avro type. avsc forgets these attributes. */
export interface Annotation {
  /** The semantic type by its names, most telling first: Connect's `connect.name`, Avro's `logicalType`, a record's own name. */
  readonly names: readonly string[];
  /** Digits after the decimal point, of a decimal. */
  readonly scale: number;
  /** Of a record: its fields' names as the schema has them, in order. avsc's are others where these are no names of Avro. */
  readonly fieldNames?: readonly string[];
}

type TypeHook = avro.ForSchemaOptions['typeHook'];

const annotations = new WeakMap<avro.Type, Annotation>();

/** What the schema of a type made with {@link annotatingHook} said of it, if anything. */
export function annotationOf(type: avro.Type): Annotation | undefined {
  return annotations.get(type);
}

/** The names of a record's fields as its schema has them, e.g. `pay-amount`. */
export function fieldNamesOf(type: avro.types.RecordType): readonly string[] {
  return annotationOf(type)?.fieldNames ?? type.fields.map(({ name }) => name);
}

/**
 * An avsc hook that keeps the attributes of each type for {@link annotationOf}, and changes the schema that it is given where
 * avsc refuses what Java's writers accept. It takes the fields' defaults off: a record is read with the schema it was written
 * with, so no default is ever used ("incompatible field default"). And it gives other names for those that are not Avro's, as of
 * a topic prefix or a column with a hyphen ("invalid name").
 */
export function annotatingHook(): TypeHook {
  let underway: avro.Schema | null = null;
  return (schema, options) => {
    // avsc asks the hook again for the schema that the hook itself hands to avsc.
    if (typeof schema === 'string') {
      const valid = validName(schema);
      return valid === schema ? undefined : avro.Type.forSchema(valid, options);
    }
    if (Array.isArray(schema) || schema === underway) return undefined;
    const attributes: Attributes = Object(schema);
    const fieldNames = withValidNames(attributes);
    underway = schema;
    const type = avro.Type.forSchema(schema, options);
    annotations.set(type, { ...annotationIn(attributes, type), ...(fieldNames && { fieldNames }) });
    return type;
  };
}

/** Changes what avsc refuses; gives the fields' names as they were, where it is a record. */
function withValidNames(attributes: Attributes): readonly string[] | null {
  if (typeof attributes.name === 'string') attributes.name = validName(attributes.name);
  if (typeof attributes.namespace === 'string') attributes.namespace = validName(attributes.namespace);
  if (!Array.isArray(attributes.fields)) return null;
  return attributes.fields.map((field: { name?: unknown; default?: unknown }) => {
    const name = String(field.name);
    delete field.default;
    if (typeof field.name === 'string') field.name = validName(name).replaceAll('.', '_x2e_');
    return name;
  });
}

/** A name of Avro's (specification, "Names") for any text, the same for the same text and no other; `a-b` becomes `a_x2d_b`. */
function validName(text: string): string {
  const hex = (letter: string) => `_x${letter.codePointAt(0)?.toString(16)}_`;
  return text.replace(/[^A-Za-z0-9_.]/gu, hex).replace(/(^|\.)(?=\d)/g, '$1_');
}

/** A schema as JSON: nothing in it is certain. */
interface Attributes {
  name?: unknown;
  namespace?: unknown;
  readonly fields?: unknown;
  readonly logicalType?: unknown;
  readonly scale?: unknown;
  readonly 'connect.name'?: unknown;
  readonly 'connect.parameters'?: unknown;
}

function annotationIn(attributes: Attributes, type: avro.Type): Annotation {
  // With connect.meta.data=false there is no connect.name: a struct of Debezium's is still known by its record's name.
  const ownName = type instanceof avro.types.RecordType ? type.name : undefined;
  const candidates = [attributes['connect.name'], attributes.logicalType, ownName];
  const names = candidates.filter(name => typeof name === 'string');
  const parameters: { readonly scale?: unknown } = Object(attributes['connect.parameters']);
  return { names, scale: Number(attributes.scale ?? parameters.scale ?? 0) };
}
