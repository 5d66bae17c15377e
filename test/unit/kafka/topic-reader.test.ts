import { describe, expect, it } from 'vitest';
import { newestOf } from '../../../connector/kafka/topic-reader.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';

/** Records of a partition with these times, from offset 0 on. */
function partition(number: number, ...times: readonly number[]): [number, readonly SourceRecord[]] {
  const records = times.map((time, at) => ({
    topic: 't',
    partition: number,
    offset: BigInt(at),
    key: null,
    value: null,
    timestamp: instant(time),
    headers: [],
  }));
  return [number, records];
}

const places = (records: readonly SourceRecord[]) => records.map(one => `${one.partition}@${one.offset}`);

describe('the newest records of several partitions', () => {
  it('are those with the latest times, the oldest first', () => {
    const found = new Map([partition(0, 10, 40), partition(1, 20, 30), partition(2)]);
    expect(places(newestOf(found, 3))).toEqual(['1@0', '1@1', '0@1']);
    expect(places(newestOf(found, 9))).toEqual(['0@0', '1@0', '1@1', '0@1']);
    expect(newestOf(found, 0)).toEqual([]);
  });

  it('keep the order of their partition, whatever times they bear', () => {
    const found = new Map([partition(0, 90, 10), partition(1, 50)]);
    expect(places(newestOf(found, 2))).toEqual(['0@1', '1@0']);
    expect(places(newestOf(found, 3))).toEqual(['0@0', '0@1', '1@0']);
  });
});
