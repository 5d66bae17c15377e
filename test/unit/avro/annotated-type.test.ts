import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { annotationOf, fieldNamesOf } from '../../../connector/avro/annotated-type.ts';
import { columnKindsOf } from '../../../connector/avro/column-kind.ts';
import { AvroCursor } from '../../../connector/avro/cursor.ts';
import { compileReader } from '../../../connector/avro/reader.ts';
import { readableType } from '../../support/avro-types.ts';

const fieldTypes = (schema: unknown) => {
  const type = readableType(schema);
  return type instanceof avro.types.RecordType ? type.fields.map(field => field.type) : [];
};

describe('a type', () => {
  it("has Connect's name before Avro's, and the scale", () => {
    const schema = {
      type: 'bytes',
      scale: 2,
      precision: 12,
      'connect.parameters': { scale: '2' },
      'connect.name': 'org.apache.kafka.connect.data.Decimal',
      logicalType: 'decimal',
    };
    const names = ['org.apache.kafka.connect.data.Decimal', 'decimal'];
    expect(annotationOf(readableType(schema))).toEqual({ names, scale: 2 });
  });

  it("has the scale of Connect's parameters where Avro names none", () => {
    const schema = { type: 'bytes', 'connect.name': 'Decimal', 'connect.parameters': { scale: '4' } };
    expect(annotationOf(readableType(schema))).toEqual({ names: ['Decimal'], scale: 4 });
  });

  it('has no names where its schema has none, or none that are texts', () => {
    const schema = { type: 'long', logicalType: 7, 'connect.name': null, 'connect.parameters': null };
    expect(annotationOf(readableType(schema))).toEqual({ names: [], scale: 0 });
    expect(annotationOf(readableType('long'))).toEqual({ names: [], scale: 0 });
  });

  it('keeps its names in a union, an array, a map, and where it is named a second time', () => {
    const date = { type: 'int', logicalType: 'date' };
    const amount = { type: 'fixed', name: 'Amount', size: 8, logicalType: 'decimal', scale: 3 };
    const [union, array, map, again] = fieldTypes({
      type: 'record',
      name: 'Row',
      fields: [
        { name: 'a', type: ['null', date] },
        { name: 'b', type: { type: 'array', items: amount } },
        { name: 'c', type: { type: 'map', values: date } },
        { name: 'd', type: 'Amount' },
      ],
    });
    const types = [
      union instanceof avro.types.UnwrappedUnionType ? union.types[1] : undefined,
      array instanceof avro.types.ArrayType ? array.itemsType : undefined,
      map instanceof avro.types.MapType ? (map.valuesType as avro.Type) : undefined,
      again,
    ];
    expect(types.map(type => type && annotationOf(type)?.names)).toEqual([
      ['date'],
      ['decimal'],
      ['date'],
      ['decimal'],
    ]);
  });
});

describe('a schema', () => {
  it('is the same after it was parsed, and can be parsed again', () => {
    const schema = { type: 'record', name: 'Row', fields: [{ name: 'id', type: 'long', default: 1 }] };
    const before = JSON.stringify(schema);
    readableType(schema);
    expect(JSON.stringify(schema)).toBe(before);
    expect(readableType(schema).name).toBe('Row');
  });

  it.each([
    ['of a union whose default is of its second branch', ['null', 'long'], 5],
    ['of a long past 2^53', 'long', 2 ** 60],
    ['of a decimal as Connect writes it', { type: 'bytes', logicalType: 'decimal' }, '\u0000'],
    ['of another type', 'string', 5],
  ])('may have a default %s', (_, type, value) => {
    const schema = { type: 'record', name: 'Row', fields: [{ name: 'a', type, default: value }] };
    expect(readableType(schema).name).toBe('Row');
  });

  it('that names an unknown type is refused', () => {
    expect(() => readableType({ type: 'array', items: 'Nothing' })).toThrow('undefined type name: Nothing');
  });
});

describe('names that are not those of Avro', () => {
  const value = {
    type: 'record',
    name: 'Value',
    fields: [
      { name: 'pay-amount', type: 'string' },
      { name: 'pay_amount', type: 'string' },
      { name: 'a.b', type: 'string' },
      { name: '1st', type: 'string' },
      { name: '訂單', type: 'string' },
    ],
  };
  const envelope = {
    type: 'record',
    name: 'Envelope',
    namespace: 'my-shop.2026.orders',
    fields: [
      { name: 'before', type: ['null', value] },
      { name: 'after', type: ['null', 'Value'] },
      { name: 'again', type: 'my-shop.2026.orders.Value' },
    ],
  };

  it('are read, and the fields keep theirs', () => {
    const [before, after, again] = fieldTypes(envelope);
    const row = before instanceof avro.types.UnwrappedUnionType ? before.types[1] : undefined;
    expect(row instanceof avro.types.RecordType && fieldNamesOf(row)).toEqual([
      'pay-amount',
      'pay_amount',
      'a.b',
      '1st',
      '訂單',
    ]);
    expect(after instanceof avro.types.UnwrappedUnionType && after.types[1]).toBe(row);
    expect(again).toBe(row);
    const bytes = Buffer.from(['a', 'b', 'c', 'd', 'e'].flatMap(text => [2, text.charCodeAt(0)]));
    expect(row && compileReader(row)(new AvroCursor(bytes, 0))).toEqual({
      'pay-amount': 'a',
      pay_amount: 'b',
      'a.b': 'c',
      '1st': 'd',
      訂單: 'e',
    });
    expect(row instanceof avro.types.RecordType && [...columnKindsOf(row).keys()]).toEqual(
      value.fields.map(({ name }) => name),
    );
  });
});

describe('a struct of Debezium without connect.name', () => {
  it("is known by its record's name, as of converters with connect.meta.data=false", () => {
    const fields = [
      { name: 'scale', type: 'int' },
      { name: 'value', type: 'bytes' },
    ];
    const type = readableType({ type: 'record', name: 'VariableScaleDecimal', namespace: 'io.debezium.data', fields });
    expect(compileReader(type)(new AvroCursor(Buffer.of(4, 4, 0x2e, 0xe0), 0))).toBe('120.00');
  });
});
