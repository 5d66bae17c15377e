import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../../../connector/flow/partition/fifo.ts';

class Push implements fc.Command<number[], Fifo<number>> {
  readonly count: number;
  constructor(count: number) {
    this.count = count;
  }
  check(): boolean {
    return true;
  }
  run(model: number[], real: Fifo<number>): void {
    for (let i = 0; i < this.count; i++) {
      model.push(i);
      real.push(i);
    }
    expect(real.size).toBe(model.length);
  }
  toString(): string {
    return `push ${this.count}`;
  }
}

class Shift implements fc.Command<number[], Fifo<number>> {
  readonly count: number;
  constructor(count: number) {
    this.count = count;
  }
  check(): boolean {
    return true;
  }
  run(model: number[], real: Fifo<number>): void {
    for (let i = 0; i < this.count; i++) expect(real.shift()).toBe(model.shift());
    expect(real.size).toBe(model.length);
  }
  toString(): string {
    return `shift ${this.count}`;
  }
}

class Drain implements fc.Command<number[], Fifo<number>> {
  check(): boolean {
    return true;
  }
  run(model: number[], real: Fifo<number>): void {
    expect(real.drain()).toEqual(model.splice(0));
    expect(real.size).toBe(0);
  }
  toString(): string {
    return 'drain';
  }
}

describe('Fifo', () => {
  it('does what an array does, through its compactions too', () => {
    const counts = fc.oneof(fc.nat(3), fc.nat(200));
    const commands = fc.commands(
      [counts.map(count => new Push(count)), counts.map(count => new Shift(count)), fc.constant(new Drain())],
      { size: 'medium' },
    );
    fc.assert(
      fc.property(commands, list => {
        fc.modelRun(() => ({ model: [], real: new Fifo<number>() }), list);
      }),
    );
  });

  it('keeps nothing in memory of what was taken', async () => {
    const fifo = new Fifo<object>();
    const seen = Array.from({ length: 10 }, () => new WeakRef({ bytes: new Uint8Array(16) }));
    for (const ref of seen) fifo.push(ref.deref() ?? {});
    for (let i = 0; i < 5; i++) fifo.shift();
    // A WeakRef keeps its object for the rest of the turn it was read in.
    await new Promise(resolve => setImmediate(resolve));
    collectGarbage();
    expect(seen.map(ref => ref.deref() !== undefined)).toEqual([...Array(5).fill(false), ...Array(5).fill(true)]);
    expect(fifo.size).toBe(5);
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
