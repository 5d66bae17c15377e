import { frameBytes } from './wire-format.ts';

const firstBytes = 1_024;
/** Below it a number times two is still exact. */
const exactBelow = 2 ** 52;

/** Writes Avro's binary encoding (Avro specification, "Binary Encoding"), one value after the other into the same memory. */
export class AvroWriter {
  #bytes = Buffer.allocUnsafe(firstBytes);
  #at = 0;

  /** Begins a value in Confluent's wire format. */
  begin(schemaId: number): void {
    this.#at = 0;
    this.#reserve(frameBytes);
    this.#bytes[0] = 0;
    this.#at = this.#bytes.writeInt32BE(schemaId, 1);
  }

  /** What was written since {@link begin}: a copy. */
  end(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  writeBoolean(value: boolean): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** An int or a long, exact; a number must be a whole one. */
  writeLong(value: number | bigint): void {
    this.#reserve(10);
    if (value > -exactBelow && value < exactBelow) this.#writeNumber(Number(value));
    else this.#writeBigInt(BigInt(value));
  }

  /** The branch of a union, or the symbol of an enum. */
  writeIndex(index: number): void {
    this.writeLong(index);
  }

  /** UTF-8. */
  writeText(text: string): void {
    const size = Buffer.byteLength(text);
    this.writeLong(size);
    this.#reserve(size);
    this.#at += this.#bytes.write(text, this.#at, size, 'utf8');
  }

  /** Bytes with their length before them. */
  writeBytes(bytes: Uint8Array): void {
    this.writeLong(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A fixed by its hexadecimal digits. */
  writeHex(digits: string): void {
    const size = digits.length / 2;
    this.#reserve(size);
    this.#at += this.#bytes.write(digits, this.#at, size, 'hex');
  }

  #writeNumber(value: number): void {
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 0x80;
    for (; rest >= 128; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  #writeBigInt(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    for (; rest >= 128n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
