import { describe, expect, it } from 'vitest';
import { PartitionFlow } from '../../../connector/flow/partition-flow.ts';
import { partitionKey } from '../../../connector/kernel/position.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { sourceTopic } from '../../support/builders.ts';

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
      highWatermark: 12n,
      paused: true,
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
    });
  });
});

describe('a partition that nobody has ever read', () => {
  it('holds no repetitions', () => {
    expect(new PartitionFlow(partitionKey(sourceTopic, 0), true).repeatsBelow).toBe(0n);
    expect(new PartitionFlow(partitionKey(sourceTopic, 0)).repeatsBelow).toBeNull();
  });
});
