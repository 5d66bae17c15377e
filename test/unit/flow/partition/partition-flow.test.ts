import { describe, expect, it } from 'vitest';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { sourceTopic } from '../../../support/builders.ts';

describe('PartitionFlow', () => {
  it('is ours until it is revoked, once and for all', () => {
    const partition = new PartitionFlow(partitionKey(sourceTopic, 0));
    const { signal } = partition;
    expect([partition.revoked, signal.aborted]).toEqual([false, false]);
    partition.revoke();
    expect([partition.revoked, signal.aborted]).toEqual([true, true]);
  });

  it('shows where it stands', () => {
    const partition = new PartitionFlow(partitionKey(sourceTopic, 3));
    partition.restore({ begin: 7n, end: 12n });
    partition.frontier.accept(7n, instant(700));
    partition.frontier.accept(9n, instant(900));
    partition.frontier.settle(9n);
    partition.highWatermark = 12n;
    partition.paused = true;
    expect(partition.snapshot()).toEqual({
      topic: sourceTopic,
      partition: 3,
      frontier: 7n,
      highest: 9n,
      unsettled: 1,
      oldestUnsettledAt: 700,
      uncommittedSince: null,
      uncommittedFrom: null,
      highWatermark: 12n,
      paused: true,
      restored: true,
      received: 0,
      recalled: 0,
      settled: { delivered: 0, skipped: 0, superseded: 0, 'dead-lettered': 0 },
      parked: 0,
    });
  });

  it('shows nothing before it was read', () => {
    expect(new PartitionFlow(partitionKey(sourceTopic, 0)).snapshot()).toMatchObject({
      frontier: null,
      highest: null,
      unsettled: 0,
      oldestUnsettledAt: null,
      highWatermark: null,
      paused: false,
      restored: false,
    });
  });
});

describe('a partition whose journal is read', () => {
  const restored = (begin: bigint, end: bigint) => {
    const partition = new PartitionFlow(partitionKey(sourceTopic, 0));
    expect([partition.restored, partition.isReadUp]).toEqual([false, false]);
    partition.restore({ begin, end });
    expect(partition.restored).toBe(true);
    return partition;
  };

  it('is read up when all is received that was there when it was assigned', () => {
    const partition = restored(5n, 8n);
    expect([partition.isReadUp, partition.repeatsBelow]).toEqual([false, 8n]);
    partition.frontier.accept(6n, instant(0));
    expect(partition.isReadUp).toBe(false);
    partition.frontier.pass(7n);
    expect(partition.isReadUp).toBe(true);
  });

  it('is read up at once when nothing is left to read', () => {
    expect(restored(8n, 8n).isReadUp).toBe(true);
    expect(restored(0n, 0n).isReadUp).toBe(true);
  });
});
