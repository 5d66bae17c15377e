import { beforeEach, describe, expect, it } from 'vitest';
import { Handover } from '../../../connector/kafka/handover.ts';
import type { Offset, PartitionKey } from '../../../connector/kernel/position.ts';
import { aRecord } from '../../support/builders.ts';

const key: PartitionKey = 't/0';

let handover: Handover;
let faults: string[];
let received: string[];

beforeEach(() => {
  faults = [];
  received = [];
  const listener = {
    rebalancing: () => undefined,
    quiesce: async () => undefined,
    assigned: () => undefined,
    receive: (...[, records, lastOffset]: [PartitionKey, readonly unknown[], Offset, Offset]) =>
      void received.push(`${records.length} to ${lastOffset}`),
  };
  handover = new Handover(
    () => listener,
    ({ code }) => void faults.push(code),
  );
  handover.assign([key]);
});

/** Records from `first` to `last`, of a partition whose high watermark is `end`. */
function hand(first: bigint, last: bigint, end: bigint): boolean {
  const count = Number(last - first) + 1;
  const records = Array.from({ length: count }, (_, n) => aRecord({ offset: first + BigInt(n) }));
  return handover.hand(key, records, last, end);
}

describe('a high watermark below what was read', () => {
  it('is passed on after a join that reads again from the last commit: the watermark of a new leader lags for a moment', () => {
    hand(90n, 99n, 100n);
    handover.committed([[key, 95n]]);
    handover.assign([key]);
    expect(hand(95n, 97n, 98n)).toBe(true);
    expect([faults, received.at(-1)]).toEqual([[], '3 to 97']);
  });

  it('is passed on after a join also where nothing was committed, and no record was there', () => {
    handover.hand(key, [], 99n, 100n);
    handover.assign([key]);
    handover.hand(key, [], 97n, 98n);
    expect(faults).toEqual([]);
  });

  it('is passed on without a join where the partition is read on', () => {
    hand(90n, 99n, 100n);
    hand(100n, 101n, 99n);
    expect(faults).toEqual([]);
  });

  it('is another topic where it is read again from below without a join', () => {
    hand(990n, 999n, 1_000n);
    expect(hand(0n, 3n, 4n)).toBe(false);
    expect([faults, received]).toEqual([['SOURCE_TOPIC_REMADE'], ['10 to 999']]);
  });

  it.each<[string, (handover: Handover) => void]>([
    ['was committed', of => of.committed([[key, 1_000n]])],
    ['was read first', () => undefined],
  ])('is another topic where a join reads it again from below what %s', (_, commit) => {
    hand(990n, 999n, 1_000n);
    commit(handover);
    handover.assign([key]);
    expect([hand(0n, 3n, 4n), faults]).toEqual([false, ['SOURCE_TOPIC_REMADE']]);
  });

  it('is another topic however many joins lie between', () => {
    hand(990n, 999n, 1_000n);
    for (let joins = 0; joins < 3; joins++) handover.assign([key]);
    expect(hand(0n, 3n, 4n)).toBe(false);
  });

  it.each<[string, (handover: Handover) => void]>([
    ['a seek', of => of.sought(key)],
    [
      'the partition was taken away',
      of => {
        of.assign([]);
        of.assign([key]);
      },
    ],
  ])('is not compared with what was read before: %s', (_, between) => {
    hand(990n, 999n, 1_000n);
    handover.committed([[key, 1_000n]]);
    between(handover);
    expect([hand(0n, 3n, 4n), faults]).toEqual([true, []]);
  });

  it('is not compared with a commit of a partition that is not assigned', () => {
    handover.assign([]);
    handover.committed([[key, 1_000n]]);
    handover.assign([key]);
    expect([hand(0n, 3n, 4n), faults]).toEqual([true, []]);
  });
});
