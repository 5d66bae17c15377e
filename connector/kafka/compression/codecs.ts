import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import kafkajs from 'kafkajs';
import { messageOf } from '../../kernel/fault.ts';
import { decompressedBytesMax, tooManyBytes } from './bounds.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';
import { assertRecords, unreadableRecords } from './unreadable-batch.ts';
import { decompressZstd } from './zstd.ts';

const decompressGzip = promisify(unzip);

/**
 * Lets kafkajs read what is compressed with Snappy, LZ4 or Zstandard, which it does not know, and with gzip, which it reads without a
 * bound. A batch that cannot be decompressed becomes records that say so (see `sourceRecordOf`): an error here ends the consumer for
 * good, and kafkajs does not tell which batch it was. The connector itself writes uncompressed.
 */
export function registerCodecs(): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  codecs[types.GZIP] = codec('gzip', bytes => decompressGzip(bytes, { maxOutputLength: decompressedBytesMax }));
  codecs[types.Snappy] = codec('Snappy', async bytes => decompressSnappy(bytes));
  codecs[types.LZ4] = codec('LZ4', async bytes => decompressLz4(bytes));
  codecs[types.ZSTD] = codec('Zstandard', decompressZstd);
}

function codec(name: string, decompress: (bytes: Buffer) => Promise<Buffer>) {
  const reading = {
    compress: () => Promise.reject(new Error('the connector writes uncompressed')),
    decompress: async (bytes: Buffer) => {
      try {
        const records = await decompress(bytes);
        assertRecords(bytes, records);
        return records;
      } catch (error) {
        return unreadableRecords(bytes, `the batch is compressed with ${name} and cannot be read: ${reasonOf(error)}`);
      }
    },
  };
  return () => reading;
}

/** zlib's own text names the limit as that of a Buffer. */
function reasonOf(error: unknown): string {
  const { code }: { readonly code?: unknown } = Object(error);
  return code === 'ERR_BUFFER_TOO_LARGE' ? tooManyBytes : messageOf(error);
}
