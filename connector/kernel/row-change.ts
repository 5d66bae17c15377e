import type { Position } from './position.ts';
import type { Instant } from './time.ts';

/**
 * A column's value after decoding, in the forms that CEL knows:
 * every integer is a `bigint` (64 bits, exact); a decimal is its exact text (`"1234567890.12"`), never a float;
 * a moment is a `Date` (columns without a zone are read as UTC, so formatting them in UTC gives back the digits written);
 * a date is `"2026-11-23"`, a time of day `"19:30:00"` (with up to 9 fraction digits where it has any);
 * JSON, enum, set, UUID and XML columns are text; arrays are lists; structs and maps are records.
 */
export type RowValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Date
  | Uint8Array
  | readonly RowValue[]
  | { readonly [name: string]: RowValue };

/** What a column's values are, of the forms above, as its schema tells; null is always possible. `any`: lists, records, and what is not told. */
export type ColumnKind = 'text' | 'integer' | 'float' | 'truth' | 'moment' | 'bytes' | 'any';

/** A row: column name → value. A column that the schema does not have is absent, not null. */
export type Row = { readonly [column: string]: RowValue };

/** The value of a column that its change left as it was, and did not log (PostgreSQL TOAST without REPLICA IDENTITY FULL). */
export class UnavailableColumn extends Error {
  readonly column: string;

  constructor(column: string) {
    super(`the column "${column}" is not in the log`);
    this.name = 'UnavailableColumn';
    this.column = column;
  }
}

/** The row with these columns too; reading one of them throws {@link UnavailableColumn}. */
export function withUnavailable(row: Record<string, RowValue>, columns: readonly string[]): Row {
  for (const column of columns) {
    const get = () => {
      throw new UnavailableColumn(column);
    };
    Object.defineProperty(row, column, { get, enumerable: true, configurable: true });
  }
  return row;
}

/** The columns of a row whose values are not in the log. */
export function unavailableIn(row: Row): readonly string[] {
  return Object.keys(row).filter(column => Object.getOwnPropertyDescriptor(row, column)?.get !== undefined);
}

/** The row before an update, as far as the log has it. Reading it whole costs as much as the row after it. */
export interface EarlierRow {
  /** The columns that the decoder was asked for; null where the log does not have the row. */
  some(): Row | null;
  whole(): Row | null;
}

/** Where a change stands in its database's own log; compared by `order/source-position`. */
export type SourcePosition = {
  /** `source.ts_ms`. PostgreSQL: the commit; MySQL: the start of the statement; a snapshot's row: when it was read. */
  readonly committedAt: Instant;
  /** A row of a snapshot: it contains what was committed before it. Absent: it is a change. */
  readonly snapshot?: true;
} & (
  | {
      /** PostgreSQL. */
      readonly kind: 'lsn';
      /** `source.lsn`: of the change; of a snapshot's row: where the snapshot was taken. */
      readonly lsn: bigint;
      /** First of `source.sequence`: the last commit before the change. Absent before the first commit, and from old Debeziums. */
      readonly commitLsn?: bigint;
    }
  | {
      /** MySQL and MariaDB. */
      readonly kind: 'binlog';
      /** The name with its number, e.g. `binlog.000042`. */
      readonly file: string;
      /** Of the event in the file. */
      readonly offset: bigint;
      /** In the event. */
      readonly row: number;
      /** `server_id` of the server that wrote the change. Absent where it is not known. */
      readonly server?: number;
    }
  /** No position: another kind of database, or a row of an incremental snapshot. */
  | { readonly kind: 'time' }
);

/** One change of one row, decoded. */
export interface RowChange {
  /** `read` is a snapshot's row. */
  readonly op: 'create' | 'update' | 'delete' | 'read';
  /** Of a delete: the row before it; null of all others. */
  readonly before: Row | null;
  /** Of an update, where the decoder was asked for columns of it. */
  readonly earlier?: EarlierRow;
  readonly after: Row | null;
  /** `schema.table` (PostgreSQL) or `database.table` (MySQL), from the envelope's source. */
  readonly table: string;
  readonly position: Position;
  /** The record key as text where it is plain text, or a record or JSON object with one text or integer, else null. */
  readonly key: string | null;
  /** Of a delete without a key's text: why, in words that follow "the record's key". Absent where it is not known. */
  readonly keyProblem?: string;
  /** `source.ts_ms`: the commit's time; of a snapshot row the snapshot's time. */
  readonly committedAt: Instant;
  readonly source: SourcePosition;
}
