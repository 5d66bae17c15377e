import type { SchemaJson } from '../support/avro-types.ts';
import { encoderOf, framed } from '../support/avro-types.ts';
import { type DebeziumWriter, debeziumWriter, ordersEnvelope } from '../support/debezium-records.ts';

// The schemas under which the corpus' records are written: the demo's table, and tables that went wrong in one way each.

interface Field {
  readonly name: string;
  readonly type: unknown;
}

/** What becomes of the columns of the demo's table; null takes a column away. */
type ColumnChange = (field: Field) => Field | null;

/** The demo's envelope with other columns. */
function withColumns(change: ColumnChange): SchemaJson {
  const envelope = structuredClone(Object(ordersEnvelope));
  // The row's record is written out where it comes first: in the union of `before`.
  const row: { fields: Field[] } = envelope.fields[0].type[1];
  row.fields = row.fields.flatMap(field => change(field) ?? []);
  return envelope;
}

const without = (name: string) => withColumns(field => (field.name === name ? null : field));

const nullable: ColumnChange = ({ name, type }) => {
  const scaled = name === 'amount' ? { ...Object(type), scale: 4, precision: 60 } : type;
  return { name, type: Array.isArray(type) ? type : ['null', scaled] };
};

const doubleAmount: ColumnChange = field => (field.name === 'amount' ? { name: 'amount', type: 'double' } : field);

/** All schemas by name. */
export const corpusSchemas = {
  orders: ordersEnvelope,
  /** Every column may be null, and an amount has four digits after the point. */
  loose: withColumns(nullable),
  doubleAmount: withColumns(doubleAmount),
  withoutUser: without('user_id'),
  withoutDetails: without('details'),
  withoutKind: without('kind'),
  /** Values can nest without end. */
  nesting: {
    ...Object(ordersEnvelope),
    fields: [
      ...Object(ordersEnvelope).fields,
      { name: 'deeper', type: { type: 'array', items: 'Envelope' }, default: [] },
    ],
  } as SchemaJson,
  /** Items without bytes. */
  nulls: {
    ...Object(ordersEnvelope),
    fields: [...Object(ordersEnvelope).fields, { name: 'nulls', type: { type: 'array', items: 'null' }, default: [] }],
  } as SchemaJson,
  flattened: {
    type: 'record',
    name: 'Flat',
    fields: [
      { name: 'merchant_biz_no', type: 'string' },
      { name: '__op', type: 'string' },
    ],
  } as SchemaJson,
  stranger: { type: 'record', name: 'Invoice', fields: [{ name: 'no', type: 'string' }] } as SchemaJson,
  bareText: 'string' as SchemaJson,
} satisfies Record<string, SchemaJson>;

/** One of {@link corpusSchemas}. */
export type CorpusSchema = keyof typeof corpusSchemas;

/** Writes the corpus' records for one order, under the ids that a registry gave the schemas. */
export interface CorpusWriter {
  readonly order: string;
  /** A writer of envelopes of a schema that has some. */
  as(schema: CorpusSchema): DebeziumWriter;
  /** Raw bytes behind the frame of a schema's id; the demo's table unless named. */
  framed(bytes: readonly number[] | Uint8Array, schema?: CorpusSchema): Buffer;
  /** A value of a schema that is no envelope. */
  plain(schema: CorpusSchema, value: unknown): Buffer;
}

/** A writer for an order. */
export function corpusWriter(ids: ReadonlyMap<CorpusSchema, number>, order: string, table: string): CorpusWriter {
  const idOf = (schema: CorpusSchema) => ids.get(schema) ?? 0;
  return {
    order,
    as: schema => debeziumWriter({ schema: corpusSchemas[schema], schemaId: idOf(schema), table }),
    framed: (bytes, schema = 'orders') => framed(idOf(schema), Uint8Array.from(bytes)),
    plain: (schema, value) => framed(idOf(schema), encoderOf(corpusSchemas[schema]).toBuffer(value)),
  };
}
