import { assert, unreachable } from '../../kernel/assert.ts';
import type { SourcePosition } from '../../kernel/row-change.ts';
import { type Instant, instant } from '../../kernel/time.ts';
import type { OrderState } from '../../order/state.ts';

/** A state as a text of one byte a character: some 60 bytes, where the objects it is made of take 500. */
export type PackedState = string & { readonly [packedBrand]: true };

declare const packedBrand: unique symbol;

const kinds = ['unknown', 'live', 'ended'] as const;
const sources = ['lsn', 'binlog', 'time'] as const;
const none = Number.NaN;
const hashBytes = 16;
// Longest text that a binlog's name may be; MySQL allows 255 (FN_REFLEN is 512, with the folder).
const fileMax = 512;
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const scratch = new DataView(new ArrayBuffer(128 + fileMax));
const scratchBytes = new Uint8Array(scratch.buffer);

/** Packs states of the orders of some topics; a state without a position is nothing to be kept, and is refused. */
export class StatePacker {
  readonly #topics: string[] = [];
  readonly #indexes = new Map<string, number>();

  pack(state: OrderState): PackedState {
    const { through, source, kind } = state;
    assert(through !== null && source !== null, 'an order is remembered once it has gone through a change');
    const cursor = new Cursor();
    cursor.byte(kinds.indexOf(kind));
    cursor.byte(this.#indexOf(through.topic));
    cursor.int(through.partition);
    cursor.long(through.offset);
    putSource(cursor, source);
    cursor.instant(state.bizDate);
    switch (state.kind) {
      case 'unknown':
        cursor.byte(state.mayBeEnded ? 1 : 0);
        cursor.instant(state.mayExpireAt);
        break;
      case 'live':
        cursor.instant(state.expires);
        cursor.hash(state.hash);
        break;
      case 'ended':
        cursor.hash(state.hash);
        break;
      default:
        unreachable(state);
    }
    return cursor.text();
  }

  unpack(packed: PackedState): OrderState {
    const cursor = new Cursor(packed);
    const kind = kinds[cursor.nextByte()];
    const topic = this.#topics[cursor.nextByte()];
    assert(kind !== undefined && topic !== undefined, 'a packed state is unpacked by who packed it');
    const through = { topic, partition: cursor.nextInt(), offset: cursor.nextLong() };
    const source = nextSource(cursor);
    const bizDate = cursor.nextInstant();
    if (kind === 'unknown') {
      const mayBeEnded = cursor.nextByte() === 1;
      return { kind, through, source, bizDate, mayBeEnded, mayExpireAt: cursor.nextInstant() };
    }
    assert(bizDate !== null, 'a card has a bizDate');
    if (kind === 'ended') return { kind, through, source, bizDate, hash: cursor.nextHash() };
    const expires = cursor.nextInstant();
    assert(expires !== null, 'a card expires');
    return { kind, through, source, bizDate, expires, hash: cursor.nextHash() };
  }

  /** The topic and partition of the last change, without unpacking the rest. */
  placeOf(packed: PackedState): { readonly topic: string; readonly partition: number } {
    const cursor = new Cursor(packed);
    cursor.nextByte();
    return { topic: this.#topics[cursor.nextByte()] ?? '', partition: cursor.nextInt() };
  }

  #indexOf(topic: string): number {
    const known = this.#indexes.get(topic);
    if (known !== undefined) return known;
    const index = this.#topics.push(topic) - 1;
    assert(index < 256, 'there are fewer than 256 source topics');
    this.#indexes.set(topic, index);
    return index;
  }
}

function putSource(cursor: Cursor, source: SourcePosition): void {
  cursor.byte(sources.indexOf(source.kind));
  cursor.instant(source.committedAt);
  if (source.kind === 'lsn') cursor.long(source.lsn);
  if (source.kind !== 'binlog') return;
  cursor.long(source.offset);
  cursor.int(source.row);
  cursor.int(source.file.length);
  for (let i = 0; i < source.file.length; i++) cursor.byte(source.file.charCodeAt(i));
}

function nextSource(cursor: Cursor): SourcePosition {
  const kind = sources[cursor.nextByte()];
  const committedAt = cursor.nextInstant();
  assert(kind !== undefined && committedAt !== null, 'a packed state has a source position');
  switch (kind) {
    case 'lsn':
      return { kind, lsn: cursor.nextLong(), committedAt };
    case 'time':
      return { kind, committedAt };
    case 'binlog': {
      const offset = cursor.nextLong();
      const row = cursor.nextInt();
      let file = '';
      for (let left = cursor.nextInt(); left > 0; left--) file += String.fromCharCode(cursor.nextByte());
      return { kind, file, offset, row, committedAt };
    }
  }
}

/** Writes into, or reads from, the one scratch buffer: nothing here waits, so nobody comes between. */
class Cursor {
  readonly #length: number;
  #at = 0;

  constructor(packed: PackedState | '' = '') {
    this.#length = packed.length;
    for (let i = 0; i < packed.length; i++) scratchBytes[i] = packed.charCodeAt(i);
  }

  text(): PackedState {
    return Reflect.apply(String.fromCharCode, null, scratchBytes.subarray(0, this.#at));
  }

  byte(value: number): void {
    scratchBytes[this.#at++] = value;
  }

  int(value: number): void {
    scratch.setInt32(this.#step(4), value);
  }

  long(value: bigint): void {
    scratch.setBigInt64(this.#step(8), value);
  }

  instant(value: Instant | null): void {
    scratch.setFloat64(this.#step(8), value ?? none);
  }

  /** 32 hexadecimal digits; no hash takes no place. */
  hash(hash: string | null): void {
    if (hash === null) return;
    for (let i = 0; i < hashBytes; i++) this.byte((digit(hash, 2 * i) << 4) | digit(hash, 2 * i + 1));
  }

  nextByte(): number {
    return scratchBytes[this.#at++] ?? 0;
  }

  nextInt(): number {
    return scratch.getInt32(this.#step(4));
  }

  nextLong(): bigint {
    return scratch.getBigInt64(this.#step(8));
  }

  nextInstant(): Instant | null {
    const ms = scratch.getFloat64(this.#step(8));
    return Number.isNaN(ms) ? null : instant(ms);
  }

  nextHash(): string | null {
    if (this.#at === this.#length) return null;
    let hash = '';
    for (let i = 0; i < hashBytes; i++) hash += hexOfByte[this.nextByte()] ?? '';
    return hash;
  }

  #step(bytes: number): number {
    this.#at += bytes;
    return this.#at - bytes;
  }
}

function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
