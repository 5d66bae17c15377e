import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detachRecord, type Entry, entryOf, Lane } from '../../../../connector/flow/lane/lane.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { BrokenInvariant } from '../../../../connector/kernel/assert.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { aChange, aRecord, lsnAt, sourceTopic } from '../../../support/builders.ts';

const partition = new PartitionFlow(partitionKey(sourceTopic, 0));
const entry = (n: number, of = partition): Entry => entryOf(aChange({ n }), aRecord({ offset: BigInt(n) }), of);
const aLane = () => new Lane(merchantBizNo('A-1'));
const offsetsOf = (lane: Lane): number[] => {
  const offsets: number[] = [];
  while (lane.head) offsets.push(Number(lane.shift().record.offset));
  return offsets;
};

describe('Lane', () => {
  it('keeps the changes of its order in the order they came', () => {
    const lane = aLane();
    for (const n of [1, 2, 3]) expect(lane.push(entry(n), false)).toEqual({ kind: 'queued' });
    expect(lane.length).toBe(3);
    expect(offsetsOf(lane)).toEqual([1, 2, 3]);
  });

  it.each(['ready', 'waiting'] as const)('%s: the newest takes the place of the one that stands there', state => {
    const lane = aLane();
    lane.push(entry(1), true);
    lane.state = state;
    expect(lane.push(entry(2), true)).toMatchObject({ kind: 'superseded', older: [{ record: { offset: 1n } }] });
    expect(offsetsOf(lane)).toEqual([2]);
  });

  it('running: the head stays, the newest takes the place of the one behind it', () => {
    const lane = aLane();
    lane.push(entry(1), true);
    lane.state = 'running';
    expect(lane.push(entry(2), true)).toEqual({ kind: 'queued' });
    expect(lane.push(entry(3), true)).toMatchObject({ kind: 'superseded', older: [{ record: { offset: 2n } }] });
    expect(offsetsOf(lane)).toEqual([1, 3]);
  });

  it.each([true, false])('takes what the database repeats for stale (conflate: %s)', conflate => {
    const lane = aLane();
    lane.push(entry(5), conflate);
    const repeated = entryOf(aChange({ n: 9, source: lsnAt(4) }), aRecord({ offset: 9n }), partition);
    expect(lane.push(repeated, conflate)).toEqual({ kind: 'stale' });
    expect(offsetsOf(lane)).toEqual([5]);
  });

  it.each(['ready', 'waiting'] as const)(
    '%s again: what is later than the last, but not than the head, leaves the head',
    state => {
      const lane = aLane();
      lane.push(entry(5), true);
      lane.state = 'running';
      const repeated = (n: number, of: number) =>
        entryOf(aChange({ n, source: lsnAt(of) }), aRecord({ offset: BigInt(n) }), partition);
      lane.push(repeated(6, 2), true);
      lane.state = state;
      expect(lane.push(repeated(7, 4), true)).toMatchObject({
        kind: 'superseded',
        older: [{ record: { offset: 6n } }],
      });
      expect(offsetsOf(lane)).toEqual([5, 7]);
    },
  );

  describe('what is put back to be sent again', () => {
    const again = (n: number, of: number) =>
      entryOf(aChange({ n, source: lsnAt(of), replays: 1 }), aRecord({ offset: BigInt(n) }), partition);

    it.each([true, false])('goes behind its change, which stays (conflate: %s)', conflate => {
      const lane = aLane();
      lane.push(entry(5), conflate);
      expect(lane.push(again(6, 5), conflate)).toEqual({ kind: 'queued' });
      expect(offsetsOf(lane)).toEqual([5, 6]);
    });

    it('takes the place of itself, put back before, and of what is older', () => {
      const lane = aLane();
      lane.push(entry(5), true);
      lane.push(again(6, 5), true);
      expect(lane.push(again(7, 5), true)).toMatchObject({ kind: 'superseded', older: [{ record: { offset: 6n } }] });
      lane.push(entry(8), true);
      lane.push(again(9, 8), true);
      expect(offsetsOf(lane)).toEqual([8, 9]);
    });

    it('goes with its change where a newer one comes, but for what is in flight', () => {
      const lane = aLane();
      lane.push(entry(4), true);
      lane.state = 'running';
      for (const one of [entry(5), again(6, 5)]) lane.push(one, true);
      expect(lane.push(entry(8), true)).toMatchObject({
        kind: 'superseded',
        older: [{ record: { offset: 5n } }, { record: { offset: 6n } }],
      });
      expect(offsetsOf(lane)).toEqual([4, 8]);
    });

    it('is stale behind a newer one', () => {
      const lane = aLane();
      lane.push(entry(5), true);
      expect(lane.push(again(6, 4), true)).toEqual({ kind: 'stale' });
    });
  });

  it('leaves it to the decision whether a change is older than the one in flight', () => {
    const lane = aLane();
    lane.push(entry(5), true);
    lane.state = 'running';
    expect(lane.push(entryOf(aChange({ n: 9, source: lsnAt(4) }), aRecord(), partition), true)).toEqual({
      kind: 'queued',
    });
  });

  it('does not make the newer change a create: it may have been sent as an UPDATE before a crash', () => {
    const lane = aLane();
    lane.push(entryOf(aChange({ n: 1, creates: true }), aRecord(), partition), true);
    lane.push(entry(2), true);
    expect(lane.head?.change.creates).toBe(false);
  });

  it('has nothing to shift when it is empty', () => {
    expect(() => aLane().shift()).toThrow(BrokenInvariant);
  });

  describe('when a partition is taken away', () => {
    const other = new PartitionFlow(partitionKey(sourceTopic, 1));
    const gone = new PartitionFlow(partitionKey(sourceTopic, 2));
    gone.revoke();
    const mixed = (state: Lane['state']) => {
      const lane = aLane();
      for (const one of [entry(1, gone), entry(2, other), entry(3, gone)]) lane.push(one, false);
      lane.state = state;
      return lane;
    };

    it.each(['ready', 'waiting'] as const)('%s: gives up its changes and keeps the others', state => {
      const lane = mixed(state);
      expect(lane.removeRevoked().map(({ record }) => record.offset)).toEqual([1n, 3n]);
      expect(offsetsOf(lane)).toEqual([2]);
    });

    it('running: the head is under way and stays', () => {
      const lane = mixed('running');
      expect(lane.removeRevoked().map(({ record }) => record.offset)).toEqual([3n]);
      expect(offsetsOf(lane)).toEqual([1, 2]);
    });
  });

  const pushes = fc.array(fc.record({ n: fc.integer({ min: 1, max: 12 }), shift: fc.boolean() }), { maxLength: 30 });

  it('without conflation loses nothing but what is stale', () => {
    fc.assert(
      fc.property(pushes, list => {
        const lane = aLane();
        const model: number[] = [];
        for (const { n, shift } of list) {
          const stale = model.length > 0 && n <= (model.at(-1) ?? 0);
          expect(lane.push(entry(n), false).kind).toBe(stale ? 'stale' : 'queued');
          if (!stale) model.push(n);
          if (shift) expect(Number(lane.shift().record.offset)).toBe(model.shift());
        }
        expect(offsetsOf(lane)).toEqual(model);
      }),
    );
  });

  it('with conflation holds one change, or one beside the one in flight, and always the latest', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ n: fc.integer({ min: 1, max: 12 }), runs: fc.boolean() })), list => {
        const lane = aLane();
        let dropped = 0;
        for (const { n, runs } of list) {
          const before = lane.length;
          const pushed = lane.push(entry(n), true);
          expect(lane.length).toBe(pushed.kind === 'queued' ? before + 1 : before);
          if (pushed.kind === 'superseded') dropped++;
          if (runs && lane.state !== 'running') lane.state = 'running';
          expect(lane.length).toBeLessThanOrEqual(lane.state === 'running' ? 2 : 1);
        }
        expect(dropped).toBeLessThan(Math.max(1, list.length));
      }),
    );
  });
});

