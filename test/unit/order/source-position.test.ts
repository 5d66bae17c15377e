import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourcePosition } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { isBeyond, isOlder, isSamePlace, lastOf } from '../../../connector/order/source-position.ts';

const second = 1_000;
const lsn = (lsn: number, ms: number, commitLsn?: number): SourcePosition => ({
  kind: 'lsn',
  lsn: BigInt(lsn),
  committedAt: instant(ms),
  ...(commitLsn !== undefined && { commitLsn: BigInt(commitLsn) }),
});
const binlog = (number: string, offset: number, row: number, ms: number, server = 1): SourcePosition => ({
  kind: 'binlog',
  file: `binlog.${number}`,
  offset: BigInt(offset),
  row,
  server,
  committedAt: instant(ms),
});
const time = (ms: number): SourcePosition => ({ kind: 'time', committedAt: instant(ms) });
const snapshot = (position: SourcePosition): SourcePosition => ({ ...position, snapshot: true });

describe('isOlder', () => {
  it.each<[string, SourcePosition, SourcePosition, boolean]>([
    ['PostgreSQL: an earlier transaction', lsn(10, 5, 8), lsn(20, 5, 15), true],
    ['PostgreSQL: an earlier change of the same transaction', lsn(16, 5, 15), lsn(20, 5, 15), true],
    ['PostgreSQL: a lower LSN of a transaction that committed later', lsn(10, 5, 30), lsn(20, 5, 15), false],
    ['PostgreSQL: a higher LSN of a transaction that committed earlier', lsn(20, 5, 15), lsn(10, 5, 30), true],
    ['PostgreSQL: the same change', lsn(10, 5, 8), lsn(10, 5, 8), false],
    ['PostgreSQL: a lower place with a later commit time: another log', lsn(10, 9, 8), lsn(20, 5, 15), false],
    ['PostgreSQL without sequence: a lower LSN in the same millisecond', lsn(10, 5), lsn(20, 5), false],
    ['PostgreSQL without sequence: a lower LSN, racing commits', lsn(10, 5), lsn(20, 5 + second - 1), false],
    ['PostgreSQL without sequence: a lower LSN, committed well before', lsn(10, 5), lsn(20, 5 + second), true],
    ['PostgreSQL without sequence: a higher LSN, committed before', lsn(20, 5), lsn(10, 5 + second), false],
    ['one position with sequence, one without', lsn(10, 5, 8), lsn(20, 5 + second), true],
    ['a snapshot before its stream', snapshot(lsn(10, 5)), lsn(20, 9, 10), true],
    ['a snapshot and a transaction under way when it was taken', snapshot(lsn(10, 5)), lsn(9, 9, 10), false],
    ['a snapshot and the first transaction behind it', snapshot(lsn(10, 5)), lsn(12, 9), false],
    ['a change and a snapshot taken later', lsn(9, 4, 8), snapshot(lsn(10, 5)), false],
    ['an earlier snapshot', snapshot(lsn(10, 5)), snapshot(lsn(20, 9)), true],
    ['a change and a row of an incremental snapshot', lsn(9, 4, 8), snapshot(time(9)), false],
    ['a row of an incremental snapshot and a change', snapshot(time(4)), lsn(9, 9, 8), false],
    ['a row of an incremental snapshot and a later one', snapshot(time(4)), snapshot(time(9)), false],
    ['MySQL: an earlier binlog', binlog('000001', 900, 0, 5), binlog('000002', 4, 0, 5), true],
    ['MySQL: a binlog before the padding is used up', binlog('999999', 4, 0, 5), binlog('1000000', 4, 0, 5), true],
    ['MySQL: a lower position in the same file', binlog('000001', 4, 3, 5), binlog('000001', 5, 0, 5), true],
    ['MySQL: a lower position whose statement began later', binlog('000001', 4, 0, 9), binlog('000001', 5, 0, 5), true],
    [
      'MySQL: an earlier file and a later statement: another log',
      binlog('000001', 4, 0, 9),
      binlog('000002', 5, 0, 5),
      false,
    ],
    ['MySQL: an earlier row of the same event', binlog('000001', 4, 0, 5), binlog('000001', 4, 1, 5), true],
    [
      'MySQL: the same position, as in a compressed transaction',
      binlog('000001', 4, 0, 5),
      binlog('000001', 4, 0, 5),
      false,
    ],
    ['MySQL: another server', binlog('000001', 4, 0, 5, 2), binlog('000001', 5, 0, 5, 1), false],
    [
      'MySQL: the same file hours later: the log was reset',
      binlog('000001', 4, 0, 7_200_000),
      binlog('000001', 5, 0, 5),
      false,
    ],
    ['no log: an earlier time', time(4), time(5), true],
    ['no log: the same time', time(5), time(5), false],
    ['two kinds of database', lsn(1, 4), time(5), false],
    ['two kinds of log', binlog('000001', 4, 0, 4), lsn(9, 9), false],
  ])('%s', (_, one, other, expected) => {
    expect(isOlder(one, other)).toBe(expected);
  });

  const positions = fc
    .record({
      kind: fc.constantFrom('lsn', 'binlog', 'time'),
      at: fc.nat(4),
      before: fc.option(fc.nat(4), { nil: undefined }),
      ms: fc.nat(3),
      server: fc.constantFrom(1, 2),
      taken: fc.boolean(),
    })
    .map(({ kind, at, before, ms, server, taken }) => {
      const position =
        kind === 'lsn'
          ? lsn(at, ms * second, before)
          : kind === 'binlog'
            ? binlog('000001', at, 0, ms, server)
            : time(ms);
      return taken ? snapshot(position) : position;
    });

  it('never holds both ways, nor of a position and itself', () => {
    fc.assert(
      fc.property(positions, positions, (one, other) => {
        expect(isOlder(one, one)).toBe(false);
        expect(isOlder(one, other) && isOlder(other, one)).toBe(false);
      }),
    );
  });

  it('never takes a change for older than one delivered before it, in any history of transactions', () => {
    const transactions = fc.array(
      fc.record({ rows: fc.integer({ min: 1, max: 3 }), overlaps: fc.boolean(), ms: fc.integer({ min: -2, max: 3 }) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(transactions, list => {
        let end = 100;
        let committed = 100;
        let ms = 1_000;
        const delivered = list.flatMap(({ rows, overlaps, ms: passed }) => {
          // One that overlaps wrote its rows before the last commit.
          const first = overlaps ? committed - 50 + rows : end + 1;
          const sequence = committed;
          end += 10;
          committed = end;
          ms += passed;
          return Array.from({ length: rows }, (_, row) => lsn(first + row, ms, sequence));
        });
        for (const [index, next] of delivered.entries()) {
          for (const before of delivered.slice(0, index)) expect(isOlder(next, before)).toBe(false);
        }
      }),
    );
  });
});

describe('isBeyond', () => {
  it('holds for a position that is provably later', () => {
    expect(isBeyond(lsn(20, 5, 15), lsn(10, 5, 8))).toBe(true);
    expect(isBeyond(lsn(10, 5, 8), lsn(10, 5, 8))).toBe(false);
    expect(isBeyond(lsn(10, 5, 8), lsn(20, 5, 15))).toBe(false);
  });

  it('holds for a snapshot taken after the change was committed, and for no snapshot that may precede it', () => {
    expect(isBeyond(snapshot(lsn(30, 9)), lsn(10, 5, 8))).toBe(true);
    expect(isBeyond(snapshot(lsn(30, 9)), lsn(10, 5, 30))).toBe(false);
    expect(isBeyond(snapshot(lsn(30, 9)), lsn(10, 5))).toBe(false);
    expect(isBeyond(snapshot(lsn(30, 4)), lsn(10, 5, 8))).toBe(false);
  });
});

describe('isSamePlace', () => {
  it('holds for equal positions in one log, and never for times', () => {
    expect(isSamePlace(lsn(1, 5, 0), lsn(1, 9, 0))).toBe(true);
    expect(isSamePlace(lsn(1, 5, 0), lsn(1, 5, 1))).toBe(false);
    expect(isSamePlace(binlog('000001', 4, 0, 5), binlog('000001', 4, 0, 9))).toBe(true);
    expect(isSamePlace(binlog('000001', 4, 0, 5), binlog('000001', 4, 0, 5, 2))).toBe(false);
    expect(isSamePlace(binlog('000001', 4, 0, 5), lsn(4, 5))).toBe(false);
    expect(isSamePlace(time(5), time(5))).toBe(false);
  });
});

describe('lastOf', () => {
  it('gives the position that is not older', () => {
    expect(lastOf(lsn(20, 5, 15), lsn(10, 5, 8))).toEqual(lsn(20, 5, 15));
    expect(lastOf(lsn(10, 5, 8), lsn(20, 5, 15))).toEqual(lsn(20, 5, 15));
    expect(lastOf(lsn(10, 5, 8), null)).toEqual(lsn(10, 5, 8));
  });

  it('keeps the last position in the log when a record without one arrives', () => {
    expect(lastOf(snapshot(time(9)), lsn(10, 5, 8))).toEqual(lsn(10, 5, 8));
    expect(lastOf(time(9), binlog('000001', 4, 0, 5))).toEqual(binlog('000001', 4, 0, 5));
    expect(lastOf(snapshot(time(9)), time(5))).toEqual(time(5));
    expect(lastOf(lsn(10, 5, 8), snapshot(time(9)))).toEqual(lsn(10, 5, 8));
  });

  it('gives the newer record of two kinds of log: the database was moved', () => {
    expect(lastOf(binlog('000001', 4, 0, 5), lsn(10, 5, 8))).toEqual(binlog('000001', 4, 0, 5));
  });
});
