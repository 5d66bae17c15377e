import type { Interpreted } from '../flow/ports.ts';
import { interpreterOf } from '../interpret.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { RowChange } from '../kernel/row-change.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Decoded } from '../source/decode.ts';

/** A record, and all that the connector makes of it before it looks at the order. */
export interface ReadRecord {
  readonly record: SourceRecord;
  /** The row's change; null where it is none, or cannot be decoded. */
  readonly row: RowChange | null;
  readonly interpreted: Interpreted;
  /** Why the mapping makes no card of it, one by one; else empty. */
  readonly problems: readonly string[];
}

/** Reads a record that is decoded as the connector does, by its own interpreter. */
export async function readDecoded(
  record: SourceRecord,
  decoded: Decoded,
  mapping: Mapping,
  signal: AbortSignal,
): Promise<ReadRecord> {
  const interpreter = interpreterOf({ decode: () => decoded }, mapping);
  const interpreted = await interpreter.interpret(record, signal);
  const row = decoded.kind === 'change' ? decoded.change : null;
  return { record, row, interpreted, problems: problemsOf(interpreted, row, mapping) };
}

/** The fault has them as one text. */
function problemsOf(interpreted: Interpreted, row: RowChange | null, mapping: Mapping): readonly string[] {
  if (interpreted.kind !== 'unusable' || row === null) return [];
  const mapped = mapping.mapChange(row);
  return mapped.kind === 'invalid' ? mapped.problems : [];
}
