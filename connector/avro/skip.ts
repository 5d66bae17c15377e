import avro from 'avsc';
import { assert } from '../kernel/assert.ts';
import type { AvroCursor } from './cursor.ts';
import { emptyFields, takesNoBytes } from './empty-type.ts';

/** Steps over one value of a type, with every bound checked as where it is read. Throws as a `Reader` does. */
export type Skipper = (cursor: AvroCursor) => void;

/** Compiles a type into a skipper of its values: nothing of them is made. Throws `RangeError` where types nest too deeply. */
export function compileSkipper(type: avro.Type): Skipper {
  return new Compiler().skipper(type);
}

/** Compiles types as {@link compileSkipper} does, those that contain one another only once. */
export function skipperCompiler(): (type: avro.Type) => Skipper {
  const compiler = new Compiler();
  return type => compiler.skipper(type);
}

class Compiler {
  /** By type, so that the compilation of a record that contains itself ends. */
  readonly #skippers = new Map<avro.Type, Skipper>();

  skipper(type: avro.Type): Skipper {
    const known = this.#skippers.get(type);
    if (known !== undefined) return known;
    let compiled: Skipper | undefined;
    this.#skippers.set(type, cursor => {
      assert(compiled !== undefined, 'a skipper is used after it is compiled');
      compiled(cursor);
    });
    compiled = this.#compile(type);
    this.#skippers.set(type, compiled);
    return compiled;
  }

  #compile(type: avro.Type): Skipper {
    if (type instanceof avro.types.UnwrappedUnionType) return this.#union(type.types);
    if (type instanceof avro.types.WrappedUnionType) return this.#union(type.types);
    if (type instanceof avro.types.RecordType) return this.#record(type);
    if (type instanceof avro.types.ArrayType) return blocks(this.skipper(type.itemsType), takesNoBytes(type.itemsType));
    if (type instanceof avro.types.MapType) return this.#map(type.valuesType);
    if (type instanceof avro.types.EnumType) return cursor => void cursor.readIndex(type.symbols.length);
    if (type instanceof avro.types.FixedType) return cursor => cursor.skip(type.size);
    return primitiveSkipper(type);
  }

  #union(branches: readonly avro.Type[]): Skipper {
    const skippers = branches.map(branch => this.skipper(branch));
    return cursor => skippers[cursor.readIndex(skippers.length)]?.(cursor);
  }

  #record(type: avro.types.RecordType): Skipper {
    const skippers = type.fields.map(field => this.skipper(field.type));
    const empty = emptyFields(type);
    return cursor => {
      if (empty > 0) cursor.countEmpty(empty);
      for (const skip of skippers) skip(cursor);
    };
  }

  #map(valuesType: avro.Type): Skipper {
    const skip = this.skipper(valuesType);
    return blocks(cursor => {
      cursor.skipSized();
      skip(cursor);
    }, false);
  }
}

function blocks(skip: Skipper, isEmpty: boolean): Skipper {
  return cursor => {
    for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
      if (isEmpty) cursor.countEmpty(count);
      for (; count > 0; count--) skip(cursor);
    }
  };
}

function primitiveSkipper(type: avro.Type): Skipper {
  switch (type.typeName) {
    case 'null':
      return () => {};
    case 'boolean':
      return cursor => void cursor.readBoolean();
    case 'int':
      return cursor => void cursor.readInt();
    case 'long':
      return cursor => cursor.skipLong();
    case 'float':
      return cursor => cursor.skip(4);
    case 'double':
      return cursor => cursor.skip(8);
    default:
      assert(type.typeName === 'string' || type.typeName === 'bytes', `avsc has a type ${type.typeName}`);
      return cursor => cursor.skipSized();
  }
}
