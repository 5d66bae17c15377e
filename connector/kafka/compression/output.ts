/** More than any batch of records may be, so that bytes that lie cannot exhaust the memory. */
export const decompressedBytesMax = 134_217_728;

/** Decompressed bytes as they come: literal ones, and repetitions of what came before (LZ77, as Snappy and LZ4 have it). */
export class Output {
  #bytes: Buffer;
  #length = 0;

  /** `capacity` is a first guess; it grows. Throws where even that is more than 128 MiB. */
  constructor(capacity: number) {
    assertSize(capacity);
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What came so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends `length` bytes from `distance` bytes back; where they are more than there are, they repeat. Throws where there are none. */
  repeat(distance: number, length: number): void {
    if (distance < 1 || distance > this.#length)
      throw new Error('compressed bytes that refer to before their beginning');
    this.#grow(length);
    const from = this.#length - distance;
    // What is copied doubles what can be copied next.
    for (let done = 0; done < length; ) {
      const step = Math.min(length - done, distance + done);
      this.#bytes.copyWithin(this.#length + done, from, from + step);
      done += step;
    }
    this.#length += length;
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    assertSize(needed);
    const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2), decompressedBytesMax));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

function assertSize(bytes: number): void {
  if (bytes > decompressedBytesMax) throw new Error(`compressed bytes that make more than ${decompressedBytesMax}`);
}
