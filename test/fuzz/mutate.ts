import type { Random } from '../demo/random.ts';

// Values at which readers of bytes go wrong: ends of ranges, and long varints (Avro's numbers).
const oddBytes = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b, 0x7d, 0x5b];
const oddRuns: readonly Buffer[] = [
  Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
  Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from('\\ud83d'),
  Buffer.from('"__proto__":'),
  Buffer.from('1e999'),
  Buffer.from('infinity'),
  Buffer.from('-----BEGIN PRIVATE KEY-----'),
];

/** Bytes with one to eight changes: bits, bytes, odd runs, pieces cut out, repeated, or taken from another value. */
export function mutated(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let changes = random.int(1, 8); changes > 0; changes--) result = changedOnce(result, others, random);
  return result;
}

function changedOnce(bytes: Buffer, others: readonly Buffer[], random: Random): Buffer {
  const at = random.int(0, Math.max(0, bytes.length - 1));
  const length = random.int(1, random.chance(0.1) ? 200 : 8);
  const cut = (insert: Buffer, removed: number) =>
    Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + removed)]);
  switch (random.int(0, 6)) {
    case 0:
      return bytes.length === 0 ? bytes : cut(Buffer.of((bytes[at] ?? 0) ^ (1 << random.int(0, 7))), 1);
    case 1:
      return cut(Buffer.of(random.chance(0.5) ? random.pick(oddBytes) : random.int(0, 255)), 1);
    case 2:
      return cut(random.pick(oddRuns), random.chance(0.5) ? 0 : length);
    case 3:
      return cut(Buffer.of(), length);
    case 4:
      return cut(bytes.subarray(at, at + length), 0);
    case 5:
      return bytes.subarray(0, at);
    default: {
      const other = random.pick(others);
      const from = random.int(0, Math.max(0, other.length - 1));
      return cut(other.subarray(from, from + length), length);
    }
  }
}

/** A shorter input that is still bad: pieces are taken out while `isBad` holds, the large ones first. */
export async function shrunk(bytes: Buffer, isBad: (bytes: Buffer) => Promise<boolean>): Promise<Buffer> {
  let best = bytes;
  for (let size = best.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= best.length; ) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (await isBad(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}
