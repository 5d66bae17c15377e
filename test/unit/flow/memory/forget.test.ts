import { beforeEach, describe, expect, it } from 'vitest';
import { type ForgetParts, forgetOver } from '../../../../connector/flow/memory/forget.ts';
import { OrderBook, watermarkOrder } from '../../../../connector/flow/memory/order-book.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import type { Journal } from '../../../../connector/flow/ports.ts';
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
    partitions = new Map([[key(0), restoredTo(9n)]]);
    failures = [];
  });

  const restoredTo = (committed: bigint) => {
    const partition = new PartitionFlow(key(0));
    partition.restore({ begin: committed, end: committed });
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

  it('keeps an order whose last change is not committed: it would be read again after a crash', async () => {
    end('A');
    partitions.set(key(0), restoredTo(1n));
    forgetOver(later, hour, parts());
    expect(book.size).toBe(1);
    partitions.set(key(0), restoredTo(2n));
    forgetOver(later, hour, parts());
    expect(book.size).toBe(0);
  });

  it('writes the watermark of the partition before it forgets its orders', async () => {
    const written: string[] = [];
    const append: Journal['append'] = async ({ order, state }) =>
      void written.push(`${order} ${state.source?.committedAt}`);
    const forget: ForgetParts['forget'] = async order => void written.push(`forget ${order}`);
    end('A');
    end('B');
    forgetOver(later, hour, parts({ journal: { append }, forget }));
    await clock.runDry();
    expect(written).toEqual([`${watermarkOrder(key(0))} ${dawn + 1}`, 'forget A', 'forget B']);
  });

  it('keeps one that is over for less, or of which something is under way', async () => {
    end('A');
    forgetOver(later, 2 * hour + 1, parts());
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
    partitions.set(key(0), restoredTo(9n));
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
    restoring.restore({ begin: 9n, end: 9n });
    forgetOver(later, hour, parts());
    await clock.pass(10);
    expect([book.size, journal.forgotten]).toEqual([0, ['A']]);
  });
});
