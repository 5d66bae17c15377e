import { beforeEach, describe, expect, it } from 'vitest';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { Valve } from '../../../../connector/flow/partition/valve.ts';
import type { PartitionKey } from '../../../../connector/kernel/position.ts';
import { key } from '../pipeline-world.ts';

describe('Valve', () => {
  let told: string[];
  let pause: boolean;
  let pauseHeld: boolean;
  let partitions: Map<PartitionKey, PartitionFlow>;
  let valve: Valve;

  beforeEach(() => {
    told = [];
    pause = false;
    pauseHeld = false;
    partitions = new Map();
    const tell = (what: string) => (keys: readonly PartitionKey[]) => void told.push(`${what} ${keys.join(' ')}`);
    const intake = { pause: tell('pause'), resume: tell('resume'), commit: async () => {}, leased: true };
    valve = new Valve(
      intake,
      partitions,
      () => pause,
      () => pauseHeld,
    );
  });

  const add = (number: number, restored = true) => {
    const partition = new PartitionFlow(key(number));
    partition.restored = restored;
    partitions.set(key(number), partition);
    return partition;
  };

  it('tells the source what is new, once', () => {
    add(0);
    add(1);
    valve.regulate();
    expect(told).toEqual([]);
    pause = true;
    valve.regulate();
    valve.regulate();
    pause = false;
    valve.regulate();
    valve.regulate();
    expect(told).toEqual([`pause ${key(0)} ${key(1)}`, `resume ${key(0)} ${key(1)}`]);
  });

  it('keeps a partition shut until its journal is read, and no other', () => {
    add(0);
    const restoring = add(1, false);
    valve.regulate();
    expect(told.splice(0)).toEqual([`pause ${key(1)}`]);
    pause = true;
    valve.regulate();
    pause = false;
    valve.regulate();
    expect(told.splice(0)).toEqual([`pause ${key(0)}`, `resume ${key(0)}`]);
    restoring.restored = true;
    valve.regulate();
    expect(told).toEqual([`resume ${key(1)}`]);
  });

  it('pauses a partition that is held for its own records only, and the others for theirs', () => {
    add(0);
    const held = add(1);
    held.held = true;
    pause = true;
    valve.regulate();
    expect(told.splice(0)).toEqual([`pause ${key(0)}`]);
    [pause, pauseHeld] = [false, true];
    valve.regulate();
    expect(told.splice(0)).toEqual([`pause ${key(1)}`, `resume ${key(0)}`]);
    held.held = false;
    valve.regulate();
    expect(told).toEqual([`resume ${key(1)}`]);
  });

  it('tells all again when it is asked to: the source may have forgotten', () => {
    add(0);
    add(1, false);
    valve.tellAll();
    valve.tellAll();
    expect(told).toEqual(
      Array(2)
        .fill([`pause ${key(1)}`, `resume ${key(0)}`])
        .flat(),
    );
  });

  it('knows which partitions it paused', () => {
    const [ours, restoring] = [add(0), add(1, false)];
    valve.tellAll();
    expect([ours.paused, restoring.paused]).toEqual([false, true]);
    pause = true;
    valve.regulate();
    expect([ours.paused, restoring.paused]).toEqual([true, true]);
  });

  it('tells nothing any more once it is closed', () => {
    add(0);
    valve.close();
    pause = true;
    valve.regulate();
    valve.tellAll();
    expect(told).toEqual([]);
  });
});
