import avro from 'avsc';
import { assert } from '../kernel/assert.ts';
import type { RowValue } from '../kernel/row-change.ts';
import { annotationOf, fieldNamesOf } from './annotated-type.ts';
import type { AvroCursor } from './cursor.ts';
import { emptyFields, takesNoBytes } from './empty-type.ts';
import { conversionIn, ofBytes, ofInt, ofLong, ofRecord, ofText } from './logical-types.ts';
import { skipperCompiler } from './skip.ts';

/**
 * Reads one value of a type and steps behind it. Throws `MalformedAvro`; and `RangeError` where values of a schema that
 * contains itself nest deeper than the stack.
 */
export type Reader = (cursor: AvroCursor) => RowValue;

/**
 * Compiles a type into a reader of its values, in the forms of `kernel/row-change`. Done once a schema: how a column is
 * read is not asked again for each row. Throws `RangeError` where types nest deeper than the stack.
 */
export function compileReader(type: avro.Type): Reader {
  return new Compiler().reader(type);
}

/** Compiles a record's type into a reader of these fields only; the others are stepped over, with every bound checked. */
export function compileFields(type: avro.types.RecordType, names: ReadonlySet<string>): Reader {
  const readers = new Compiler();
  const skipperOf = skipperCompiler();
  const own = fieldNamesOf(type);
  const fields = type.fields.map(({ type, name: written }, at) => {
    const name = own[at] ?? written;
    return names.has(name) ? { name, read: readers.reader(type) } : { name: null, skip: skipperOf(type) };
  });
  return cursor => {
    const values: Record<string, RowValue> = {};
    for (const field of fields) {
      if (field.name === null) field.skip(cursor);
      else put(values, field.name, field.read(cursor));
    }
    return values;
  };
}

/** Like {@link compileFields}, of a record that may be null. */
export function compileColumns(type: avro.Type, names: ReadonlySet<string>): Reader {
  if (type instanceof avro.types.RecordType) return compileFields(type, names);
  const isUnion = type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType;
  if (!isUnion) return compileReader(type);
  const readers = type.types.map(branch => compileColumns(branch, names));
  return cursor => {
    const read = readers[cursor.readIndex(readers.length)];
    assert(read !== undefined, 'an index is below its count');
    return read(cursor);
  };
}

class Compiler {
  /** By type, so that the compilation of a record that contains itself ends. */
  readonly #readers = new Map<avro.Type, Reader>();

  reader(type: avro.Type): Reader {
    const known = this.#readers.get(type);
    if (known !== undefined) return known;
    let compiled: Reader | undefined;
    this.#readers.set(type, cursor => {
      assert(compiled !== undefined, 'a reader is used after it is compiled');
      return compiled(cursor);
    });
    compiled = this.#compile(type);
    this.#readers.set(type, compiled);
    return compiled;
  }

  #compile(type: avro.Type): Reader {
    if (type instanceof avro.types.UnwrappedUnionType) return this.#union(type.types);
    if (type instanceof avro.types.WrappedUnionType) return this.#union(type.types);
    if (type instanceof avro.types.RecordType) return this.#record(type);
    if (type instanceof avro.types.ArrayType) return this.#array(type.itemsType);
    if (type instanceof avro.types.MapType) return this.#map(type.valuesType);
    if (type instanceof avro.types.EnumType) return enumReader(type.symbols);
    if (type instanceof avro.types.FixedType) return bytesReader(type, cursor => cursor.readFixed(type.size));
    return primitiveReader(type);
  }

  #union(branches: readonly avro.Type[]): Reader {
    const readers = branches.map(branch => this.reader(branch));
    return cursor => {
      const read = readers[cursor.readIndex(readers.length)];
      assert(read !== undefined, 'an index is below its count');
      return read(cursor);
    };
  }

  #record(type: avro.types.RecordType): Reader {
    const names = fieldNamesOf(type);
    const fields = type.fields.map(({ type }, at) => ({ name: names[at] ?? '', read: this.reader(type) }));
    const empty = emptyFields(type);
    const read = (cursor: AvroCursor) => {
      if (empty > 0) cursor.countEmpty(empty);
      const values: Record<string, RowValue> = {};
      for (const { name, read } of fields) put(values, name, read(cursor));
      return values;
    };
    const convert = conversionIn(ofRecord, annotationOf(type));
    return convert === undefined ? read : cursor => convert(read(cursor));
  }

  #array(itemsType: avro.Type): Reader {
    const read = this.reader(itemsType);
    const isEmpty = takesNoBytes(itemsType);
    return cursor => {
      const items: RowValue[] = [];
      for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
        if (isEmpty) cursor.countEmpty(count);
        for (; count > 0; count--) items.push(read(cursor));
      }
      return items;
    };
  }

  #map(valuesType: avro.Type): Reader {
    const read = this.reader(valuesType);
    return cursor => {
      const values: Record<string, RowValue> = {};
      for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
        for (; count > 0; count--) {
          const key = cursor.readText();
          put(values, key, read(cursor));
        }
      }
      return values;
    };
  }
}

/** All names but one, which would set the prototype. */
function put(values: Record<string, RowValue>, name: string, value: RowValue): void {
  if (name !== '__proto__') values[name] = value;
}

function enumReader(symbols: readonly string[]): Reader {
  return cursor => symbols[cursor.readIndex(symbols.length)] ?? null;
}

function bytesReader(type: avro.Type, read: (cursor: AvroCursor) => Uint8Array): Reader {
  const convert = conversionIn(ofBytes, annotationOf(type));
  return convert === undefined ? read : cursor => convert(read(cursor));
}

function primitiveReader(type: avro.Type): Reader {
  const annotation = annotationOf(type);
  switch (type.typeName) {
    case 'null':
      return () => null;
    case 'boolean':
      return cursor => cursor.readBoolean();
    case 'int': {
      const convert = conversionIn(ofInt, annotation) ?? BigInt;
      return cursor => convert(cursor.readInt());
    }
    case 'long': {
      const convert = conversionIn(ofLong, annotation);
      return convert === undefined ? cursor => cursor.readLong() : cursor => convert(cursor.readLong());
    }
    case 'float':
      return cursor => cursor.readFloat();
    case 'double':
      return cursor => cursor.readDouble();
    case 'string': {
      const convert = conversionIn(ofText, annotation);
      return convert === undefined ? cursor => cursor.readText() : cursor => convert(cursor.readText());
    }
    default:
      assert(type.typeName === 'bytes', `avsc has a type ${type.typeName}`);
      return bytesReader(type, cursor => cursor.readBytes());
  }
}
