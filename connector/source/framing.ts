import { frameBytes } from '../avro/wire-format.ts';
import type { RecordHeader } from '../kernel/record.ts';

/** Headers by which serialisers name the schema instead of the bytes before the value, and what to set against it. */
const schemaHeaders = {
  value: [
    [/^__value_schema_id$/, "set value.converter.value.schema.id.serializer to Confluent's PrefixSchemaIdSerializer"],
    [
      /^apicurio\.(?:value\.)?(?:contentId|globalId|contentHash)$/,
      'set value.converter.apicurio.registry.headers.enabled to false',
    ],
  ],
  key: [
    [/^__key_schema_id$/, "set key.converter.key.schema.id.serializer to Confluent's PrefixSchemaIdSerializer"],
    [
      /^apicurio\.key\.(?:contentId|globalId|contentHash)$/,
      'set key.converter.apicurio.registry.headers.enabled to false',
    ],
  ],
} as const;

/** What a header says of the schema of a record's value or key: that it names it, in words; null where none does. */
export function schemaInHeader(headers: readonly RecordHeader[], of: 'value' | 'key'): string | null {
  for (const { name } of headers) {
    const found = schemaHeaders[of].find(([pattern]) => pattern.test(name));
    if (found) return `names its schema in the header ${name}, which is not read: ${found[1]}`;
  }
  return null;
}

/** What stands in place of Confluent's wire format before a value, and what to do about it. */
export function frameProblem(value: Uint8Array): string {
  const [first, second] = value;
  const { length } = value;
  if (first === undefined) return 'the value is empty';
  if (first === 0x7b || first === 0x5b) return "the value is JSON: set the connector's value.converter to Avro";
  // Confluent Platform 8: a byte 1, then the schema's GUID in 16 bytes.
  if (first === 1 && length > 17) {
    return "the value names its schema by a GUID (Confluent's wire format with the first byte 1), which is not read: set value.converter.value.schema.id.serializer to PrefixSchemaIdSerializer";
  }
  // AWS Glue: a byte 3, the compression (0 none, 5 zlib), then the UUID of the schema's version in 16 bytes.
  if (first === 3 && (second === 0 || second === 5) && length > 18) {
    return "the value is in the wire format of AWS Glue Schema Registry, which is not read: use an Avro converter and a registry with Confluent's API";
  }
  if (first !== 0) return "the value is not in Confluent's wire format: it does not begin with a zero byte";
  if (length < frameBytes) return "the value is not in Confluent's wire format: it is too short for a schema id";
  return "the value's schema id is not positive: an Apicurio converter needs Legacy4ByteIdHandler and use-id contentId";
}
