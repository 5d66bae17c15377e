import type { Annotation } from '../../avro/annotated-type.ts';
import { conversionIn, ofBytes, ofInt, ofLong, ofRecord, ofText } from '../../avro/logical-types.ts';
import { momentOfText } from '../../avro/moments.ts';
import type { Row, RowValue } from '../../kernel/row-change.ts';

/** A value of JSON with its whole numbers exact. */
export type Json = null | boolean | bigint | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Is it an object of JSON? */
export function isJsonObject(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Parses JSON; whole numbers, which may have 64 bits, become bigint. Throws a SyntaxError. */
export function parseJson(text: string): Json {
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value,
  ) as Json;
}

/**
 * Values without a schema, in the forms of `kernel/row-change`, as far as JSON tells: a text that is an ISO 8601 moment with a zone is a
 * moment, for so does Debezium write a `timestamptz`.
 */
export function withoutSchema(json: Json): RowValue {
  if (typeof json === 'string') return momentOfText(json);
  if (Array.isArray(json)) return json.map(withoutSchema);
  return isJsonObject(json) ? mapped(json, withoutSchema) : (json as RowValue);
}

/** A schema as Kafka Connect's JsonConverter writes it before its payload: nothing in it is certain. */
export interface ConnectSchema {
  readonly type?: Json;
  readonly name?: Json;
  readonly field?: Json;
  readonly parameters?: Json;
  readonly fields?: Json;
  readonly items?: Json;
  readonly values?: Json;
}

/** A value of Kafka Connect's JSON by its schema, in the forms of `kernel/row-change`. What is not of its schema stays as JSON has it. */
export function withSchema(json: Json, schema: ConnectSchema): RowValue {
  if (json === null) return null;
  const annotation = annotationOf(schema);
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
      return typeof json === 'bigint' ? converted(ofInt, annotation, Number(json), json) : plain(json);
    case 'int64':
      return typeof json === 'bigint' ? converted(ofLong, annotation, json, json) : plain(json);
    case 'float':
    case 'double':
      return Number(json);
    case 'string':
      return typeof json === 'string' ? converted(ofText, annotation, json, json) : plain(json);
    case 'bytes': {
      const bytes = Buffer.from(String(json), 'base64');
      return converted(ofBytes, annotation, bytes, bytes);
    }
    case 'struct': {
      const struct = structOf(json, schema);
      return converted(ofRecord, annotation, struct, struct);
    }
    case 'array':
      return Array.isArray(json) ? json.map((item: Json) => withSchema(item, schemaIn(schema.items))) : plain(json);
    case 'map':
      return isJsonObject(json) ? mapped(json, value => withSchema(value, schemaIn(schema.values))) : plain(json);
    default:
      return plain(json);
  }
}

function converted<Raw>(
  table: Parameters<typeof conversionIn<Raw>>[0],
  annotation: Annotation,
  raw: Raw,
  otherwise: RowValue,
): RowValue {
  return conversionIn(table, annotation)?.(raw) ?? otherwise;
}

function annotationOf({ name, parameters }: ConnectSchema): Annotation {
  const scale = isJsonObject(parameters) ? Number(parameters.scale ?? 0) : 0;
  return { names: typeof name === 'string' ? [name] : [], scale };
}

function structOf(json: Json, { fields }: ConnectSchema): Row {
  const values = isJsonObject(json) ? json : {};
  const schemas = Array.isArray(fields) ? fields.map(schemaIn) : [];
  return Object.fromEntries(
    schemas.map(schema => [String(schema.field), withSchema(values[String(schema.field)] ?? null, schema)]),
  );
}

function schemaIn(json: Json | undefined): ConnectSchema {
  return isJsonObject(json) ? json : {};
}

function plain(json: Json): RowValue {
  return json as RowValue;
}

function mapped(json: { readonly [name: string]: Json }, of: (value: Json) => RowValue): Row {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, of(value)]));
}
