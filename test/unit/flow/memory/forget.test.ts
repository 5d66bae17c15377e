import { beforeEach, describe, expect, it } from 'vitest';
import { type ForgetParts, forgetOver } from '../../../../connector/flow/memory/forget.ts';
import { OrderBook } from '../../../../connector/flow/memory/order-book.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import type { PartitionKey } from '../../../../connector/kernel/position.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { evolve, initialState } from '../../../../connector/order/state.ts';
import { aChange, dawn } from '../../../support/builders.ts';
import { RecordingJournal, SteppedClock } from '../../../support/flow-world.ts';
import { ended, sent } from '../../order/given.ts';
import { key } from '../pipeline-world.ts';

const hour = 3_600_000;
const later = instant(dawn + 2 * hour);

describe('forgetOver', () => {
  let clock: SteppedClock;
  let book: OrderBook;
  let journal: RecordingJournal;
  let partitions: Map<PartitionKey, PartitionFlow>;
  let failures: unknown[];

  beforeEach(() => {
    clock = new SteppedClock();
    book = new OrderBook(100);
    journal = new RecordingJournal(clock);
    partitions = new Map([[key(0), restored()]]);
    failures = [];
  });

  const restored = () => {
    const partition = new PartitionFlow(key(0));
    partition.restore({ begin: 0n, end: 0n });
    return partition;
  };
  const parts = (given: Partial<ForgetParts> = {}): ForgetParts => ({
    book,
    journal,
    forget: (order, partition) => journal.forget(partition.key, order, partition.signal),
    partitions,
    isBusy: () => false,
    fail: error => failures.push(error),
    ...given,
  });
  const end = (order: string, partition = 0) =>
    book.set(merchantBizNo(order), evolve(initialState, ended(aChange({ order, partition, ends: true }))), dawn);

  it('forgets an order whose card is over for so long, in the journal too', async () => {
    end('A');
    book.set(merchantBizNo('B'), evolve(initialState, sent(aChange({ order: 'B' }))), dawn);
    forgetOver(later, hour, parts());
    await clock.pass(10);
    expect([book.size, journal.forgotten]).toEqual([1, ['A']]);
    expect(book.get(merchantBizNo('B')).kind).toBe('live');
  });

  it('keeps one that is over for less, or of which something is under way', async () => {
    end('A');
    forgetOver(later, 2 * hour, parts());
    forgetOver(later, hour, parts({ isBusy: () => true }));
    await clock.pass(10);
    expect([book.size, journal.forgotten]).toEqual([1, []]);
  });

  it('tells the journal nothing of a partition that is not ours', async () => {
    end('A', 7);
    forgetOver(later, hour, parts());
    await clock.pass(10);
    expect(journal.forgotten).toEqual([]);
  });

  it('takes a partition that is lost meanwhile for no failure, and any other rejection for one', async () => {
    journal.blocked = true;
    end('A');
    forgetOver(later, hour, parts());
    await clock.pass(10);
    partitions.get(key(0))?.revoke();
    await clock.pass(10);
    expect([failures, clock.sleeping]).toEqual([[], 0]);
    partitions.set(key(0), restored());
    end('B');
    const broken = parts({ forget: () => Promise.reject(new Error('x')) });
    forgetOver(later, hour, broken);
    await clock.runDry();
    expect(failures).toEqual([new Error('x')]);
  });

  it('waits until the journal is read: what it says later of the order is not known before', async () => {
    const restoring = new PartitionFlow(key(0));
    partitions.set(key(0), restoring);
    end('A');
    forgetOver(later, hour, parts());
    await clock.pass(10);
    expect([book.size, journal.forgotten]).toEqual([1, []]);
    restoring.restore({ begin: 0n, end: 0n });
    forgetOver(later, hour, parts());
    await clock.pass(10);
    expect([book.size, journal.forgotten]).toEqual([0, ['A']]);
  });
});
