import type { RecordHeader } from '../kernel/record.ts';

/** Who wrote a record of the journal, and with which schema. */
export interface Provenance {
  /** Of the writer's schema, in hexadecimal digits. */
  readonly fingerprint: string;
  /** The consumer group of the connector that owns the entry. */
  readonly groupId: string;
}

const headerName = 'journal';
const fingerprintBytes = 16;

/** The header that every record of the journal has since version 0.2: 16 bytes of fingerprint, then the group id in UTF-8. */
export function provenanceHeader({ fingerprint, groupId }: Provenance): RecordHeader {
  return { name: headerName, value: Buffer.concat([Buffer.from(fingerprint, 'hex'), Buffer.from(groupId)]) };
}

/** The provenance in a record's headers; null where there is none: version 0.1, or something else, wrote the record. */
export function provenanceIn(headers: readonly RecordHeader[]): Provenance | null {
  for (const { name, value } of headers) {
    if (name !== headerName || value.length < fingerprintBytes) continue;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return {
      fingerprint: bytes.toString('hex', 0, fingerprintBytes),
      groupId: bytes.toString('utf8', fingerprintBytes),
    };
  }
  return null;
}

/** The key of the record with which an instance claims a partition: no order id begins with a zero byte. It has no value. */
export const claimKey: Uint8Array = Buffer.from('\u0000claim');

/** Is it the key of a claim? */
export function isClaimKey(key: Uint8Array): boolean {
  return Buffer.compare(key, claimKey) === 0;
}
