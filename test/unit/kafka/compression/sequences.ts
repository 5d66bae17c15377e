import fc from 'fast-check';

/** What both formats are made of: bytes as they are, or a repetition of `length` bytes from `distance` bytes back. */
export type Sequence = { readonly literal: Buffer } | { readonly distance: number; readonly length: number };

/** Sequences that can be decompressed: every repetition refers to what is there. */
export const sequences: fc.Arbitrary<readonly Sequence[]> = fc
  .array(
    fc.oneof(
      // Lengths around the places where the formats write them otherwise.
      fc.record({
        size: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 250, max: 540 }), fc.constant(70_000)),
        fill: fc.nat(255),
      }),
      fc.record({
        back: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.oneof(fc.integer({ min: 4, max: 64 }), fc.constant(300)),
      }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map(parts => {
    let total = 0;
    return parts.flatMap((part): Sequence[] => {
      if ('size' in part) {
        total += part.size;
        const literal = Buffer.alloc(part.size);
        for (let at = 0; at < part.size; at++) literal[at] = (part.fill + at * at) % 251;
        return [{ literal }];
      }
      if (total === 0) return [];
      const distance = Math.min(1 + Math.floor(part.back * (total - 1)), 65_535);
      total += part.length;
      return [{ distance, length: part.length }];
    });
  });

/** What the sequences stand for, byte by byte. */
export function expand(all: readonly Sequence[]): Buffer {
  const size = all.reduce((sum, one) => sum + ('literal' in one ? one.literal.length : one.length), 0);
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (const sequence of all) {
    if ('literal' in sequence) at += sequence.literal.copy(bytes, at);
    else for (let done = 0; done < sequence.length; done++, at++) bytes[at] = bytes[at - sequence.distance] ?? 0;
  }
  return bytes;
}
