import { Input } from './input.ts';
import { Output } from './output.ts';

// lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md. Its checksums are passed over: Kafka's own covers the batch, and
// old clients of Java computed the header's wrongly (KAFKA-3160).
const magic = 0x184d2204;
const uncompressedBlock = 0x8000_0000;
const firstGuessBytes = 65_536;

/** Decompresses an LZ4 frame. Throws for what is none. */
export function decompressLz4(bytes: Uint8Array): Buffer {
  const input = new Input(bytes);
  if (input.littleEndian(4) !== magic) throw new Error('no LZ4 frame');
  const flags = input.byte();
  if (flags >> 6 !== 1) throw new Error('an LZ4 frame of an unknown version');
  if (flags & 1) throw new Error('an LZ4 frame with a dictionary');
  const checksumBytes = flags & 0x10 ? 4 : 0;
  const [blockSizeBytes, contentSizeBytes, headerChecksumBytes] = [1, flags & 8 ? 8 : 0, 1];
  input.take(blockSizeBytes + contentSizeBytes + headerChecksumBytes);
  const output = new Output(firstGuessBytes);
  for (let size = input.littleEndian(4); size !== 0; size = input.littleEndian(4)) {
    // Not masked with &: the top bit would be a sign.
    if (size >= uncompressedBlock) output.append(input.take(size - uncompressedBlock));
    else block(new Input(input.take(size)), output);
    input.take(checksumBytes);
  }
  return output.bytes;
}

/** Sequences of literal bytes and a repetition; the last has only literal bytes. */
function block(input: Input, output: Output): void {
  while (!input.isAtEnd) {
    const token = input.byte();
    output.append(input.take(lengthOf(token >> 4, input)));
    if (input.isAtEnd) return;
    const distance = input.littleEndian(2);
    output.repeat(distance, lengthOf(token & 15, input) + 4);
  }
}

/** 15 goes on in the bytes that follow, as long as they are 255. */
function lengthOf(nibble: number, input: Input): number {
  if (nibble < 15) return nibble;
  let length = nibble;
  for (let more = 255; more === 255; length += more) more = input.byte();
  return length;
}
