import { beforeEach, describe, expect, it } from 'vitest';
import { Commits } from '../../../../connector/flow/partition/commits.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import type { PartitionKey } from '../../../../connector/kernel/position.ts';
import { dawn } from '../../../support/builders.ts';
import { RecordingIntake, RecordingMeter, SteppedClock } from '../../../support/flow-world.ts';
import { key } from '../pipeline-world.ts';

describe('Commits', () => {
  let clock: SteppedClock;
  let intake: RecordingIntake;
  let meter: RecordingMeter;
  let partitions: Map<PartitionKey, PartitionFlow>;
  let commits: Commits;

  beforeEach(() => {
    intake = new RecordingIntake();
    meter = new RecordingMeter();
    partitions = new Map();
    clock = new SteppedClock();
    commits = new Commits(clock, intake, meter, partitions);
  });

  const add = (number: number) => {
    const partition = new PartitionFlow(key(number));
    partitions.set(key(number), partition);
    return partition;
  };
  const settled = (partition: PartitionFlow, offset: bigint) => {
    partition.frontier.accept(offset, dawn);
    partition.frontier.settle(offset);
  };

  it('commits the frontier of each partition that moved, in one go, and once', async () => {
    settled(add(0), 4n);
    settled(add(1), 7n);
    add(2);
    await commits.commit();
    await commits.commit();
    expect(intake.commits).toEqual([
      new Map([
        [key(0), 5n],
        [key(1), 8n],
      ]),
    ]);
    expect(meter.commits).toEqual([true]);
  });

  it('commits nothing that is not accounted for', async () => {
    const partition = add(0);
    partition.frontier.accept(4n, dawn);
    settled(partition, 5n);
    await commits.commit();
    await commits.commit();
    expect(intake.commits).toEqual([new Map([[key(0), 4n]])]);
  });

  it('tries again what the broker refused, also when no more moved', async () => {
    settled(add(0), 4n);
    intake.refuses = true;
    await commits.commit();
    intake.refuses = false;
    await commits.commit();
    expect([meter.commits, intake.committed(key(0))]).toEqual([[false, true], 5n]);
  });

  it('takes for committed only what it asked for, not what moved meanwhile', async () => {
    const partition = add(0);
    settled(partition, 4n);
    const first = commits.commit();
    settled(partition, 5n);
    await first;
    await commits.commit();
    expect(intake.commits.map(offsets => offsets.get(key(0)))).toEqual([5n, 6n]);
  });

  it('notes since when records wait and no commit has moved', async () => {
    const partition = add(0);
    const since = () => partition.snapshot().uncommittedSince;
    await commits.commit();
    expect(since()).toBeNull();
    partition.frontier.accept(4n, dawn);
    partition.frontier.accept(5n, dawn);
    await commits.commit();
    const first = clock.now();
    expect(since()).toBe(first);
    await clock.pass(600_000);
    await commits.commit();
    expect(since()).toBe(first);
    partition.frontier.settle(4n);
    await commits.commit();
    expect(since()).toBe(clock.now());
    // All are accounted for, but the broker refuses the commit.
    partition.frontier.settle(5n);
    intake.refuses = true;
    const second = clock.now();
    await clock.pass(1_000);
    await commits.commit();
    expect(since()).toBe(second);
    intake.refuses = false;
    await commits.commit();
    expect(since()).toBeNull();
  });

  it('commits nothing more once an invariant broke', async () => {
    settled(add(0), 4n);
    commits.stop();
    await commits.commit();
    expect([intake.commits, meter.commits]).toEqual([[], []]);
  });
});
