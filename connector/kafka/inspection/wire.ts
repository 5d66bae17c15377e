// Kafka's wire format, as far as the requests of this folder need it. kafkajs has its own, but gives it to nobody.

/** What is written into a request. */
export type WireValue = boolean | number | string | readonly string[] | Uint8Array;

/** The bytes of a request's body: a boolean is a byte, a number an INT32, a text stands behind its length, a list behind its count; bytes as they are. */
export function wireBytes(values: readonly WireValue[]): Buffer {
  return Buffer.concat(
    values.flatMap(value => {
      if (typeof value === 'boolean') return [Buffer.from([value ? 1 : 0])];
      if (typeof value === 'number') return [int32(value)];
      if (typeof value === 'string') return [text(value)];
      if (value instanceof Uint8Array) return [value];
      return [int32(value.length), ...value.map(text)];
    }),
  );
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

/** A 16-bit number. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** A 32-bit number. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Reads an answer's body from front to back; throws a RangeError behind its end. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  #step(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }

  boolean(): boolean {
    return this.#bytes.readInt8(this.#step(1)) !== 0;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#step(8));
  }

  /** Null is taken for empty. */
  text(): string {
    return this.#run(this.int16()).toString('utf8');
  }

  bytes(): Buffer {
    return this.#run(this.int32());
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  #run(length: number): Buffer {
    const from = this.#step(Math.max(0, length));
    if (this.#at > this.#bytes.length) throw new RangeError('the answer is cut off');
    return this.#bytes.subarray(from, this.#at);
  }
}
