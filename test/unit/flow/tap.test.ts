import { beforeEach, describe, expect, it } from 'vitest';
import { PartitionFlow } from '../../../connector/flow/partition-flow.ts';
import { Tap } from '../../../connector/flow/tap.ts';
import { type PartitionKey, partitionKey } from '../../../connector/kernel/position.ts';
import { sourceTopic } from '../../support/builders.ts';

describe('Tap', () => {
  let told: string[];
  let partitions: PartitionFlow[];
  let tap: Tap;

  beforeEach(() => {
    told = [];
    partitions = [0, 1].map(n => new PartitionFlow(partitionKey(sourceTopic, n)));
    const note = (what: string) => (keys: readonly PartitionKey[]) =>
      void told.push(`${what} ${keys.map(key => key.split('/')[1]).join(' ')}`);
    tap = new Tap({ pause: note('pause'), resume: note('resume') });
  });

  it('tells the source what is new, and nothing twice', () => {
    tap.set(partitions, false);
    tap.set(partitions, true);
    tap.set(partitions, true);
    tap.set(partitions, false);
    expect(told).toEqual(['pause 0 1', 'resume 0 1']);
  });

  it('pauses a partition that came while the others were paused', () => {
    tap.set(partitions, true);
    partitions.push(new PartitionFlow(partitionKey(sourceTopic, 2)));
    tap.set(partitions, true);
    expect(told).toEqual(['pause 0 1', 'pause 2']);
    expect(partitions.every(({ paused }) => paused)).toBe(true);
  });

  it('after a join says it again: the source may have forgotten a pause, or kept one', () => {
    tap.set(partitions, true);
    tap.restate(partitions, true);
    tap.restate(partitions, false);
    tap.restate(partitions, false);
    expect(told).toEqual(['pause 0 1', 'pause 0 1', 'resume 0 1', 'resume 0 1']);
  });

  it('has nothing to say where nothing is assigned', () => {
    tap.restate([], true);
    tap.set([], true);
    expect(told).toEqual([]);
  });
});
