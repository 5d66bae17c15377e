import type { SourcePosition } from '../kernel/row-change.ts';
import type { DurationMs } from '../kernel/time.ts';

/** Without the commit's LSN: two transactions that raced each other at their commits are closer together than this. */
const racingCommitsMs: DurationMs = 1_000;

/** MySQL's `ts_ms` is the start of the statement, which may have waited for a lock since (`innodb_lock_wait_timeout`: 50 s). */
const statementWaitMs: DurationMs = 600_000;

/**
 * Whether `one` is provably older than `other` in the database's own order. False where they are equal or cannot be compared: a
 * change that is taken for older is dropped, and a wrong guess leaves a wrong card. Applying an old change again costs a request,
 * and the changes repeated behind it bring the card back.
 *
 * - PostgreSQL: an LSN is not commit order. The rows of a long transaction have lower LSNs than those of one that committed before
 *   it. Debezium delivers in commit order and names the last commit before the change (`source.sequence`). Where it is missing, a
 *   lower LSN counts only with an earlier commit time, well apart.
 * - MySQL, MariaDB: the binlog is in commit order. All events of a compressed transaction share one position.
 * - A lower position with a later time is another log (a failover, a restored cluster).
 * - A row of an incremental snapshot has no place in the log, and the time it was read instead of a commit time. Debezium emits it
 *   in its place among the changes of the topic.
 */
export function isOlder(one: SourcePosition, other: SourcePosition): boolean {
  if (one.kind === 'lsn' && other.kind === 'lsn') return isOlderLsn(one, other);
  if (one.kind === 'binlog' && other.kind === 'binlog') return isOlderBinlog(one, other);
  if (one.kind !== 'time' || other.kind !== 'time') return false;
  return one.snapshot !== true && other.snapshot !== true && one.committedAt < other.committedAt;
}

/**
 * Whether `next` was provably made after `known`, so that a record at or below the offset of `known` is of a recreated topic. More
 * than {@link isOlder} turned round: a snapshot contains what was committed before it.
 */
export function isBeyond(next: SourcePosition, known: SourcePosition): boolean {
  if (isOlder(known, next)) return true;
  if (next.kind !== 'lsn' || known.kind !== 'lsn' || next.snapshot !== true || known.snapshot === true) return false;
  const { commitLsn, lsn, committedAt } = known;
  return commitLsn !== undefined && commitLsn < next.lsn && lsn < next.lsn && committedAt <= next.committedAt;
}

/** The same place in the same log: the same change, or another one of its transaction. Never without a place in a log. */
export function isSamePlace(one: SourcePosition, other: SourcePosition): boolean {
  if (one.kind === 'lsn' && other.kind === 'lsn') return one.lsn === other.lsn && one.commitLsn === other.commitLsn;
  if (one.kind !== 'binlog' || other.kind !== 'binlog') return false;
  return compareBinlog(one, other) === 0 && isSameServer(one, other);
}

/** The position to remember after both. A position in the log is kept when a record without one arrives. */
export function lastOf(next: SourcePosition, known: SourcePosition | null): SourcePosition {
  if (known === null) return next;
  if (rankOf(next) !== rankOf(known)) return rankOf(next) > rankOf(known) ? next : known;
  return isOlder(next, known) ? known : next;
}

type Lsn = Extract<SourcePosition, { kind: 'lsn' }>;
type Binlog = Extract<SourcePosition, { kind: 'binlog' }>;

function isOlderLsn(one: Lsn, other: Lsn): boolean {
  if (one.lsn >= other.lsn && (one.commitLsn === undefined || other.commitLsn === undefined)) return false;
  if (one.snapshot === true) {
    // A stream may begin with a transaction that was under way when the snapshot was taken.
    const isBehind = other.snapshot === true ? one.lsn < other.lsn : (other.commitLsn ?? -1n) >= one.lsn;
    return isBehind && one.lsn < other.lsn && one.committedAt <= other.committedAt;
  }
  if (other.snapshot === true) return false;
  if (one.commitLsn === undefined || other.commitLsn === undefined) {
    return one.committedAt + racingCommitsMs <= other.committedAt;
  }
  const isBefore = one.commitLsn === other.commitLsn ? one.lsn < other.lsn : one.commitLsn < other.commitLsn;
  return isBefore && one.committedAt <= other.committedAt;
}

function isOlderBinlog(one: Binlog, other: Binlog): boolean {
  if (!isSameServer(one, other) || compareBinlog(one, other) >= 0) return false;
  const slack = one.file === other.file ? statementWaitMs : 0;
  return one.committedAt <= other.committedAt + slack;
}

function isSameServer(one: Binlog, other: Binlog): boolean {
  return one.server === undefined || other.server === undefined || one.server === other.server;
}

function compareBinlog(one: Binlog, other: Binlog): number {
  return (
    compareBinlogFiles(one.file, other.file) ||
    Number(one.offset > other.offset) - Number(one.offset < other.offset) ||
    one.row - other.row
  );
}

/** Binlog names end in a number that grows past its zero padding: `binlog.999999` is followed by `binlog.1000000`. */
function compareBinlogFiles(one: string, other: string): number {
  return one.length - other.length || Number(one > other) - Number(one < other);
}

function rankOf(position: SourcePosition): number {
  if (position.kind !== 'time') return 2;
  return position.snapshot === true ? 0 : 1;
}
