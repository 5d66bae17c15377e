import avro from 'avsc';
import { type AvroCursor, MalformedAvro } from '../avro/cursor.ts';
import { compileColumns, compileFields, compileReader } from '../avro/reader.ts';
import { type Skipper, skipperCompiler } from '../avro/skip.ts';
import type { Row, RowChange, RowValue, SourcePosition } from '../kernel/row-change.ts';
import { type Instant, instant } from '../kernel/time.ts';
import { type PlaceholderFilter, placeholderFilter } from './unavailable-value.ts';

/** What a value tells of a row's change; the record it came in adds the rest. */
export type EnvelopeChange = Omit<RowChange, 'position' | 'key'>;

/** Records that Debezium writes beside rows' changes. */
export type Upkeep = 'tombstone' | 'heartbeat' | 'transaction' | 'schema change' | 'logical message' | 'truncation';

/** What a value is. */
export type Envelope =
  | { readonly kind: 'change'; readonly change: EnvelopeChange }
  | { readonly kind: 'ignored'; readonly what: Upkeep }
  | { readonly kind: 'undecodable'; readonly problem: string };

/** Reads a value. `appendedAt` stands in for a commit time that the envelope does not have. Throws `MalformedAvro`. */
export type EnvelopeReader = (cursor: AvroCursor, appendedAt: Instant) => Envelope;

/** Debezium's names of the values that are no row's change. */
const upkeep: readonly (readonly [RegExp, Upkeep])[] = [
  [/^io\.debezium\.connector\.common\.Heartbeat$/, 'heartbeat'],
  [/^io\.debezium\.connector\.common\.TransactionMetadataValue$/, 'transaction'],
  [/^io\.debezium\.connector\.\w+\.SchemaChangeValue$/, 'schema change'],
  [/^io\.debezium\.connector\.\w+\.MessageValue$/, 'logical message'],
];