describe('entryOf', () => {
  it('is fresh: nothing tried, and counted', () => {
    expect(entry(1)).toMatchObject({ failures: 0, attempts: 0, counted: true, pending: null, firstAttemptAt: null });
  });
});

describe('detachRecord', () => {
  it('gives a record bytes of its own, equal to the ones it had, Buffers too', () => {
    const fetched = Buffer.from('key-and-value-of-a-large-fetch');
    const one = entry(1);
    one.record = { ...aRecord(), key: fetched.subarray(0, 3), value: fetched.subarray(8, 13) };
    detachRecord(one);
    expect(Buffer.from(one.record.key ?? []).toString()).toBe('key');
    expect(Buffer.from(one.record.value ?? []).toString()).toBe('value');
    expect(one.record.key?.buffer).not.toBe(fetched.buffer);
    expect(one.record.value?.buffer).not.toBe(fetched.buffer);
    expect(one.record.value?.buffer.byteLength).toBe(5);
  });

  it('gives its headers bytes of their own too, and keeps its trace', () => {
    const fetched = Buffer.from('header-of-a-large-fetch');
    const trace = { traceId: null, settled: () => undefined, parked: () => undefined, tookPlaceOf: () => undefined };
    const one = entry(1);
    one.record = { ...aRecord(), trace, headers: [{ name: 'a', value: fetched.subarray(0, 6) }] };
    detachRecord(one);
    const [header] = one.record.headers;
    expect([header?.name, Buffer.from(header?.value ?? []).toString()]).toEqual(['a', 'header']);
    expect(header?.value.buffer.byteLength).toBe(6);
    expect(one.record.trace).toBe(trace);
  });

  it('leaves a tombstone a tombstone', () => {
    const one = entry(1);
    one.record = { ...aRecord(), key: null, value: null };
    detachRecord(one);
    expect([one.record.key, one.record.value]).toEqual([null, null]);
  });
});
