import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourcePosition } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { isLater } from '../../../connector/order/source-position.ts';

const lsn = (value: number, ms: number): SourcePosition => ({
  kind: 'lsn',
  lsn: BigInt(value),
  committedAt: instant(ms),
});
const binlog = (number: string, offset: number, row: number, ms: number): SourcePosition => ({
  kind: 'binlog',
  file: `binlog.${number}`,
  offset: BigInt(offset),
  row,
  committedAt: instant(ms),
});
const time = (ms: number): SourcePosition => ({ kind: 'time', committedAt: instant(ms) });

describe('isLater', () => {
  it.each<[string, SourcePosition, SourcePosition, boolean]>([
    ['a higher LSN in the same millisecond', lsn(2, 5), lsn(1, 5), true],
    ['the same change again', lsn(2, 5), lsn(2, 5), false],
    ['an older one, repeated after a restart', lsn(1, 4), lsn(2, 5), false],
    ['a lower LSN committed later: another server', lsn(1, 9), lsn(2, 5), true],
    ['a higher LSN whose clock went back', lsn(3, 4), lsn(2, 5), true],
    ['the next binlog', binlog('000002', 4, 0, 5), binlog('000001', 900, 0, 5), true],
    ['the binlog after the padding is used up', binlog('1000000', 4, 0, 5), binlog('999999', 4, 0, 5), true],
    ['a higher position in the binlog', binlog('000001', 5, 0, 5), binlog('000001', 4, 3, 5), true],
    ['the next row of one event', binlog('000001', 4, 1, 5), binlog('000001', 4, 0, 5), true],
    ['the same row again', binlog('000001', 4, 1, 5), binlog('000001', 4, 1, 5), false],
    ['an earlier row of one event', binlog('000001', 4, 0, 5), binlog('000001', 4, 1, 5), false],
    ['only a time, and it is later', time(6), time(5), true],
    ['only a time, and it is the same: it may be another change', time(5), time(5), true],
    ['only a time, and it is earlier', time(4), time(5), false],
    ['another kind of database, in the same millisecond', lsn(1, 5), time(5), true],
    ['one more kind, in the same millisecond', binlog('000001', 4, 0, 5), lsn(9, 5), true],
    ['another kind of database, later', lsn(1, 6), binlog('000001', 4, 0, 5), true],
    ['another kind of database, earlier', lsn(1, 4), time(5), false],
  ])('%s', (_, next, last, later) => {
    expect(isLater(next, last)).toBe(later);
  });

  const steps = fc.array(fc.record({ log: fc.integer({ min: 1, max: 5 }), ms: fc.nat(3) }), { maxLength: 20 });

  it('takes every next change of one log for later, however many share a millisecond', () => {
    fc.assert(
      fc.property(steps, list => {
        let position = lsn(0, 0);
        for (const { log, ms } of list) {
          const next = lsn(Number(position.kind === 'lsn' ? position.lsn : 0n) + log, position.committedAt + ms);
          expect(isLater(next, position)).toBe(true);
          expect(isLater(position, next)).toBe(false);
          position = next;
        }
      }),
    );
  });

  it('takes no change for later than itself, where the log tells', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (log, ms) => {
        expect(isLater(lsn(log, ms), lsn(log, ms))).toBe(false);
        expect(isLater(binlog('000001', log, 0, ms), binlog('000001', log, 0, ms))).toBe(false);
      }),
    );
  });
});