/** The upkeep that a schema's name tells of, or null. */
export function upkeepOf(name: string): Upkeep | null {
  return upkeep.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

const operations: ReadonlyMap<RowValue | undefined, RowChange['op']> = new Map([
  ['c', 'create'],
  ['u', 'update'],
  ['d', 'delete'],
  ['r', 'read'],
]);

/** How envelopes are read. */
export interface EnvelopeOptions {
  readonly withoutPlaceholders: PlaceholderFilter;
  /** Columns of the row before an update that are asked for; null: none. */
  readonly earlierColumns: ReadonlySet<string> | 'all' | null;
}

const plainOptions: EnvelopeOptions = { withoutPlaceholders: placeholderFilter(), earlierColumns: null };

/** Compiles a value's schema, once: what values of it are, and how their rows are read. */
export function compileEnvelope(type: avro.Type, options: EnvelopeOptions = plainOptions): EnvelopeReader {
  const known = upkeepOf(type.name ?? '');
  if (known !== null) {
    const ignored: Envelope = { kind: 'ignored', what: known };
    return () => ignored;
  }
  if (!(type instanceof avro.types.RecordType && isEnvelope(namesOf(type)))) {
    const problem: Envelope = { kind: 'undecodable', problem: problemOfType(type) };
    return () => problem;
  }
  const skipperOf = skipperCompiler();
  const fields = type.fields.map(({ name, type }) => fieldReader(name, type, options.earlierColumns, skipperOf));
  return (cursor, appendedAt) => {
    const draft: Draft = { op: null, before: none, earlier: null, after: null, source: null, ts_ms: null };
    for (const read of fields) read(cursor, draft);
    if (cursor.left > 0) throw new MalformedAvro('there are bytes behind the end');
    return interpret(draft, appendedAt, options);
  };
}

/** What the fields of an envelope are that was not read from Avro, in the forms of `kernel/row-change`. */
export function envelopeOf(fields: Row, appendedAt: Instant, options: EnvelopeOptions = plainOptions): Envelope {
  const { op = null, before = null, after = null, source = null, ts_ms = null } = fields;
  if (!isEnvelope(Object.keys(fields))) return { kind: 'undecodable', problem: problemOf(Object.keys(fields)) };
  const earlier = options.earlierColumns === null ? null : () => before;
  return interpret({ op, before: () => before, earlier, after, source, ts_ms }, appendedAt, options);
}

/** What is read of an envelope; the row before the change only where it is asked for. */
interface Draft {
  op: RowValue;
  before: () => RowValue;
  /** The columns of it that are asked for; null: none are. */
  earlier: (() => RowValue) | null;
  after: RowValue;
  source: RowValue;
  ts_ms: RowValue;
}

const none = () => null;
const sourceFields: ReadonlySet<string> = new Set([
  ...['schema', 'db', 'table', 'ts_ms', 'snapshot'],
  ...['lsn', 'sequence'],
  ...['file', 'pos', 'row', 'server_id'],
]);

/** What nobody asks for is stepped over; so is, at first, the row before: most changes are told by the row after. */
function fieldReader(
  name: string,
  type: avro.Type,
  earlierColumns: EnvelopeOptions['earlierColumns'],
  skipperOf: (type: avro.Type) => Skipper,
): (cursor: AvroCursor, draft: Draft) => void {
  switch (name) {
    case 'op':
    case 'after':
    case 'source':
    case 'ts_ms': {
      const isSource = name === 'source' && type instanceof avro.types.RecordType;
      const read = isSource ? compileFields(type, sourceFields) : compileReader(type);
      return (cursor, draft) => {
        draft[name] = read(cursor);
      };
    }
    case 'before': {
      const read = compileReader(type);
      const skip = skipperOf(type);
      const readSome =
        earlierColumns === null || earlierColumns === 'all' ? null : compileColumns(type, earlierColumns);
      return (cursor, draft) => {
        const start = cursor.fork();
        draft.before = () => read(start.fork());
        if (earlierColumns === 'all') draft.earlier = draft.before;
        if (readSome !== null) draft.earlier = () => readSome(start.fork());
        skip(cursor);
      };
    }
    default:
      return skipperOf(type);
  }
}

function namesOf(type: avro.types.RecordType): readonly string[] {
  return type.fields.map(field => field.name);
}

function isEnvelope(names: readonly string[]): boolean {
  return names.includes('op') && names.includes('after') && names.includes('source');
}

function problemOfType(type: avro.Type): string {
  if (!(type instanceof avro.types.RecordType)) return `the value is a bare ${type.typeName}, not a Debezium envelope`;
  return problemOf(namesOf(type));
}

function problemOf(names: readonly string[]): string {
  const isFlattened = names.some(name => name === '__op' || name === '__deleted' || name === '__table');
  return isFlattened
    ? 'the value is a flattened row, not a Debezium envelope: remove the transform ExtractNewRecordState'
    : 'the value has no op, after and source: is it no Debezium topic, or does ExtractNewRecordState flatten its rows?';
}

function interpret(envelope: Draft, appendedAt: Instant, { withoutPlaceholders }: EnvelopeOptions): Envelope {
  if (envelope.op === 't') return { kind: 'ignored', what: 'truncation' };
  if (envelope.op === 'm') return { kind: 'ignored', what: 'logical message' };
  const op = operations.get(envelope.op);
  if (op === undefined) return undecodable('its op is none of c, u, d, r, t and m');
  const source = recordOf(envelope.source);
  const table = source && tableOf(source);
  if (source === null || table === null) return undecodable('its source names no table');
  const old = () => recordOf(envelope.before());
  const row = recordOf(envelope.after);
  const after = row && withoutPlaceholders(row, old);
  if (after === null && op !== 'delete') return undecodable(`a row's ${op} has no after`);
  const deleted = op === 'delete' ? old() : null;
  const before = deleted && withoutPlaceholders(deleted, none);
  const { earlier } = envelope;
  const committedAt = timeOf(source.ts_ms) ?? timeOf(envelope.ts_ms) ?? appendedAt;
  return {
    kind: 'change',
    change: {
      op,
      before,
      after,
      table,
      committedAt,
      source: positionIn(source, committedAt),
      ...(op === 'update' && earlier !== null && { earlier: { some: () => recordOf(earlier()), whole: old } }),
    },
  };
}

function undecodable(problem: string): Envelope {
  return { kind: 'undecodable', problem };
}

/** `schema.table`; MySQL and MariaDB, where a database is a schema, name only `db`. */
function tableOf(source: Row): string | null {
  const { schema, db, table } = source;
  const space = typeof schema === 'string' && schema !== '' ? schema : db;
  return typeof table === 'string' && table !== '' && typeof space === 'string' ? `${space}.${table}` : null;
}

/** `source.snapshot` of a change, as a text or a boolean (old versions). */
const noSnapshot: ReadonlySet<RowValue | undefined> = new Set(['false', false, null, undefined]);

function positionIn(source: Row, committedAt: Instant): SourcePosition {
  const { snapshot, lsn, sequence, file, pos, row, server_id: server } = source;
  const taken = noSnapshot.has(snapshot) ? undefined : ({ snapshot: true } as const);
  // Its log position, where it has any, is that of the stream it is emitted in.
  if (snapshot === 'incremental') return { kind: 'time', committedAt, ...taken };
  if (typeof lsn === 'bigint') {
    const commitLsn = typeof sequence === 'string' ? lastCommitIn(sequence) : undefined;
    return { kind: 'lsn', lsn, committedAt, ...(commitLsn !== undefined && { commitLsn }), ...taken };
  }
  if (typeof file === 'string' && file !== '' && typeof pos === 'bigint') {
    const at = { kind: 'binlog', file, offset: pos, row: Number(row ?? 0), committedAt } as const;
    // 0: Debezium does not know it.
    return typeof server === 'bigint' && server > 0n
      ? { ...at, server: Number(server), ...taken }
      : { ...at, ...taken };
  }
  return { kind: 'time', committedAt, ...taken };
}

/** Of `["29228200","29228528"]` the first: PostgreSQL's last commit before the change. Undefined: null, or another form. */
function lastCommitIn(sequence: string): bigint | undefined {
  const digits = /^\["(\d{1,20})"/.exec(sequence)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function timeOf(value: RowValue | undefined): Instant | null {
  return typeof value === 'bigint' ? instant(Number(value)) : null;
}

function recordOf(value: RowValue | undefined): Row | null {
  const isRecord =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date || value instanceof Uint8Array);
  return isRecord ? (value as Row) : null;
}
