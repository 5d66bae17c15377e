import { describe, expect, it } from 'vitest';
import { UnavailableColumn, unavailableIn, withUnavailable } from '../../../connector/kernel/row-change.ts';

describe('a row with columns that are not in the log', () => {
  it('throws where one of them is read, and names it', () => {
    const row = withUnavailable({ id: 1n }, ['details', 'remark']);
    expect(row.id).toBe(1n);
    expect(() => row.details).toThrow(new UnavailableColumn('details'));
    expect(Object.keys(row)).toEqual(['id', 'details', 'remark']);
  });

  it('names them all without reading any', () => {
    expect(unavailableIn(withUnavailable({ id: 1n }, ['details', 'remark']))).toEqual(['details', 'remark']);
    expect(unavailableIn({ id: 1n })).toEqual([]);
  });
});
