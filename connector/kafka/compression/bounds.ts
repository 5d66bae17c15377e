/** Most bytes that a batch may have decompressed: more than any batch of records has, so that corrupt bytes cannot exhaust the memory. */
export const decompressedBytesMax = 134_217_728;

/** What is said of a batch that has more. */
export const tooManyBytes = `more than ${decompressedBytesMax} bytes when decompressed`;

/** Throws where a batch would have more than {@link decompressedBytesMax} bytes. */
export function assertDecompressedBytes(bytes: number): void {
  if (bytes > decompressedBytesMax) throw new Error(tooManyBytes);
}

/** What a decoder throws where the compressed bytes end within an element. */
export function cutOff(): never {
  throw new Error('compressed bytes that are cut off');
}

// Below it a loop is faster than a call into the runtime: most literals and repetitions of rows have some 10 bytes.
const loopedBytesMax = 32;

/** Copies `length` bytes of the input. The caller has checked that both have them. */
export function copyLiteral(input: Uint8Array, from: number, output: Uint8Array, at: number, length: number): void {
  if (length > loopedBytesMax) output.set(input.subarray(from, from + length), at);
  else for (let done = 0; done < length; done++) output[at + done] = input[from + done] as number;
}

/**
 * Repeats `length` bytes from `distance` bytes back (LZ77, as Snappy and LZ4 have it); where they are more than there are, they
 * repeat. The caller has checked that the output has room. Throws where `distance` refers to before byte `start`.
 */
export function repeatBytes(output: Uint8Array, start: number, at: number, distance: number, length: number): void {
  const from = at - distance;
  if (distance < 1 || from < start) throw new Error('compressed bytes that refer to before their beginning');
  if (length > loopedBytesMax && distance >= length) output.copyWithin(at, from, from + length);
  else for (let done = 0; done < length; done++) output[at + done] = output[from + done] as number;
}
