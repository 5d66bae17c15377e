import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frontier } from '../../../../connector/flow/partition/frontier.ts';
import { BrokenInvariant } from '../../../../connector/kernel/assert.ts';
import { instant } from '../../../../connector/kernel/time.ts';

/** The naive model: every offset ever read, and whether it is done. */
interface Model {
  highest: bigint | null;
  readonly done: Map<bigint, boolean>;
}

function compare(model: Model, real: Frontier): void {
  const open = [...model.done.values()].filter(done => !done).length;
  const lowest = [...model.done].reduce<bigint | null>(
    (least, [offset, done]) => (done || (least !== null && least <= offset) ? least : offset),
    null,
  );
  expect(real.unsettled).toBe(open);
  expect(real.highest).toBe(model.highest);
  expect(real.committable).toBe(lowest ?? (model.highest === null ? null : model.highest + 1n));
  expect(real.oldestUnsettledAt).toBe(lowest === null ? null : Number(lowest));
}

class Accept implements fc.Command<Model, Frontier> {
  readonly shift: number;
  constructor(shift: number) {
    this.shift = shift;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Frontier): void {
    const offset = (model.highest ?? 100n) + BigInt(this.shift);
    const isNew = model.highest === null || offset > model.highest;
    expect(real.accept(offset, instant(Number(offset)))).toBe(isNew);
    if (isNew) {
      model.done.set(offset, false);
      model.highest = offset;
    }
    compare(model, real);
  }
  toString(): string {
    return `accept ${this.shift}`;
  }
}

class Pass implements fc.Command<Model, Frontier> {
  readonly shift: number;
  constructor(shift: number) {
    this.shift = shift;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Frontier): void {
    const offset = (model.highest ?? 100n) + BigInt(this.shift);
    real.pass(offset);
    if (model.highest === null || offset > model.highest) model.highest = offset;
    compare(model, real);
  }
  toString(): string {
    return `pass ${this.shift}`;
  }
}

class Settle implements fc.Command<Model, Frontier> {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  check(model: Model): boolean {
    return [...model.done.values()].some(done => !done);
  }
  run(model: Model, real: Frontier): void {
    const open = [...model.done].filter(([, done]) => !done).map(([offset]) => offset);
    const offset = open[this.which % open.length] ?? 0n;
    real.settle(offset);
    model.done.set(offset, true);
    compare(model, real);
    expect(() => real.settle(offset)).toThrow(BrokenInvariant);
    compare(model, real);
  }
  toString(): string {
    return `settle ${this.which}`;
  }
}

describe('Frontier', () => {
  it('is the lowest offset that is not accounted for, whatever comes and goes', () => {
    const commands = fc.commands(
      [
        fc.integer({ min: -2, max: 4 }).map(shift => new Accept(shift)),
        fc.integer({ min: -2, max: 4 }).map(shift => new Pass(shift)),
        fc.nat(50).map(which => new Settle(which)),
        fc.nat(50).map(which => new Settle(which)),
      ],
      { size: 'medium' },
    );
    fc.assert(
      fc.property(commands, list => {
        fc.modelRun(() => ({ model: { highest: null, done: new Map() }, real: new Frontier() }), list);
      }),
      { numRuns: 300 },
    );
  });

  it('never falls', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1 }),
        fc.infiniteStream(fc.nat(100)),
        (gaps, picks) => {
          const frontier = new Frontier();
          const open: bigint[] = [];
          let offset = 0n;
          let last = 0n;
          for (const gap of gaps) {
            offset += BigInt(gap);
            frontier.accept(offset, instant(0));
            open.push(offset);
            const [pick = 0] = picks.take(1);
            if (pick % 2 === 0) frontier.settle(open.splice(pick % open.length, 1)[0] ?? 0n);
            expect(frontier.committable).toBeGreaterThanOrEqual(last);
            last = frontier.committable ?? last;
          }
        },
      ),
    );
  });

  it('refuses what a join fetches again, settled or not', () => {
    const frontier = new Frontier();
    for (const offset of [5n, 6n, 7n]) frontier.accept(offset, instant(0));
    frontier.settle(6n);
    expect([5n, 6n, 7n].map(offset => frontier.accept(offset, instant(0)))).toEqual([false, false, false]);
    expect(frontier.committable).toBe(5n);
    expect(frontier.unsettled).toBe(2);
  });

  it('settles nothing that it never accepted', () => {
    const frontier = new Frontier();
    frontier.pass(9n);
    expect(() => frontier.settle(9n)).toThrow(BrokenInvariant);
  });

  it('passes offsets where no record stands: compaction, transaction markers', () => {
    const frontier = new Frontier();
    expect(frontier.committable).toBeNull();
    frontier.pass(41n);
    expect(frontier.committable).toBe(42n);
    expect(frontier.accept(41n, instant(0))).toBe(false);
  });
});
