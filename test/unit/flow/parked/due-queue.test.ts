import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DueQueue } from '../../../../connector/flow/parked/due-queue.ts';
import { monotonic } from '../../../../connector/kernel/time.ts';

type Step = { readonly push: number } | { readonly takeAt: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(fc.record({ push: fc.nat(20) }), fc.record({ takeAt: fc.nat(20) })),
  { maxLength: 200 },
);

describe('DueQueue', () => {
  it('gives what is due, the earliest first, and of equal ones who came first', () => {
    fc.assert(
      fc.property(steps, list => {
        const queue = new DueQueue<number>();
        // A list that is searched, as nobody would keep thousands.
        const model: { readonly at: number; readonly turn: number }[] = [];
        for (const [turn, step] of list.entries()) {
          if ('push' in step) {
            queue.push(monotonic(step.push), turn);
            model.push({ at: step.push, turn });
            model.sort((a, b) => a.at - b.at || a.turn - b.turn);
          } else {
            const due = (model[0]?.at ?? Number.POSITIVE_INFINITY) <= step.takeAt ? model.shift() : undefined;
            expect(queue.take(monotonic(step.takeAt))).toBe(due?.turn);
          }
          expect([queue.size, queue.nextAt]).toEqual([model.length, model[0]?.at ?? null]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives all in order, however they came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 300 }), moments => {
        const queue = new DueQueue<number>();
        for (const at of moments) queue.push(monotonic(at), at);
        const taken = moments.map(() => queue.take(monotonic(1000)));
        expect(taken).toEqual([...moments].sort((a, b) => a - b));
        expect([queue.take(monotonic(1000)), queue.nextAt]).toEqual([undefined, null]);
      }),
    );
  });
});
