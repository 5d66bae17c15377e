import { promisify } from 'node:util';
import { type ZstdOptions, zstdDecompress } from 'node:zlib';
import { assertDecompressedBytes, decompressedBytesMax } from './bounds.ts';

/** Node's types do not know `info`; with it the result tells how many bytes were read. */
type Decompress = (bytes: Uint8Array, options: ZstdOptions & { readonly info: true }) => Promise<Decompressed>;

interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

const decompress = promisify(zstdDecompress) as unknown as Decompress;

/** Each frame is a call of its own. Java's producer writes one frame a batch; an empty frame has 9 bytes. */
const framesMax = 1_024;

/**
 * Decompresses Zstandard frames, one or several in a row (RFC 8878, 3). Node's decoder ends after the first one (seen with Node
 * 24.21). Rejects for what is none, for more than 128 MiB, and for more than 1,024 frames.
 */
export async function decompressZstd(bytes: Uint8Array): Promise<Buffer> {
  const frames: Buffer[] = [];
  let total = 0;
  let rest = bytes;
  for (let count = 0; count === 0 || rest.length > 0; count++) {
    if (count === framesMax) throw new Error(`more than ${framesMax} Zstandard frames`);
    // A byte more than there is room for, since Node takes no limit of 0.
    const maxOutputLength = decompressedBytesMax - total + 1;
    const { buffer, engine } = await decompress(rest, { maxOutputLength, info: true });
    total += buffer.length;
    assertDecompressedBytes(total);
    frames.push(buffer);
    rest = rest.subarray(engine.bytesWritten);
  }
  return frames.length === 1 ? (frames[0] ?? Buffer.alloc(0)) : Buffer.concat(frames);
}
