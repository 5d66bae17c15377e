import { assertDecompressedBytes, copyLiteral, cutOff, repeatBytes } from './bounds.ts';

// Java's clients write blocks one after another with a length before each (snappy-java, SnappyOutputStream); others write one bare block.
const streamMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const streamHeaderBytes = 16;

// The densest element repeats 64 bytes and has 3 itself.
const expansionMax = 22;

/** Decompresses Snappy: bare, or Java's streams of blocks, one stream or several in a row. Throws for what is neither. */
export function decompressSnappy(bytes: Uint8Array): Buffer {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isStreamAt(input, 0)) return blockOf(input, 0);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = 0; at < input.length; ) {
    if (isStreamAt(input, at)) {
      at += streamHeaderBytes;
      continue;
    }
    if (at + 4 > input.length) cutOff();
    const end = at + 4 + input.readUInt32BE(at);
    if (end > input.length) cutOff();
    const block = blockOf(input.subarray(at + 4, end), total);
    blocks.push(block);
    total += block.length;
    at = end;
  }
  return Buffer.concat(blocks);
}

function isStreamAt(input: Buffer, at: number): boolean {
  return input[at] === streamMagic[0] && input.subarray(at, at + streamMagic.length).equals(streamMagic);
}

/** One block (google/snappy, format_description.txt), behind `before` bytes of others. */
function blockOf(input: Buffer, before: number): Buffer {
  const { length, start } = lengthOf(input);
  assertDecompressedBytes(before + length);
  if (length > input.length * expansionMax) throw new Error('a Snappy block that cannot be as long as it says');
  const output = Buffer.allocUnsafe(length);
  let at = 0;
  for (let from = start; from < input.length; ) {
    const tag = input[from++] ?? cutOff();
    const kind = tag & 3;
    if (kind === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const sizeBytes = size - 59;
        size = littleEndian(input, from, sizeBytes);
        from += sizeBytes;
      }
      size++;
      if (from + size > input.length) cutOff();
      assertWithin(at + size, length);
      copyLiteral(input, from, output, at, size);
      from += size;
      at += size;
      continue;
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distanceBytes = kind === 3 ? 4 : kind;
    const low = littleEndian(input, from, distanceBytes);
    from += distanceBytes;
    assertWithin(at + size, length);
    repeatBytes(output, 0, at, kind === 1 ? ((tag >> 5) << 8) | low : low, size);
    at += size;
  }
  assertWithin(length, at);
  return output;
}

function assertWithin(length: number, lengthMax: number): void {
  if (length > lengthMax) throw new Error('a Snappy block that is not as long as it says');
}

/** An unsigned number of 1 to 4 bytes, the lowest first. */
function littleEndian(input: Buffer, at: number, bytes: number): number {
  const low = input[at] ?? cutOff();
  if (bytes === 1) return low;
  const second = low | ((input[at + 1] ?? cutOff()) << 8);
  if (bytes === 2) return second;
  const third = second | ((input[at + 2] ?? cutOff()) << 16);
  return bytes === 3 ? third : third + (input[at + 3] ?? cutOff()) * 2 ** 24;
}

/** How long a block is when decompressed (a varint), and where its elements start. */
function lengthOf(input: Buffer): { readonly length: number; readonly start: number } {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = input[at] ?? cutOff();
    length += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) return { length, start: at + 1 };
  }
  throw new Error('a Snappy block with a length that is none');
}
