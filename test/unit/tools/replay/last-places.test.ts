import { describe, expect, it } from 'vitest';
import type { ReplayMark } from '../../../../connector/source/replay-mark.ts';
import { LastPlaces } from '../../../../connector/tools/replay/last-places.ts';
import { aChange, type ChangeParts, dawn, lsnAt } from '../../../support/builders.ts';

function aRun(ordersMax = 10) {
  const places = new LastPlaces('r1', ordersMax);
  const see = (parts: ChangeParts, { within = true, mark = null as ReplayMark | null } = {}) => {
    const origin = mark?.origin ?? null;
    const copied = mark && { replays: mark.count, ...(origin !== null && { origin }) };
    return places.see({ change: aChange({ ...parts, ...copied }), mark, within });
  };
  const found = () => Object.fromEntries([...places.entries()].map(([order, { offset }]) => [order, Number(offset)]));
  const only = () => [...places.entries()][0]?.[1];
  return { places, see, found, only };
}

describe('the last places of orders', () => {
  it('are those of their last changes, to this day, of all that changed in the span', () => {
    const { see, found, places } = aRun();
    see({ order: 'A', n: 1 });
    see({ order: 'B', n: 2 });
    see({ order: 'A', n: 3 });
    see({ order: 'A', n: 4 }, { within: false });
    see({ order: 'C', n: 5 }, { within: false });
    expect([found(), places.size]).toEqual([{ A: 4, B: 2 }, 2]);
  });

  it("are told by the database's position: what the source repeats at a new offset is not the last", () => {
    const { see, found } = aRun();
    see({ order: 'A', n: 5 });
    see({ order: 'A', n: 9, source: lsnAt(4) });
    expect(found()).toEqual({ A: 5 });
    see({ order: 'A', n: 10, source: lsnAt(5) });
    expect(found()).toEqual({ A: 10 });
    // It came from another partition.
    see({ order: 'A', n: 6, partition: 1, offset: 2n });
    expect(found()).toEqual({ A: 2 });
  });

  it('without a log position are the later ones of a millisecond', () => {
    const { see, found } = aRun();
    const source = { kind: 'time', committedAt: dawn } as const;
    see({ order: 'A', n: 5, source });
    see({ order: 'A', n: 6, source });
    expect(found()).toEqual({ A: 6 });
  });

  it('know how often the very change was put back, and whether by this run', () => {
    const { see, only } = aRun();
    see({ n: 5 });
    expect(only()).toMatchObject({ replays: 0, done: false });
    see({ n: 6, source: lsnAt(5) }, { mark: { run: 'r0', count: 1, origin: null } });
    see({ n: 7, source: lsnAt(5) }, { mark: { run: 'r1', count: 2, origin: null } });
    // The source repeats it.
    see({ n: 8, source: lsnAt(5) });
    expect(only()).toMatchObject({ replays: 2, done: true, offset: 8n });
    see({ n: 9 });
    expect(only()).toMatchObject({ replays: 0, done: true, offset: 9n });
    see({ n: 10, source: lsnAt(5) }, { mark: { run: 'r2', count: 3, origin: null } });
    expect(only()).toMatchObject({ replays: 0, offset: 9n });
  });

  it('are no copy of a record that others came behind, whatever its position says', () => {
    const { see, only } = aRun();
    const source = lsnAt(5);
    see({ n: 5, source });
    see({ n: 6, source });
    see({ n: 7, source }, { mark: { run: 'r0', count: 1, origin: 5n } });
    expect(only()).toMatchObject({ offset: 6n });
    see({ n: 8, source }, { mark: { run: 'r0', count: 1, origin: 6n } });
    expect(only()).toMatchObject({ offset: 8n, replays: 1 });
  });

  it('are so many and no more; those that are known may change', () => {
    const { see, found } = aRun(2);
    expect([see({ order: 'A', n: 1 }), see({ order: 'B', n: 2 }), see({ order: 'C', n: 3 })]).toEqual([
      true,
      true,
      false,
    ]);
    expect(see({ order: 'A', n: 4 })).toBe(true);
    expect(see({ order: 'D', n: 5 }, { within: false })).toBe(true);
    expect(found()).toEqual({ A: 4, B: 2 });
  });
});
