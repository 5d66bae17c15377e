import { deflateRawSync } from 'node:zlib';
import { AvroWriter } from '../../connector/avro/writer.ts';

const sync = Buffer.alloc(16, 0xa5);

/** An Avro container file of values that are encoded already, in blocks of two. */
export function avroContainer(
  schema: string,
  values: readonly Uint8Array[],
  codec: 'null' | 'deflate' = 'deflate',
): Buffer {
  const header = encoded(writer => {
    writer.writeLong(2);
    for (const [name, text] of Object.entries({ 'avro.schema': schema, 'avro.codec': codec })) {
      writer.writeText(name);
      writer.writeBytes(Buffer.from(text));
    }
    writer.writeLong(0);
  });
  const blocks: Buffer[] = [];
  for (let at = 0; at < values.length; at += 2) {
    const inBlock = values.slice(at, at + 2);
    const bytes = Buffer.concat(inBlock);
    const head = encoded(writer => {
      writer.writeLong(inBlock.length);
      writer.writeBytes(codec === 'null' ? bytes : deflateRawSync(bytes));
    });
    blocks.push(head, sync);
  }
  return Buffer.concat([Buffer.from('Obj\u0001', 'latin1'), header, sync, ...blocks]);
}

/** Without the frame of a registry's wire format. */
function encoded(write: (writer: AvroWriter) => void): Buffer {
  const writer = new AvroWriter();
  writer.begin(1);
  write(writer);
  return Buffer.from(writer.end().subarray(5));
}
