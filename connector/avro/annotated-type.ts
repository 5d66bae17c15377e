import avro from 'avsc';

/** What a schema says of a value beyond its Avro type. avsc forgets these attributes. */
export interface Annotation {
  /** The semantic type by its names, most telling first: Connect's `connect.name`, then Avro's `logicalType`. */
  readonly names: readonly string[];
  /** Digits after the decimal point, of a decimal. */
  readonly scale: number;
}

type TypeHook = avro.ForSchemaOptions['typeHook'];

const annotations = new WeakMap<avro.Type, Annotation>();

/** What the schema of a type made with {@link annotatingHook} said of it, if anything. */
export function annotationOf(type: avro.Type): Annotation | undefined {
  return annotations.get(type);
}

/**
 * An avsc hook that keeps the attributes of each type for {@link annotationOf}, and takes the fields' defaults off the schema
 * it is given: a record is read with the schema it was written with, so no default is ever used, while avsc refuses a whole
 * schema for a default that Java accepts ("incompatible field default").
 */
export function annotatingHook(): TypeHook {
  let underway: avro.Schema | null = null;
  return (schema, options) => {
    // avsc asks the hook again for the schema that the hook itself hands to avsc.
    if (typeof schema === 'string' || Array.isArray(schema) || schema === underway) return undefined;
    const attributes: Attributes = Object(schema);
    if (Array.isArray(attributes.fields)) for (const field of attributes.fields) delete field.default;
    underway = schema;
    const type = avro.Type.forSchema(schema, options);
    annotations.set(type, annotationIn(attributes));
    return type;
  };
}

/** A schema as JSON: nothing in it is certain. */
interface Attributes {
  readonly fields?: unknown;
  readonly logicalType?: unknown;
  readonly scale?: unknown;
  readonly 'connect.name'?: unknown;
  readonly 'connect.parameters'?: unknown;
}

function annotationIn(attributes: Attributes): Annotation {
  const names = [attributes['connect.name'], attributes.logicalType].filter(name => typeof name === 'string');
  const parameters: { readonly scale?: unknown } = Object(attributes['connect.parameters']);
  return { names, scale: Number(attributes.scale ?? parameters.scale ?? 0) };
}
