import { Input } from './input.ts';
import { Output } from './output.ts';

// Java's clients write blocks one after another with a length before each (snappy-java, SnappyOutputStream); others write one bare block.
const streamMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const streamVersionBytes = 8;

/** Decompresses Snappy, bare or as Java's stream of blocks. Throws for what is neither. */
export function decompressSnappy(bytes: Uint8Array): Buffer {
  const input = new Input(bytes);
  if (!input.startsWith(streamMagic)) return blockOf(bytes);
  input.take(streamMagic.length + streamVersionBytes);
  const blocks: Buffer[] = [];
  while (!input.isAtEnd) blocks.push(blockOf(input.take(input.bigEndian32())));
  return Buffer.concat(blocks);
}

/** One block (google/snappy, format_description.txt). */
function blockOf(bytes: Uint8Array): Buffer {
  const input = new Input(bytes);
  const length = varint(input);
  const output = new Output(length);
  while (!input.isAtEnd) element(input, output);
  if (output.length !== length) throw new Error('a Snappy block that is not as long as it says');
  return output.bytes;
}

function element(input: Input, output: Output): void {
  const tag = input.byte();
  const high = tag >> 2;
  switch (tag & 3) {
    case 0:
      output.append(input.take(high < 60 ? high + 1 : input.littleEndian(high - 59) + 1));
      break;
    case 1:
      output.repeat(((tag >> 5) << 8) | input.byte(), (high & 7) + 4);
      break;
    case 2:
      output.repeat(input.littleEndian(2), high + 1);
      break;
    default:
      output.repeat(input.littleEndian(4), high + 1);
  }
}

function varint(input: Input): number {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
    const byte = input.byte();
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw new Error('a Snappy block with a length that is none');
}
