import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import avro from 'avsc';
import { annotatingHook } from '../../avro/annotated-type.ts';
import { AvroCursor, MalformedAvro } from '../../avro/cursor.ts';
import { compileSkipper } from '../../avro/skip.ts';
import { decompressedBytesMax } from '../../kafka/compression/bounds.ts';
import { decompressSnappy } from '../../kafka/compression/snappy.ts';

/** What an Avro container file holds. */
export interface AvroContainer {
  readonly type: avro.Type;
  /** The bytes of each of its values, in order. */
  readonly values: readonly Uint8Array[];
}

const magic = Buffer.from('Obj\u0001', 'latin1');
const syncBytes = 16;

/** Snappy's block has a checksum behind it. */
const snappyChecksumBytes = 4;

const bounded = { maxOutputLength: decompressedBytesMax };

const codecs: Readonly<Record<string, (block: Uint8Array) => Uint8Array>> = {
  null: block => block,
  deflate: block => inflateRawSync(block, bounded),
  snappy: block => decompressSnappy(block.subarray(0, -snappyChecksumBytes)),
  zstandard: block => zstdDecompressSync(block, bounded),
};

/** Do the bytes begin as an Avro container file does? */
export function isAvroContainer(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

/**
 * Takes an Avro container file apart (Avro specification, "Object Container Files"), with the schema that is in it. avsc's own decoder
 * trusts the counts and lengths that it reads. Throws `MalformedAvro`, or what the schema or a codec says.
 */
export function readAvroContainer(bytes: Uint8Array): AvroContainer {
  const cursor = new AvroCursor(bytes, magic.length);
  const metadata = readMetadata(cursor);
  const sync = Buffer.from(cursor.readFixed(syncBytes));
  const type = avro.Type.forSchema(JSON.parse(metadata.get('avro.schema') ?? 'null'), { typeHook: annotatingHook() });
  const codec = metadata.get('avro.codec') ?? 'null';
  const decompress = Object.hasOwn(codecs, codec) ? codecs[codec] : undefined;
  if (decompress === undefined)
    throw new MalformedAvro(`its codec ${codec} is none of ${Object.keys(codecs).join(', ')}`);
  const skip = compileSkipper(type);
  const values: Uint8Array[] = [];
  while (cursor.left > 0) {
    const count = Number(cursor.readLong());
    const block = decompress(cursor.readBytes());
    if (!sync.equals(cursor.readFixed(syncBytes)))
      throw new MalformedAvro('a block does not end with the marker of the file');
    for (const value of valuesIn(block, count, skip)) values.push(value);
  }
  return { type, values };
}

function readMetadata(cursor: AvroCursor): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
    for (; count > 0; count--) metadata.set(cursor.readText(), Buffer.from(cursor.readBytes()).toString('utf8'));
  }
  return metadata;
}

function* valuesIn(block: Uint8Array, count: number, skip: (cursor: AvroCursor) => void): Generator<Uint8Array> {
  const cursor = new AvroCursor(block, 0);
  for (let left = count; left > 0; left--) {
    const start = block.length - cursor.left;
    skip(cursor);
    yield block.subarray(start, block.length - cursor.left);
  }
  if (cursor.left > 0) throw new MalformedAvro('a block holds more than its values');
}
