import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { decompressLz4 } from './lz4.ts';
import { decompressedBytesMax } from './output.ts';
import { decompressSnappy } from './snappy.ts';

const decompressZstd = promisify(zstdDecompress);

/**
 * Lets kafkajs read what is compressed with Snappy, LZ4 or Zstandard; of itself it knows gzip, and stops for good at the
 * others. Kafka Connect and topics are often set to one of them. We write uncompressed.
 */
export function registerCodecs(): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  codecs[types.Snappy] = readingBy(async bytes => decompressSnappy(bytes));
  codecs[types.LZ4] = readingBy(async bytes => decompressLz4(bytes));
  codecs[types.ZSTD] = readingBy(bytes => decompressZstd(bytes, { maxOutputLength: decompressedBytesMax }));
}

function readingBy(decompress: (bytes: Buffer) => Promise<Buffer>) {
  const compress = () => Promise.reject(new Error('we write uncompressed'));
  return () => ({ compress, decompress });
}
