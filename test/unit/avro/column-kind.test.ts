import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { columnKindsOf } from '../../../connector/avro/column-kind.ts';
import { readableType } from '../../support/avro-types.ts';
import { ordersEnvelope } from '../../support/debezium-records.ts';

function kindsOf(fields: Readonly<Record<string, unknown>>) {
  const list = Object.entries(fields).map(([name, type]) => ({ name, type }));
  const type = readableType({ type: 'record', name: 'Row', fields: list });
  return type instanceof avro.types.RecordType ? Object.fromEntries(columnKindsOf(type)) : {};
}

const named = (type: string, name: string) => ({ type, 'connect.name': name });

describe('the kinds of columns', () => {
  it('are what the reader makes of each type, null or not', () => {
    expect(
      kindsOf({
        text: 'string',
        optional: ['null', 'string'],
        integer: ['null', 'long'],
        small: 'int',
        float: 'double',
        truth: 'boolean',
        bytes: 'bytes',
        either: ['null', 'string', 'long'],
        list: { type: 'array', items: 'string' },
        choice: { type: 'enum', name: 'E', symbols: ['A'] },
      }),
    ).toEqual({
      text: 'text',
      optional: 'text',
      integer: 'integer',
      small: 'integer',
      float: 'float',
      truth: 'truth',
      bytes: 'bytes',
      either: 'any',
      list: 'any',
      choice: 'text',
    });
  });

  it('follow the semantic types of Debezium and Avro', () => {
    expect(
      kindsOf({
        date: named('int', 'io.debezium.time.Date'),
        moment: ['null', named('long', 'io.debezium.time.MicroTimestamp')],
        zoned: named('string', 'io.debezium.time.ZonedTimestamp'),
        json: named('string', 'io.debezium.data.Json'),
        decimal: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 },
        time: named('long', 'io.debezium.time.MicroTime'),
        variable: {
          type: 'record',
          name: 'VariableScaleDecimal',
          'connect.name': 'io.debezium.data.VariableScaleDecimal',
          fields: [
            { name: 'scale', type: 'int' },
            { name: 'value', type: 'bytes' },
          ],
        },
      }),
    ).toEqual({
      date: 'text',
      moment: 'moment',
      zoned: 'moment',
      json: 'text',
      decimal: 'text',
      time: 'text',
      variable: 'text',
    });
  });

  it('of a real table of orders', () => {
    const envelope = readableType(ordersEnvelope);
    const after = envelope instanceof avro.types.RecordType ? envelope.field('after')?.type : undefined;
    const row = after instanceof avro.types.UnwrappedUnionType ? after.types[1] : undefined;
    const kinds = row instanceof avro.types.RecordType ? columnKindsOf(row) : new Map();
    expect(Object.fromEntries(kinds)).toMatchObject({ merchant_biz_no: 'text', updated_at: 'moment', amount: 'text' });
  });
});
