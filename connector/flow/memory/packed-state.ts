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
const usualOffsets = 2n ** 48n;
const timeMax = 2 ** 48 - 1;
const scratch = new DataView(new ArrayBuffer(128 + fileMax));
const scratchBytes = new Uint8Array(scratch.buffer);

/** Packs states of the orders of some topics; a state without a position is nothing to be kept, and is refused. */
export class StatePacker {
  readonly #topics: string[] = [];
  readonly #indexes = new Map<string, number>();

  /** `at`: when the order's last change was handled. */
  pack(state: OrderState, at: Instant): PackedState {
    const { through, source, kind } = state;
    assert(through !== null && source !== null, 'an order is remembered once it has gone through a change');
    const cursor = new Cursor();
    cursor.byte(this.#indexOf(through.topic));
    cursor.count(through.partition);
    cursor.time(at);
    cursor.byte(kinds.indexOf(kind));
    cursor.offset(through.offset);
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
    const topic = this.#topics[cursor.nextByte()];
    const partition = cursor.nextCount();
    cursor.nextTime();
    const kind = kinds[cursor.nextByte()];
    assert(kind !== undefined && topic !== undefined, 'a packed state is unpacked by who packed it');
    const through = { topic, partition, offset: cursor.nextOffset() };
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

  /** The topic and partition of the last change, and when it was handled, without unpacking the rest. */
  headOf(packed: PackedState): { readonly topic: string; readonly partition: number; readonly at: Instant } {
    const cursor = new Cursor(packed);
    return {
      topic: this.#topics[cursor.nextByte()] ?? '',
      partition: cursor.nextCount(),
      at: cursor.nextTime(),
    };
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

// Next to the kind, in the same byte.
const flags = { snapshot: 4, near: 8, far: 16, server: 32 } as const;
const kindMask = 3;
// A commit is this close before its successor's changes, or the distance takes eight bytes instead of four.
const nearest = 2n ** 31n - 1n;

function putSource(cursor: Cursor, source: SourcePosition): void {
  const distance = source.kind === 'lsn' && source.commitLsn !== undefined ? source.lsn - source.commitLsn : null;
  const isNear = distance !== null && distance <= nearest && distance >= -nearest;
  const server = source.kind === 'binlog' ? source.server : undefined;
  cursor.byte(
    sources.indexOf(source.kind) |
      (source.snapshot === true ? flags.snapshot : 0) |
      (distance === null ? 0 : isNear ? flags.near : flags.far) |
      (server === undefined ? 0 : flags.server),
  );
  cursor.instant(source.committedAt);
  if (source.kind === 'lsn') {
    cursor.long(source.lsn);
    if (distance !== null && isNear) cursor.int(Number(distance));
    if (distance !== null && !isNear) cursor.long(source.lsn - distance);
  }
  if (source.kind !== 'binlog') return;
  cursor.offset(source.offset);
  cursor.int(source.row);
  if (server !== undefined) cursor.count(server);
  cursor.count(source.file.length);
  for (let i = 0; i < source.file.length; i++) cursor.byte(source.file.charCodeAt(i));
}

function nextSource(cursor: Cursor): SourcePosition {
  const head = cursor.nextByte();
  const kind = sources[head & kindMask];
  const committedAt = cursor.nextInstant();
  assert(kind !== undefined && committedAt !== null, 'a packed state has a source position');
  const taken = (head & flags.snapshot) === 0 ? undefined : ({ snapshot: true } as const);
  switch (kind) {
    case 'lsn': {
      const lsn = cursor.nextLong();
      if ((head & flags.near) !== 0)
        return { kind, lsn, commitLsn: lsn - BigInt(cursor.nextInt()), committedAt, ...taken };
      if ((head & flags.far) !== 0) return { kind, lsn, commitLsn: cursor.nextLong(), committedAt, ...taken };
      return { kind, lsn, committedAt, ...taken };
    }
    case 'time':
      return { kind, committedAt, ...taken };
    case 'binlog': {
      const offset = cursor.nextOffset();
      const row = cursor.nextInt();
      const server = (head & flags.server) === 0 ? undefined : { server: cursor.nextCount() };
      let file = '';
      for (let left = cursor.nextCount(); left > 0; left--) file += String.fromCharCode(cursor.nextByte());
      return { kind, file, offset, row, committedAt, ...server, ...taken };
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

  /** 0 or more, in as few bytes as it takes: seven bits each, the lowest first. */
  count(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) + 0x80);
    this.byte(rest);
  }

  /** Of any 64 bits; an offset as far as there are any takes four bytes or so. */
  offset(value: bigint): void {
    const isUsual = value >= 0n && value < usualOffsets;
    this.count(isUsual ? Number(value) + 1 : 0);
    if (!isUsual) this.long(value);
  }

  /** To the millisecond, of the years 1970 to 10889. */
  time(value: Instant): void {
    const ms = Math.min(Math.max(0, Math.floor(value)), timeMax);
    scratch.setUint16(this.#step(2), Math.floor(ms / 2 ** 32));
    scratch.setUint32(this.#step(4), ms % 2 ** 32);
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

  nextCount(): number {
    let value = 0;
    let unit = 1;
    let byte = this.nextByte();
    for (; byte >= 0x80; byte = this.nextByte()) {
      value += (byte - 0x80) * unit;
      unit *= 0x80;
    }
    return value + byte * unit;
  }

  nextOffset(): bigint {
    const count = this.nextCount();
    return count === 0 ? this.nextLong() : BigInt(count - 1);
  }

  nextTime(): Instant {
    const high = scratch.getUint16(this.#step(2));
    return instant(high * 2 ** 32 + scratch.getUint32(this.#step(4)));
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
