/** The bytes are not what their schema says. The text holds nothing of the bytes. */
export class MalformedAvro extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'MalformedAvro';
  }
}

/** Most values without bytes that one cursor reads: nulls, for example, in an array of nulls. No table has them. */
const emptyValuesMax = 65_536;

const truncated = 'the bytes end too early';

/**
 * Reads Avro's binary encoding (Avro specification, "Binary Encoding") with every bound checked; throws
 * {@link MalformedAvro}.
 *
 * avsc's own reader checks no bound until a value is complete (its `Tap` says so): 5 corrupt bytes that announce an array
 * of 2,000,000,000 items end the process for lack of memory (seen with avsc 5.7.9).
 */
export class AvroCursor {
  readonly #bytes: Buffer;
  #at: number;
  /** Whether the variable-length number just read in part goes on. */
  #continues = false;
  #emptyValues = 0;

  /** Starts at byte `start`. The bytes are not copied. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  readBoolean(): boolean {
    const byte = this.#readByte();
    if (byte > 1) throw new MalformedAvro('a boolean is neither 0 nor 1');
    return byte === 1;
  }

  /** 32 bits. */
  readInt(): number {
    let bits = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#readByte();
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
    }
    const last = this.#readByte();
    if (last > 0x0f) throw new MalformedAvro('an int has more than 32 bits');
    bits |= last << 28;
    return (bits >>> 1) ^ -(bits & 1);
  }

  /** 64 bits, exact. */
  readLong(): bigint {
    const low = this.#readBits(28);
    if (!this.#continues) return BigInt((low >>> 1) ^ -(low & 1));
    const middle = this.#readBits(28);
    if (!this.#continues && middle < 2 ** 25) {
      // Below 2^53: a double is exact, and some times faster than arithmetic of bigints.
      const bits = middle * 2 ** 28 + low;
      return BigInt(bits % 2 === 0 ? bits / 2 : -(bits + 1) / 2);
    }
    const high = this.#continues ? this.#readHighBits() : 0;
    const bits = (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
    return (bits >> 1n) ^ -(bits & 1n);
  }

  readFloat(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  readDouble(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** UTF-8; broken sequences become U+FFFD. */
  readText(): string {
    const size = this.#readSize();
    const start = this.#take(size);
    return this.#bytes.toString('utf8', start, start + size);
  }

  /** Bytes with their length before them: a view, not a copy. */
  readBytes(): Uint8Array {
    return this.readFixed(this.#readSize());
  }

  /** So many bytes: a view, not a copy. */
  readFixed(size: number): Uint8Array {
    const start = this.#take(size);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, size);
  }

  /** Another cursor at the same place. */
  fork(): AvroCursor {
    const other = new AvroCursor(this.#bytes, this.#at);
    other.#emptyValues = this.#emptyValues;
    return other;
  }

  /** Counts values that take no bytes, which the number of bytes does not bound. Throws past 65,536 of them. */
  countEmpty(values: number): void {
    this.#emptyValues += values;
    if (this.#emptyValues > emptyValuesMax) throw new MalformedAvro(`more than ${emptyValuesMax} values without bytes`);
  }

  /** Steps over so many bytes. */
  skip(size: number): void {
    this.#take(size);
  }

  /** Steps over a text, or over bytes with their length before them. */
  skipSized(): void {
    this.#take(this.#readSize());
  }

  /** Steps over a long, of no more than 64 bits. */
  skipLong(): void {
    this.#readBits(56);
    if (this.#continues) this.#readHighBits();
  }

  /** Which of `count` branches of a union, or symbols of an enum, follows. */
  readIndex(count: number): number {
    const index = this.readInt();
    if (index < 0 || index >= count) throw new MalformedAvro('a union or enum has no such branch');
    return index;
  }

  /**
   * How many items the next block of an array or map has; 0 ends it. Never more than there are bytes left: a corrupt count is
   * refused at once. Items without bytes must be counted with {@link countEmpty}.
   */
  readBlockCount(): number {
    let count = this.readLong();
    if (count < 0n) {
      count = -count;
      this.skipLong(); // The block's size in bytes. A corrupt one must not decide where the value ends.
    }
    if (count > this.left) throw new MalformedAvro(truncated);
    return Number(count);
  }

  /** Up to `bits` bits of a variable-length number, 7 a byte; sets `#continues` where more follow. */
  #readBits(bits: number): number {
    let value = 0;
    for (let shift = 0; shift < bits; shift += 7) {
      const byte = this.#readByte();
      value |= (byte & 0x7f) << shift;
      this.#continues = byte >= 0x80;
      if (!this.#continues) break;
    }
    return value;
  }

  /** Bits 56 to 63, in the ninth and tenth byte. */
  #readHighBits(): number {
    const ninth = this.#readByte();
    if (ninth < 0x80) return ninth;
    const tenth = this.#readByte();
    if (tenth > 1) throw new MalformedAvro('a long has more than 64 bits');
    return (ninth & 0x7f) | (tenth << 7);
  }

  #readSize(): number {
    const size = this.readInt();
    if (size < 0) throw new MalformedAvro('a length is negative');
    return size;
  }

  /** Steps over `size` bytes and returns where they start. */
  #take(size: number): number {
    const start = this.#at;
    if (size > this.#bytes.length - start) throw new MalformedAvro(truncated);
    this.#at = start + size;
    return start;
  }

  #readByte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new MalformedAvro(truncated);
    this.#at++;
    return byte;
  }
}
