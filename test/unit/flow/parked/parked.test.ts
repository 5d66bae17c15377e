import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Parked, ParkedOrders } from '../../../../connector/flow/parked/parked.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { dawn, sourceTopic } from '../../../support/builders.ts';
import { sinceStart } from '../../../support/flow-world.ts';
import { anOwed, timesOf } from '../owed.ts';

const at = sinceStart;
const always = () => true;

describe('ParkedOrders', () => {
  let parked: ParkedOrders;
  let partition: PartitionFlow;

  beforeEach(() => {
    parked = new ParkedOrders();
    partition = new PartitionFlow(partitionKey(sourceTopic, 0));
  });

  const put = (order: string, dueMs: number, of = partition) =>
    parked.put(merchantBizNo(order), anOwed({ order, dueMs }), of, timesOf(anOwed({ dueMs })));
  const take = (ms: number, mayGo: (one: Parked) => boolean = always) => parked.takeDue(at(ms), mayGo)?.order;

  it('gives what is due, the earliest first, and each once', () => {
    put('A', 300);
    put('B', 100);
    expect([parked.size, partition.parked, parked.nextAt]).toEqual([2, 2, at(100)]);
    expect([take(99), take(100), take(100)]).toEqual([undefined, 'B', undefined]);
    expect([take(300), parked.nextAt]).toEqual(['A', null]);
    // In their lanes they are owed still.
    expect([parked.size, parked.released, partition.parked]).toEqual([2, 2, 2]);
  });

  it('holds one for each order: what is put takes the place of what was', () => {
    put('A', 100);
    expect(take(100)).toBe('A');
    put('A', 500);
    expect([parked.size, parked.released, partition.parked]).toEqual([1, 0, 1]);
    expect([take(499), take(500)]).toEqual([undefined, 'A']);
  });

  it('takes one that is put anew for an earlier moment at that moment, and once', () => {
    put('A', 500);
    put('A', 100);
    expect([take(100), take(500)]).toEqual(['A', undefined]);
  });

  it('looks again, a second later, at one that may not go yet', () => {
    put('A', 100);
    put('B', 200);
    expect(take(250, ({ order }) => order !== 'A')).toBe('B');
    expect(parked.nextAt).toBe(at(1_250));
    expect([take(1_249), take(1_250)]).toEqual([undefined, 'A']);
  });

  it('gives up what is removed, in a lane or not', () => {
    put('A', 100);
    put('B', 100);
    take(100);
    expect([parked.released, parked.remove(merchantBizNo('A'), partition)?.order]).toEqual([1, 'A']);
    parked.remove(merchantBizNo('B'), partition);
    expect([parked.size, parked.released, partition.parked, take(500)]).toEqual([0, 0, 0, undefined]);
    expect(parked.remove(merchantBizNo('B'), partition)).toBeUndefined();
  });

  it('holds one for each partition that an order came from', () => {
    const other = new PartitionFlow(partitionKey(sourceTopic, 1));
    put('A', 100);
    put('B', 100);
    put('A', 200, other);
    expect([parked.size, partition.parked, other.parked]).toEqual([3, 2, 1]);
    const both = parked.of(merchantBizNo('A'));
    expect([parked.divided, both.map(one => one.partition)]).toEqual([[both], [partition, other]]);
    expect([take(500), take(500), take(500), take(500)]).toEqual(['A', 'B', 'A', undefined]);
    parked.remove(merchantBizNo('A'), partition);
    expect([parked.size, parked.released, parked.divided]).toEqual([2, 2, []]);
    expect(parked.get(merchantBizNo('A'), partition)).toBeUndefined();
    expect(parked.get(merchantBizNo('A'), other)?.owed.dueAt).toBe(dawn + 200);
  });

  it('looks at both of an order again where neither may go', () => {
    const other = new PartitionFlow(partitionKey(sourceTopic, 1));
    put('A', 100);
    put('A', 150, other);
    expect(take(200, () => false)).toBeUndefined();
    expect([take(1_199), take(1_200), take(1_200), take(9_000)]).toEqual([undefined, 'A', 'A', undefined]);
  });

  it('forgets what is owed of partitions that were taken away, and nothing else', () => {
    const gone = new PartitionFlow(partitionKey(sourceTopic, 1));
    put('A', 100);
    put('B', 100, gone);
    put('C', 200, gone);
    expect(take(100)).toBe('A');
    expect(take(100)).toBe('B');
    gone.revoke();
    parked.forgetRevoked();
    expect([parked.size, parked.released, partition.parked]).toEqual([1, 1, 1]);
    expect(take(500)).toBeUndefined();
  });

  it('keeps nothing of what was removed long before it was due', () => {
    put('A', 100);
    parked.remove(merchantBizNo('A'), partition);
    for (let n = 0; n < 80; n++) put(`B-${n % 5}`, 9_000);
    expect(parked.nextAt).toBe(at(9_000));
    expect(parked.size).toBe(5);
  });

  it('gives each at its last moment and no other, whatever was put, removed and taken before', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ put: fc.nat(5), dueMs: fc.nat(50) }),
        fc.record({ remove: fc.nat(5) }),
        fc.record({ passMs: fc.nat(10) }),
      ),
      { maxLength: 150 },
    );
    fc.assert(
      fc.property(steps, list => {
        const real = new ParkedOrders();
        const model = new Map<string, number>();
        let now = 0;
        for (const step of list) {
          if ('put' in step) {
            const order = `A-${step.put}`;
            const owed = anOwed({ order, dueMs: now + step.dueMs });
            real.put(merchantBizNo(order), owed, partition, timesOf(owed));
            model.set(order, now + step.dueMs);
          } else if ('remove' in step) {
            real.remove(merchantBizNo(`A-${step.remove}`), partition);
            model.delete(`A-${step.remove}`);
          } else {
            now += step.passMs;
            const due = [...model].filter(([, dueMs]) => dueMs <= now).map(([order]) => order);
            const taken: string[] = [];
            for (let one = real.takeDue(at(now), always); one; one = real.takeDue(at(now), always)) {
              taken.push(one.order);
              real.remove(one.order, partition);
            }
            expect(taken.sort()).toEqual(due.sort());
            for (const order of due) model.delete(order);
          }
          expect(real.size).toBe(model.size);
        }
      }),
    );
  });
});
