import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../../connector/flow/lane/lane.ts';
import { Lanes } from '../../../../connector/flow/lane/lanes.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { aChange, aRecord, sourceTopic } from '../../../support/builders.ts';
import { sinceStart } from '../../../support/flow-world.ts';

const partition = new PartitionFlow(partitionKey(sourceTopic, 0));
const laneOf = (lanes: Lanes, order: string, of = partition) => {
  const { lane } = lanes.of(merchantBizNo(order));
  lane.push(entryOf(aChange({ order }), aRecord(), of), true);
  return lane;
};

describe('Lanes', () => {
  it('has one lane for an order, and says when it is new', () => {
    const lanes = new Lanes();
    const first = lanes.of(merchantBizNo('A'));
    expect(first.isNew).toBe(true);
    expect(lanes.of(merchantBizNo('A'))).toEqual({ lane: first.lane, isNew: false });
    expect(lanes.of(merchantBizNo('B')).lane).not.toBe(first.lane);
    expect(lanes.size).toBe(2);
  });

  it('gives ready lanes first come, first served', () => {
    const lanes = new Lanes();
    for (const order of ['A', 'B', 'C']) lanes.makeReady(laneOf(lanes, order));
    expect(lanes.ready).toBe(3);
    expect(['A', 'B', 'C'].map(() => lanes.takeReady()?.order)).toEqual(['A', 'B', 'C']);
    expect(lanes.takeReady()).toBeUndefined();
  });

  it('counts a lane as waiting until it is ready again', () => {
    const lanes = new Lanes();
    const lane = laneOf(lanes, 'A');
    const signal = lanes.makeWaiting(lane, sinceStart(0));
    expect([lane.state, lanes.waiting, lanes.ready, signal.aborted]).toEqual(['waiting', 1, 0, false]);
    lanes.makeReady(lane);
    expect([lane.state, lanes.waiting, lanes.ready]).toEqual(['ready', 0, 1]);
  });

  it('ends the longest wait, or all', () => {
    const lanes = new Lanes();
    const signals = ['A', 'B', 'C'].map(order => lanes.makeWaiting(laneOf(lanes, order), sinceStart(0)));
    lanes.wakeOldest();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, false]);
    lanes.wakeAll();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });

  it('takes a wait that began anew for the youngest', () => {
    const lanes = new Lanes();
    const [first] = ['A', 'B'].map(order => laneOf(lanes, order));
    if (first === undefined) throw new Error('no lane');
    lanes.makeWaiting(first, sinceStart(0));
    const second = lanes.makeWaiting(laneOf(lanes, 'B'), sinceStart(0));
    lanes.makeReady(first);
    lanes.makeWaiting(first, sinceStart(0));
    lanes.wakeOldest();
    expect(second.aborted).toBe(true);
  });

  it('forgets a lane that has nothing to do', () => {
    const lanes = new Lanes();
    lanes.drop(laneOf(lanes, 'A'));
    expect(lanes.size).toBe(0);
    expect(lanes.of(merchantBizNo('A')).isNew).toBe(true);
  });

  it('takes revoked changes out of every lane, and makes a lane ready that waited for one', () => {
    const gone = new PartitionFlow(partitionKey(sourceTopic, 1));
    const lanes = new Lanes();
    const waitsForGone = laneOf(lanes, 'A', gone);
    const waitsForOurs = laneOf(lanes, 'B');
    const ready = laneOf(lanes, 'C', gone);
    const running = laneOf(lanes, 'D', gone);
    const goneSignal = lanes.makeWaiting(waitsForGone, sinceStart(0));
    const oursSignal = lanes.makeWaiting(waitsForOurs, sinceStart(0));
    lanes.makeReady(ready);
    running.state = 'running';
    gone.revoke();
    expect(lanes.removeRevoked()).toHaveLength(2);
    expect([waitsForGone.state, waitsForGone.length, goneSignal.aborted]).toEqual(['ready', 0, true]);
    expect([waitsForOurs.state, waitsForOurs.length, oursSignal.aborted]).toEqual(['waiting', 1, false]);
    expect([ready.length, running.length, lanes.ready, lanes.waiting]).toEqual([0, 1, 2, 1]);
  });
});
