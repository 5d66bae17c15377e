import { readdirSync, readFileSync } from 'node:fs';
import avro from 'avsc';
import { annotatingHook } from '../avro/annotated-type.ts';
import { journalEvents } from '../flow/ports.ts';

const folder = new URL('../../schemas/avro/', import.meta.url);

/** The text of `schemas/avro/journal-event.avsc`, without spaces: the schema that this version writes with. */
export function journalSchema(): string {
  return textOf(new URL('journal-event.avsc', folder));
}

/** The schema of version 0.1, whose records do not name their schema's fingerprint. */
export function earliestJournalSchema(): string {
  return textOf(new URL('journal/0.1.avsc', folder));
}

/** The schemas that this version and the ones before it write with, each under its {@link fingerprintOf}. */
export function shippedSchemas(): ReadonlyMap<string, string> {
  const earlier = readdirSync(new URL('journal/', folder)).filter(name => name.endsWith('.avsc'));
  const texts = [journalSchema(), ...earlier.map(name => textOf(new URL(`journal/${name}`, folder)))];
  return new Map(texts.map(text => [fingerprintOf(text), text]));
}

/**
 * A schema's fingerprint in hexadecimal digits: MD5 of its Parsing Canonical Form (Avro specification, "Schema
 * Fingerprints"). It does not change with the documentation or the defaults.
 */
export function fingerprintOf(schema: string): string {
  return avro.Type.forSchema(JSON.parse(schema)).fingerprint('md5').toString('hex');
}

/** The type of a schema's text, as `compileReader` takes it. */
export function typeOfSchema(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema), { typeHook: annotatingHook() });
}

function textOf(file: URL): string {
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
}

/** The enum symbols of the schema, each at its index. A test compares them with the schema. */
export const symbols = {
  // Avro's names have no dashes.
  event: journalEvents.map(event => event.replaceAll('-', '_')),
  command: ['SEND', 'UPDATE'],
  state: ['unknown', 'live', 'ended'],
  source: ['lsn', 'binlog', 'time'],
} as const;
