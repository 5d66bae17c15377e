import type { SourcePosition } from '../kernel/row-change.ts';

/**
 * Whether `next` is later than `last` in the database's own order. The Kafka offset does not tell: Debezium repeats old
 * changes at new offsets after a restart.
 *
 * A repetition has an equal or lower log position *and* an equal or lower commit time. A lower position with a higher
 * commit time is another log (a new server, a restored cluster): that counts as later, for skipping it would lose it.
 * Without a log position an equal commit time counts as later too, since several changes may share a millisecond.
 */
export function isLater(next: SourcePosition, last: SourcePosition): boolean {
  if (next.committedAt > last.committedAt) return true;
  const order = compareLogs(next, last);
  return order === null ? next.committedAt === last.committedAt : order > 0;
}

/** Negative, zero, positive; null where the two cannot be compared. */
function compareLogs(a: SourcePosition, b: SourcePosition): number | null {
  if (a.kind === 'lsn' && b.kind === 'lsn') return Number(a.lsn > b.lsn) - Number(a.lsn < b.lsn);
  if (a.kind === 'binlog' && b.kind === 'binlog') {
    return (
      compareBinlogFiles(a.file, b.file) || Number(a.offset > b.offset) - Number(a.offset < b.offset) || a.row - b.row
    );
  }
  return null;
}

/** Binlog names end in a number that grows past its zero padding: `binlog.999999` is followed by `binlog.1000000`. */
function compareBinlogFiles(a: string, b: string): number {
  return a.length - b.length || Number(a > b) - Number(a < b);
}
