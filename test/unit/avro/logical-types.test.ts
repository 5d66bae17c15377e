import { describe, expect, it } from 'vitest';
import { AvroCursor } from '../../../connector/avro/cursor.ts';
import { compileReader } from '../../../connector/avro/reader.ts';
import type { RowValue } from '../../../connector/kernel/row-change.ts';
import { encoderOf, readableType, type SchemaJson } from '../../support/avro-types.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

/** A value written by avsc with a schema, and read with it. */
function through(schema: object, raw: unknown): RowValue {
  const bytes = encoderOf(schema as SchemaJson).toBuffer(raw);
  return compileReader(readableType(schema))(new AvroCursor(bytes, 0));
}

const connect = (type: string, name: string, more = {}) => ({ type, 'connect.name': name, ...more });
const avroLogical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more });
const noon = new Date('2026-11-23T12:00:00.123Z');
const noonMs = 1_795_435_200_123n;

describe('dates', () => {
  it.each([
    connect('int', 'io.debezium.time.Date'),
    connect('int', 'org.apache.kafka.connect.data.Date', { logicalType: 'date' }),
    avroLogical('int', 'date'),
  ])('%j', schema => {
    expect(through(schema, 20_780)).toBe('2026-11-23');
  });

  it('io.debezium.time.IsoDate', () => {
    expect(through(connect('string', 'io.debezium.time.IsoDate'), '2026-11-23Z')).toBe('2026-11-23');
  });
});

describe('times of day', () => {
  it.each([
    [connect('int', 'io.debezium.time.Time'), 70_200_500],
    [connect('int', 'org.apache.kafka.connect.data.Time', { logicalType: 'time-millis' }), 70_200_500],
    [avroLogical('int', 'time-millis'), 70_200_500],
    [connect('long', 'io.debezium.time.MicroTime'), 70_200_500_000n],
    [avroLogical('long', 'time-micros'), 70_200_500_000n],
    [connect('long', 'io.debezium.time.NanoTime'), 70_200_500_000_000n],
    [connect('string', 'io.debezium.time.IsoTime'), '19:30:00.5Z'],
  ])('%j', (schema, raw) => {
    expect(through(schema, raw)).toBe('19:30:00.5');
  });

  it('with a zone stay as they are', () => {
    expect(through(connect('string', 'io.debezium.time.ZonedTime'), '11:30:00Z')).toBe('11:30:00Z');
  });
});

describe('moments', () => {
  it.each([
    [connect('long', 'io.debezium.time.Timestamp'), noonMs],
    [connect('long', 'org.apache.kafka.connect.data.Timestamp', { logicalType: 'timestamp-millis' }), noonMs],
    [avroLogical('long', 'timestamp-millis'), noonMs],
    [avroLogical('long', 'local-timestamp-millis'), noonMs],
    [connect('long', 'io.debezium.time.MicroTimestamp'), noonMs * 1_000n + 999n],
    [avroLogical('long', 'timestamp-micros'), noonMs * 1_000n],
    [avroLogical('long', 'local-timestamp-micros'), noonMs * 1_000n],
    [connect('long', 'io.debezium.time.NanoTimestamp'), noonMs * 1_000_000n + 999_999n],
    [avroLogical('long', 'timestamp-nanos'), noonMs * 1_000_000n],
    [avroLogical('long', 'local-timestamp-nanos'), noonMs * 1_000_000n],
    [connect('string', 'io.debezium.time.ZonedTimestamp'), '2026-11-23T20:00:00.123456+08:00'],
    [connect('string', 'io.debezium.time.IsoTimestamp'), '2026-11-23T12:00:00.123456Z'],
  ])('%j', (schema, raw) => {
    expect(through(schema, raw)).toEqual(noon);
  });
});

