/** Compressed bytes, read from front to back. Every function throws where they are cut off. */
export class Input {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new Error('compressed bytes that are cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  /** An unsigned number of 1 to 4 bytes, the lowest first. */
  littleEndian(bytes: number): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }

  /** An unsigned number of 4 bytes, the highest first. */
  bigEndian32(): number {
    return this.take(4).readUInt32BE();
  }

  startsWith(bytes: Uint8Array): boolean {
    return this.#bytes.subarray(0, bytes.length).equals(bytes);
  }
}
