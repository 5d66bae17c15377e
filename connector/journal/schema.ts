import { readFileSync } from 'node:fs';
import { journalEvents } from '../flow/ports.ts';

/** The text of `schemas/avro/journal-event.avsc`, without spaces: what the registry is given. */
export function journalSchema(): string {
  return JSON.stringify(
    JSON.parse(readFileSync(new URL('../../schemas/avro/journal-event.avsc', import.meta.url), 'utf8')),
  );
}

/** The enum symbols of the schema, each at its index. A test compares them with the schema. */
export const symbols = {
  // Avro's names have no dashes.
  event: journalEvents.map(event => event.replaceAll('-', '_')),
  command: ['SEND', 'UPDATE'],
  state: ['unknown', 'live', 'ended'],
  source: ['lsn', 'binlog', 'time'],
} as const;