describe('decimals', () => {
  it.each([
    [
      connect('bytes', 'org.apache.kafka.connect.data.Decimal', { 'connect.parameters': { scale: '2' } }),
      hex('04e2'),
      '12.50',
    ],
    [avroLogical('bytes', 'decimal', { precision: 12, scale: 2 }), hex('fb1e'), '-12.50'],
    [avroLogical('bytes', 'decimal', { precision: 12 }), hex('04e2'), '1250'],
    [{ type: 'fixed', name: 'Amount', size: 4, logicalType: 'decimal', scale: 3 }, hex('000004e2'), '1.250'],
    // MySQL's unsigned bigint with bigint.unsigned.handling.mode=precise.
    [
      connect('bytes', 'org.apache.kafka.connect.data.Decimal', { scale: 0 }),
      hex('00ffffffffffffffff'),
      '18446744073709551615',
    ],
    // decimal.handling.mode=string, and double.
    [{ type: 'string' }, '12.50', '12.50'],
    [{ type: 'double' }, 12.5, 12.5],
  ])('%j', (schema, raw, value) => {
    expect(through(schema, raw)).toBe(value);
  });

  it('with a scale of their own', () => {
    const fields = [
      { name: 'scale', type: 'int' },
      { name: 'value', type: 'bytes' },
    ];
    const schema = connect('record', 'io.debezium.data.VariableScaleDecimal', { name: 'VariableScaleDecimal', fields });
    expect(through(schema, { scale: 3, value: hex('01e240') })).toBe('123.456');
    expect(through(schema, { scale: -3, value: hex('0c') })).toBe('12000');
    const absurd = { scale: 2_000_000_000, value: hex('0c') };
    expect(through(schema, absurd)).toEqual({ scale: 2_000_000_000n, value: Uint8Array.of(12) });
  });

  it('that are none stay bytes', () => {
    const schema = avroLogical('bytes', 'decimal', { scale: 'two' });
    expect(through(schema, hex('0c'))).toEqual(Uint8Array.of(12));
    expect(through(avroLogical('bytes', 'decimal'), hex(''))).toEqual(new Uint8Array(0));
  });
});

describe('texts that have a name stay texts', () => {
  const names = ['Json', 'Enum', 'EnumSet', 'Uuid', 'Xml', 'Ltree', 'TsVector'];
  it.each(names.map(name => `io.debezium.data.${name}`))('%s', name => {
    expect(through(connect('string', name), '{"a": 1}')).toBe('{"a": 1}');
  });

  it('io.debezium.time.Interval', () => {
    expect(through(connect('string', 'io.debezium.time.Interval'), 'P1Y2M3DT4H5M6.78S')).toBe('P1Y2M3DT4H5M6.78S');
  });
});

describe('UUIDs', () => {
  const uuid = '0d6c1f0e-5b7a-4f8e-9c3d-2a1b4c5d6e7f';

  it('are texts, also of 16 bytes', () => {
    expect(through(avroLogical('string', 'uuid'), uuid)).toBe(uuid);
    const fixed = { type: 'fixed', name: 'Id', size: 16, logicalType: 'uuid' };
    expect(through(fixed, hex(uuid.replaceAll('-', '')))).toBe(uuid);
    expect(through({ ...fixed, size: 2 }, hex('0102'))).toEqual(Uint8Array.of(1, 2));
  });
});

describe('integers that have a name stay integers', () => {
  it('of io.debezium.time', () => {
    expect(through(connect('int', 'io.debezium.time.Year'), 2026)).toBe(2026n);
    expect(through(connect('long', 'io.debezium.time.MicroDuration'), 37_091_106_789_000n)).toBe(37_091_106_789_000n);
    expect(through(connect('long', 'io.debezium.time.NanoDuration'), -5n)).toBe(-5n);
  });
});

describe('what is neither number nor text', () => {
  it('bits are bytes, the lowest first', () => {
    const schema = connect('bytes', 'io.debezium.data.Bits', { 'connect.parameters': { length: '12' } });
    expect(through(schema, hex('aa0a'))).toEqual(Uint8Array.of(0xaa, 0x0a));
  });

  it('geometries are records', () => {
    const fields = [
      { name: 'wkb', type: 'bytes' },
      { name: 'srid', type: ['null', 'int'] },
    ];
    const schema = connect('record', 'io.debezium.data.geometry.Geometry', { name: 'Geometry', fields });
    expect(through(schema, { wkb: hex('01'), srid: 4_326 })).toEqual({ wkb: Uint8Array.of(1), srid: 4_326n });
  });
});

describe('a name that means nothing here changes nothing', () => {
  it.each([
    ['unknown', connect('long', 'com.example.Money'), 5n],
    ['on another Avro type than its own', connect('string', 'io.debezium.time.Date'), 'a date'],
    ["of an object's own", connect('long', 'constructor'), 5n],
  ])('%s', (_, schema, value) => {
    expect(through(schema, value)).toBe(value);
  });

  it("unknown of Connect, Avro's counts", () => {
    expect(through(connect('int', 'com.example.Date', { logicalType: 'date' }), 0)).toBe('1970-01-01');
  });
});
