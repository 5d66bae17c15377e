import { frameBytes } from '../../avro/wire-format.ts';
import { Fault, messageOf } from '../../kernel/fault.ts';
import { instant } from '../../kernel/time.ts';
import { mappingOf } from '../../mapping-of.ts';
import type { RequestSettings } from '../../settings/load-apart.ts';
import { createDecoder } from '../../source/decode.ts';
import { readDecoded } from '../read-record.ts';
import { isAvroContainer, readAvroContainer } from './avro-container.ts';
import { tryRecords } from './dry-run.ts';
import { type FileRecord, readJsonRecords } from './json-records.ts';
import type { Trial } from './trial.ts';

/** A file, as it was read. */
export interface GivenFile {
  readonly bytes: Uint8Array;
  /** Stands for the topic of records that name none: it is part of their requestId. */
  readonly topic: string;
}

/**
 * Tries the records of a file, each as if it came at the time of its commit and nothing were known before: the same file gives the same
 * requests for ever. Needs neither Kafka nor the registry. Throws a Fault where the file is none of the forms that are known.
 */
export async function tryFromFile(
  { mapping: settings, platform }: RequestSettings,
  file: GivenFile,
  countMax: number,
): Promise<readonly Trial[]> {
  const mapping = mappingOf(settings);
  const { signal } = new AbortController();
  const records = (await recordsIn(file, signal)).slice(0, countMax);
  const read = await Promise.all(records.map(one => readDecoded(one.record, one.decoded, mapping, signal)));
  return tryRecords(read, {
    requestIdForm: platform.requestIdForm,
    entryOf: () => null,
    asOf: null,
  });
}

async function recordsIn({ bytes, topic }: GivenFile, signal: AbortSignal): Promise<readonly FileRecord[]> {
  try {
    if (isAvroContainer(bytes)) return await recordsInContainer(bytes, topic, signal);
    return readJsonRecords(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), topic);
  } catch (error) {
    throw new Fault('RECORD_UNDECODABLE', {
      detail: `the file cannot be read: ${messageOf(error)}`,
      remedy: 'give an Avro container file of Debezium envelopes, or them as JSON, one a line or as a list',
      cause: error,
    });
  }
}

/** Values of a container, framed as a registry's: from there on they go the connector's own way. */
async function recordsInContainer(
  bytes: Uint8Array,
  topic: string,
  signal: AbortSignal,
): Promise<readonly FileRecord[]> {
  const { type, values } = readAvroContainer(bytes);
  const resolved = { kind: 'type', type } as const;
  const decoder = createDecoder({ typeOf: () => resolved, resolve: () => Promise.resolve(resolved) });
  const frame = Buffer.alloc(frameBytes);
  frame.writeUInt32BE(1, 1);
  return Promise.all(
    values.map(async (value, index) => {
      const place = { topic, partition: 0, offset: BigInt(index) };
      const record = { ...place, key: null, value: Buffer.concat([frame, value]), timestamp: instant(0), headers: [] };
      return { record, decoded: await decoder.decode(record, signal) };
    }),
  );
}
