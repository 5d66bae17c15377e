import { assertDecompressedBytes, copyLiteral, cutOff, decompressedBytesMax, repeatBytes } from './bounds.ts';

// lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md. Its checksums are passed over: Kafka's own covers the batch, and
// old clients of Java computed the header's wrongly (KAFKA-3160).
const magic = 0x184d2204;
const skippableMagic = 0x184d2a50;
const uncompressedBlock = 0x8000_0000;

/** What was decompressed so far, and the place behind it. */
interface Output {
  bytes: Buffer;
  at: number;
}

/** Decompresses LZ4 frames, one or several in a row; skippable ones are skipped. Throws where the bytes do not begin with a frame. */
export function decompressLz4(bytes: Uint8Array): Buffer {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const output: Output = { bytes: Buffer.allocUnsafe(Math.min(input.length * 4, decompressedBytesMax)), at: 0 };
  let at = 0;
  do at = frame(input, at, output);
  while (at < input.length);
  return output.bytes.subarray(0, output.at);
}

/** Decompresses the frame at a place, and returns the place behind it. */
function frame(input: Buffer, start: number, output: Output): number {
  const begin = littleEndian32(input, start);
  // Not with `&`, which would make a sign of the top bit.
  if (begin - (begin % 16) === skippableMagic) return behind(input, start + 8, littleEndian32(input, start + 4));
  if (begin !== magic) throw new Error('no LZ4 frame');
  const flags = input[start + 4] ?? cutOff();
  if (flags >> 6 !== 1) throw new Error('an LZ4 frame of an unknown version');
  if (flags & 1) throw new Error('an LZ4 frame with a dictionary');
  const blockBytesMax = blockBytesMaxOf(input[start + 5] ?? cutOff());
  const [checksumBytes, contentSizeBytes, contentChecksumBytes] = [flags & 16 && 4, flags & 8, flags & 4];
  const frameStart = output.at;
  let at = start + 7 + contentSizeBytes;
  for (let size = littleEndian32(input, at); size !== 0; size = littleEndian32(input, at)) {
    const isCompressed = size < uncompressedBlock;
    const end = behind(input, at + 4, isCompressed ? size : size - uncompressedBlock);
    if (isCompressed) {
      reserve(output, blockBytesMax);
      block(input, at + 4, end, output, frameStart, output.at + blockBytesMax);
    } else {
      reserve(output, end - at - 4);
      copyLiteral(input, at + 4, output.bytes, output.at, end - at - 4);
      output.at += end - at - 4;
    }
    at = behind(input, end, checksumBytes);
  }
  return behind(input, at + 4, contentChecksumBytes);
}

function blockBytesMaxOf(descriptor: number): number {
  const id = (descriptor >> 4) & 7;
  if (id < 4) throw new Error('an LZ4 frame with blocks of an unknown size');
  return 2 ** (8 + 2 * id);
}

/** Makes room for so many bytes more, as far as a batch may have them: what has more is refused where it is written. */
function reserve(output: Output, bytes: number): void {
  const wanted = Math.min(output.at + bytes, decompressedBytesMax);
  if (wanted <= output.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.min(Math.max(wanted, output.bytes.length * 2), decompressedBytesMax));
  output.bytes.copy(larger, 0, 0, output.at);
  output.bytes = larger;
}

/** A block: sequences of literal bytes and a repetition; the last has only literal bytes. Repetitions reach back as far as the frame. */
function block(input: Buffer, start: number, end: number, output: Output, frameStart: number, atMax: number): void {
  const { bytes } = output;
  let { at } = output;
  let from = start;
  while (from < end) {
    const token = input[from++] ?? cutOff();
    let literal = token >> 4;
    if (literal === 15) {
      for (let more = 255; more === 255; literal += more) more = from < end ? (input[from++] ?? cutOff()) : cutOff();
    }
    if (from + literal > end) cutOff();
    assertRoom(at + literal, atMax);
    copyLiteral(input, from, bytes, at, literal);
    from += literal;
    at += literal;
    if (from === end) break;
    if (from + 2 > end) cutOff();
    const distance = (input[from] ?? cutOff()) | ((input[from + 1] ?? cutOff()) << 8);
    from += 2;
    let length = token & 15;
    if (length === 15) {
      for (let more = 255; more === 255; length += more) more = from < end ? (input[from++] ?? cutOff()) : cutOff();
    }
    length += 4;
    assertRoom(at + length, atMax);
    repeatBytes(bytes, frameStart, at, distance, length);
    at += length;
  }
  output.at = at;
}

function assertRoom(at: number, atMax: number): void {
  if (at > atMax) throw new Error('an LZ4 block larger than its frame says');
  assertDecompressedBytes(at);
}

/** The place behind so many bytes. Throws where there are fewer. */
function behind(input: Buffer, at: number, bytes: number): number {
  if (at + bytes > input.length) cutOff();
  return at + bytes;
}

function littleEndian32(input: Buffer, at: number): number {
  return at + 4 > input.length ? cutOff() : input.readUInt32LE(at);
}
