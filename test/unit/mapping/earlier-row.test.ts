import { describe, expect, it } from 'vitest';
import { type Row, withUnavailable } from '../../../connector/kernel/row-change.ts';
import { aChange, changeOf, leastMapping, leastRow, mappingOf, problemsOfRow, showing } from './mappings.ts';

const mapping = mappingOf({ 'a.yaml': { ...leastMapping, onDelete: 'CLOSED' } });
const updated = (before: Row | null, row: Row = leastRow) => {
  const asked: string[] = [];
  const earlier = {
    some: () => {
      asked.push('some');
      return before && { no: before.no ?? null };
    },
    whole: () => {
      asked.push('whole');
      return before;
    },
  };
  return { asked, mapped: mapping.mapChange(aChange(row, { earlier })) };
};

describe('an update that changes the order number', () => {
  it('ends the card under the former number, as a delete of its row would', () => {
    const { mapped } = updated({ ...leastRow, no: 'A0' });
    expect(changeOf(mapped).merchantBizNo).toBe('A1');
    const former = mapped.kind === 'change' ? mapped.former : undefined;
    expect(former).toMatchObject({
      merchantBizNo: 'A0',
      card: { status: 'CLOSED', ends: true },
      creates: false,
      position: changeOf(mapped).position,
    });
  });

  it('is told from one that does not by the columns of the order number alone', () => {
    const { mapped, asked } = updated(leastRow);
    expect(mapped).not.toHaveProperty('former');
    expect(asked).toEqual(['some']);
    expect(mapping.earlierColumns).toEqual(new Set(['no']));
  });

  it('ends nothing where the log has no row before it, or none that names an order', () => {
    expect(updated(null).mapped).not.toHaveProperty('former');
    expect(updated({ ...leastRow, no: null }).mapped).not.toHaveProperty('former');
    expect(updated({ no: 'A0' }).mapped).not.toHaveProperty('former');
  });

  it('ends nothing without onDelete, and then does not read the row before', () => {
    const without = mappingOf({ 'a.yaml': leastMapping });
    expect(without.earlierColumns).toBeNull();
    const some = () => {
      throw new Error('nobody asked');
    };
    expect(without.mapChange(aChange(leastRow, { earlier: { some, whole: some } }))).not.toHaveProperty('former');
  });

  it('needs all columns where the expression takes the row for a map', () => {
    const all = mappingOf({ 'a.yaml': { ...leastMapping, onDelete: 'CLOSED', merchantBizNo: 'row["n" + "o"]' } });
    expect(all.earlierColumns).toBe('all');
    const shared = mappingOf({
      'a.yaml': { ...leastMapping, onDelete: 'CLOSED', let: { id: 'row.prefix' }, merchantBizNo: 'id + row.no' },
    });
    expect(shared.earlierColumns).toEqual(new Set(['prefix', 'no']));
  });
});

describe('a column whose value is not in the log', () => {
  const row = () => withUnavailable({ ...leastRow }, ['remark']);

  it('is refused with what to do about it, and default() does not hide it', () => {
    const problem =
      'the column "remark" is not in the log: the update left it as it was; the table needs REPLICA IDENTITY FULL';
    for (const expression of ['row.remark', 'default(row.remark, "none")', 'row["remark"]', 'json(row.remark).a']) {
      expect(problemsOfRow(showing(expression).mapChange(aChange(row())))).toEqual([
        `a.yaml: languages.each.shown: ${problem}`,
      ]);
    }
  });

  it('is of no account to a mapping that does not use it', () => {
    expect(showing('row.no').mapChange(aChange(row())).kind).toBe('change');
  });
});
